#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

#include "app/mix/gate/address_book.hpp"
#include "base/bytes.hpp"
#include "base/rate_limit.hpp"
#include "net/endpoint.hpp"
#include "rtc/peer/demux.hpp"

namespace shelcaster::app {

/// The user name fragment that we gave out for a session, as the audio thread compares it: our
/// fragments have eight characters.
using IceUser = std::uint64_t;
inline constexpr std::size_t kIceUserBytes = sizeof(IceUser);
/// 0, which is nobody, for text of another length.
IceUser ice_user(std::string_view ufrag) noexcept;

/// What the gate let pass and what it dropped, by cause. One writer; any thread may read.
struct GateCounters {
  using Count = std::atomic<std::uint64_t>;
  Count passed_known{0};      // from addresses that have passed a check
  Count passed_strangers{0};  // from others
  Count stray_media{0};       // RTP or RTCP that is no line's
  Count not_ours{0};          // neither STUN request, DTLS handshake nor media
  Count strangers{0};         // nobody's STUN or DTLS, beyond what all strangers share
  Count source{0};            // beyond what one source address may send
  Count line{0};              // beyond what one session may make the stage thread do
  Count queue_full{0};        // the stage thread was behind
};

/// Decides on the audio thread which datagrams are worth the stage thread's time, before anything
/// is copied or parsed, so that a flood costs a look at its first bytes and starves nobody:
///
/// - an address that has passed a connectivity check of a session has that session's own budget;
/// - a stranger who names a session (its ufrag) draws on that session's budget for strangers, on
///   that of its source address and on one for all who name a session;
/// - the answer to a check of ours comes from an address of a session that sends some;
/// - everything else that might still become somebody (a check that names nobody that we know of
///   yet, a DTLS handshake that overtook the news of its check) shares one small budget and draws
///   heavily on that of its source;
/// - what can't become anybody is dropped.
///
/// Sans-IO, one owner thread, no allocation, lock or system call.
class Gate {
 public:
  static constexpr int kLines = AddressBook::kLines;

  /// `seed` keeps the buckets of source addresses from being aimed at.
  explicit Gate(std::uint64_t seed = 0) : seed_(seed), addresses_(seed) {}

  /// Session `line` may be named by this user from now on. It has room for three (an ICE restart
  /// keeps the one before and the one to come); a fourth takes the oldest one's place. `asks`: it
  /// sends checks itself, so that answers to them come from the addresses that it claims.
  void expect(int line, IceUser user, bool asks = false) noexcept;
  /// This address has passed a check of session `line`.
  void know(base::Instant now, int line, const net::Endpoint& remote) noexcept {
    (void)addresses_.claim(now, line, remote);
  }
  /// Whose media may come from there: see AddressBook.
  [[nodiscard]] std::span<const AddressBook::Claim> claimants(
      const net::Endpoint& remote) const noexcept {
    return addresses_.claimants(remote);
  }
  /// The tag of a packet from there was that line's.
  void prove(int line, const net::Endpoint& remote) noexcept { addresses_.prove(line, remote); }
  /// Session `line` is over.
  void forget(int line) noexcept;

  /// Whether the stage thread should see a datagram that is no media.
  [[nodiscard]] bool admit(base::Instant now, const rtc::SortedDatagram& datagram) noexcept;
  /// RTP or RTCP that no line takes for its own.
  void note_stray_media() noexcept { count(counters_.stray_media); }
  void note_queue_full() noexcept { count(counters_.queue_full); }

  [[nodiscard]] const GateCounters& counters() const noexcept { return counters_; }

 private:
  static constexpr std::size_t kUsersPerLine = 3;
  static constexpr std::size_t kSources = 1024;

  struct LineState {
    std::size_t next_user = 0;
    bool asks = false;
    base::RateLimit known;
    base::RateLimit strangers;
  };

  static void count(GateCounters::Count& which) noexcept {
    which.store(which.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  [[nodiscard]] bool pass(GateCounters::Count& which) noexcept {
    count(which);
    return true;
  }
  [[nodiscard]] bool drop(GateCounters::Count& which) noexcept {
    count(which);
    return false;
  }
  [[nodiscard]] int line_of(IceUser user) const noexcept;
  [[nodiscard]] base::RateLimit& source(const net::Endpoint& remote) noexcept;
  [[nodiscard]] bool admit_known(base::Instant now, int line) noexcept;
  [[nodiscard]] bool admit_check(base::Instant now, const net::Datagram& datagram) noexcept;
  [[nodiscard]] bool admit_answer(base::Instant now, const net::Endpoint& remote) noexcept;
  [[nodiscard]] bool admit_dtls(base::Instant now, const net::Datagram& datagram) noexcept;
  [[nodiscard]] bool admit_named(base::Instant now, const net::Endpoint& remote, int line) noexcept;
  [[nodiscard]] bool admit_nobody(base::Instant now, const net::Endpoint& remote) noexcept;

  const std::uint64_t seed_;
  std::array<IceUser, kLines * kUsersPerLine> users_{};
  std::array<LineState, kLines> lines_{};
  AddressBook addresses_;
  std::array<base::RateLimit, kSources> sources_{};
  base::RateLimit named_;
  base::RateLimit nobody_;
  GateCounters counters_;
};

}  // namespace shelcaster::app
