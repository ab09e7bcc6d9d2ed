#pragma once

#include <bitset>
#include <boost/json/array.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "app/mix/floor/floor_messages.hpp"
#include "app/mix/floor/stage_sink.hpp"
#include "app/mix/recovery/inheritance.hpp"
#include "app/mix/recovery/session_memory.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "link/messages.hpp"
#include "net/datagram.hpp"
#include "rtc/dtls/dtls_certificate.hpp"
#include "rtc/peer/negotiation.hpp"
#include "rtc/sdp/sdp_fragment.hpp"

namespace shelcaster::app {

enum class SessionKind { kWhip, kWhep };

struct SessionRequest {
  std::string session_id;
  std::string participant_id;  // empty: a listener to the programme
  int seat = kNoSeat;          // of the participant
  SessionKind kind = SessionKind::kWhip;
  std::string_view sdp;
  std::string_view source;    // of a listener: by what they are counted
  std::string_view replaces;  // what the client believes to have; may be empty
};
struct SessionAnswer {
  std::string sdp;
  std::string etag;  // names the ICE generation; without quotes
};
/// What the HTTP response says: a status and a sentence for a person.
struct Refusal {
  int status = 500;
  std::string detail;
  std::string reason = {};  // "replaced": somebody else has the seat by now
};
template <typename T>
using OrRefusal = tl::expected<T, Refusal>;

/// A session whose two sides have come to terms, whoever made the offer.
struct NewSession {
  std::string id;
  std::string participant_id;
  int seat = kNoSeat;
  SessionKind kind = SessionKind::kWhip;
  std::string source;  // of a listener
  rtc::Agreement agreed;
};

struct SwitchboardConfig {
  const rtc::DtlsCertificate* certificate = nullptr;
  std::vector<net::Endpoint> host_candidates;
};

/// The stage-thread half of every WebRTC session: answers offers, brings transports up, those that
/// we offered too (see Offering), and hands a line to the floor when one is. Sans-IO, one owner
/// thread.
///
/// A seat has one microphone session and one return session at a time: a newer one takes over when
/// it is connected, not before, so that a failed attempt costs the person nothing.
///
/// Lines (see roster.hpp) are the seats' first: each has its own, and may have more while there are
/// shared ones. Listeners have kListenersMax between them, and less when the show's limits say so.
class Switchboard {
 public:
  /// All references outlive it.
  Switchboard(SwitchboardConfig config, base::Random& random, StageSink& sink);
  ~Switchboard();

  void limit_listeners(const link::ListenerLimits& limits) { listener_limits_ = limits; }
  /// Answers an offer, of WHIP or WHEP.
  OrRefusal<SessionAnswer> connect(base::Instant now, const SessionRequest& request);
  /// nullopt: a session may be made for this one.
  [[nodiscard]] std::optional<Refusal> refusal_for(const SessionRequest& request) const;
  /// Brings a session up that came to terms elsewhere: refused when no line is free.
  OrRefusal<void> begin(base::Instant now, NewSession wanted);
  /// More addresses of the other side, in a session that we offered. Of others nothing is needed.
  void add_candidates(base::Instant now, const std::string& session_id,
                      const std::vector<rtc::IceCandidate>& candidates);
  /// PATCH of a session (RFC 9725 section 4.3): an ICE restart answers with a fragment and a new
  /// ETag, trickled candidates with an empty fragment. `if_match` may be empty; an explicit "*"
  /// asks also for the answer to a restart that was made already. A session goes on as it was until
  /// the peer has passed a check of the restart.
  OrRefusal<SessionAnswer> patch(base::Instant now, const std::string& session_id,
                                 std::string_view if_match, std::string_view fragment);
  /// Unknown sessions are fine: it is gone already.
  void close(base::Instant now, const std::string& session_id);
  void close_seat(base::Instant now, int seat);
  void close_all(base::Instant now);

  void handle_datagram(base::Instant now, const rtc::SortedDatagram& datagram);
  void handle_timeout(base::Instant now);
  [[nodiscard]] base::Instant next_timeout() const;
  void handle_line_report(base::Instant now, const LineReport& report);
  void handle_heard_elsewhere(base::Instant now, const HeardElsewhere& heard);

  /// The connected sessions, for another process to go on from.
  [[nodiscard]] boost::json::array memory() const;
  /// Takes one over from another process, with what that left of its line. The session's place must
  /// be free, and the seat be there. One without a line is over: with its keys no packet may be
  /// sent whose index is not known to be new.
  void take_over(base::Instant now, const SessionMemory& memory, const Inheritance& left);
  /// Sessions whose seat has been taken over by another one, newest last: whoever asks for one is
  /// told, also by the process after this one.
  [[nodiscard]] const std::deque<std::string>& replaced() const { return replaced_; }
  void note_replaced(std::string session_id);
  /// Whether memory() or replaced() says something else than when this was last asked.
  [[nodiscard]] bool take_changed() { return std::exchange(has_changed_, false); }
  [[nodiscard]] std::vector<std::string> session_ids() const;

  [[nodiscard]] std::size_t session_count() const { return sessions_.size(); }
  [[nodiscard]] bool has(std::string_view session_id) const {
    return sessions_.contains(session_id);
  }
  /// Of a person's; false for a listener's and for one that isn't known.
  [[nodiscard]] bool is_of_seat(std::string_view session_id) const;
  /// The person, or by what a listener is counted; empty for one that isn't known.
  [[nodiscard]] std::string who_has(std::string_view session_id) const;

 private:
  struct Session;
  struct CheckedAddress;

  Session* named_in(base::ByteSpan check);
  void handle_answer(base::Instant now, const rtc::SortedDatagram& datagram);
  void handle_dtls(base::Instant now, const rtc::SortedDatagram& datagram);
  [[nodiscard]] Session* handshake_from(base::Instant now, const net::Endpoint& remote);
  [[nodiscard]] std::optional<Refusal> refusal_for_listener(std::string_view source) const;
  [[nodiscard]] std::optional<Refusal> refusal_for_seat(int seat) const;
  OrRefusal<int> take_line();
  void drain(base::Instant now, Session& session);
  void handle_event(base::Instant now, Session& session, const rtc::TransportEvent& event);
  void open_line(base::Instant now, Session& session);
  void replace_older(base::Instant now, const Session& newer);
  [[nodiscard]] bool has_newer(const Session& session) const;
  [[nodiscard]] bool is_replaced(std::string_view session_id) const;
  void note_end_of_replaced(Session& session);
  void drop(Session& session, bool tell);
  void sweep();
  void remember_soon(base::Instant now);
  void expect_from(base::Instant now, const Session& session,
                   const std::vector<rtc::IceCandidate>& candidates);
  void learn_address(base::Instant now, Session& session, const net::Endpoint& remote);
  void tell_seat(const Session& session, std::string_view connection,
                 const std::optional<link::SeatStats>& stats);

  SwitchboardConfig config_;
  base::Random& random_;
  StageSink& sink_;
  std::map<std::string, std::unique_ptr<Session>, std::less<>> sessions_;
  link::ListenerLimits listener_limits_;
  std::deque<std::string> replaced_;
  std::bitset<kLinesMax> lines_taken_;
  std::array<Session*, kLinesMax> by_line_{};
  std::uint64_t sessions_made_ = 0;
  bool has_changed_ = false;
  /// When an address that was learned or a listener's restart of ICE becomes a change.
  base::Instant remember_at_ = base::Instant::never();
};

}  // namespace shelcaster::app
