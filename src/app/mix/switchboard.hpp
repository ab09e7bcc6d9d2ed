#pragma once

#include <bitset>
#include <boost/json/array.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "app/mix/floor_messages.hpp"
#include "app/mix/session_memory.hpp"
#include "app/mix/stage_sink.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "link/messages.hpp"
#include "net/datagram.hpp"
#include "rtc/dtls/dtls_certificate.hpp"
#include "rtc/peer/transport.hpp"
#include "rtc/sdp/make_answer.hpp"
#include "rtc/sdp/sdp_fragment.hpp"

namespace shelcaster::app {

enum class SessionKind { kWhip, kWhep };

struct SessionRequest {
  std::string session_id;
  std::string participant_id;  // empty: a listener to the programme
  int seat = kNoSeat;          // of the participant
  SessionKind kind = SessionKind::kWhip;
  std::string_view sdp;
};
struct SessionAnswer {
  std::string sdp;
  std::string etag;  // names the ICE generation; without quotes
};
/// What the HTTP response says: a status and a sentence for a person.
struct Refusal {
  int status = 500;
  std::string detail;
};
template <typename T>
using OrRefusal = tl::expected<T, Refusal>;

struct SwitchboardConfig {
  const rtc::DtlsCertificate* certificate = nullptr;
  std::vector<net::Endpoint> host_candidates;
};

/// The stage-thread half of every WebRTC session: answers offers, brings transports up and hands a
/// line to the floor when one is. Sans-IO, one owner thread.
///
/// A seat has one microphone session and one return session at a time: a newer one takes over when
/// it is connected, not before, so that a failed attempt costs the person nothing.
class Switchboard {
 public:
  /// All references outlive it.
  Switchboard(SwitchboardConfig config, base::Random& random, StageSink& sink);
  ~Switchboard();

  OrRefusal<SessionAnswer> connect(base::Instant now, const SessionRequest& request);
  /// PATCH of a session (RFC 9725 section 4.3): an ICE restart answers with a fragment and a new
  /// ETag, trickled candidates with an empty fragment. `if_match` may be empty or "*".
  OrRefusal<SessionAnswer> patch(base::Instant now, const std::string& session_id,
                                 std::string_view if_match, std::string_view fragment);
  /// Unknown sessions are fine: it is gone already.
  void close(base::Instant now, const std::string& session_id);
  void close_seat(base::Instant now, int seat);
  void close_all(base::Instant now);

  void handle_datagram(base::Instant now, const net::Datagram& datagram);
  void handle_timeout(base::Instant now);
  [[nodiscard]] base::Instant next_timeout() const;
  void handle_line_report(base::Instant now, const LineReport& report);

  /// The connected sessions, for another process to go on from.
  [[nodiscard]] boost::json::array memory() const;
  /// Takes one over from another process, with the line that it had. The session's place must be
  /// free, and the seat be there.
  void take_over(base::Instant now, const SessionMemory& memory, std::unique_ptr<Line> line);
  /// Whether memory() says something else than when this was last asked.
  [[nodiscard]] bool take_changed() { return std::exchange(has_changed_, false); }
  [[nodiscard]] std::vector<std::string> session_ids() const;

  [[nodiscard]] std::size_t session_count() const { return sessions_.size(); }

 private:
  struct Session;

  Session* route(const net::Datagram& datagram);
  OrRefusal<int> take_line();
  void drain(base::Instant now, Session& session);
  void handle_event(base::Instant now, Session& session, const rtc::TransportEvent& event);
  void open_line(base::Instant now, Session& session);
  void replace_older(base::Instant now, const Session& newer);
  void drop(Session& session, bool tell);
  void sweep();
  void learn_address(Session& session, const net::Endpoint& remote);
  void learn_reception(Session& session, base::ByteSpan packet);
  void tell_seat(const Session& session, std::string_view connection,
                 const std::optional<link::SeatStats>& stats);

  SwitchboardConfig config_;
  base::Random& random_;
  StageSink& sink_;
  std::map<std::string, std::unique_ptr<Session>, std::less<>> sessions_;
  std::unordered_map<net::Endpoint, std::string> session_at_;  // address to session id
  std::bitset<kLinesMax> lines_taken_;
  std::array<Session*, kLinesMax> by_line_{};
  std::uint64_t sessions_made_ = 0;
  bool has_changed_ = false;
};

}  // namespace shelcaster::app
