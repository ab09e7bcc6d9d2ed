#include "app/mix/gate/gate.hpp"

#include <algorithm>
#include <cstring>

#include "base/mix_bits.hpp"
#include "net/network.hpp"
#include "rtc/stun/username_fragment.hpp"

namespace shelcaster::app {
namespace {

using base::Rate;

// A browser checks each pair of addresses some 20 times a second until one is nominated and then
// each few seconds; a DTLS flight is a handful of datagrams.
constexpr Rate kKnown{.per_second = 200, .burst = 128};
constexpr Rate kStrangersOfLine{.per_second = 100, .burst = 64};
constexpr Rate kNamed{.per_second = 2'000, .burst = 128};
constexpr Rate kNobody{.per_second = 400, .burst = 48};
// One address may be a whole office that joins; what names nobody costs it more.
constexpr Rate kSource{.per_second = 400, .burst = 256};
constexpr std::int64_t kNobodyCost = 8;

constexpr std::size_t kDtlsHeaderBytes = 13;

/// A plaintext handshake record of DTLS 1.0 to 1.3 (RFC 6347 section 4.1): what a connection begins
/// with. Later ones come from addresses that we know.
bool begins_dtls(base::ByteSpan bytes) {
  constexpr auto kHandshake = std::byte{22};
  constexpr auto kMajor = std::byte{0xfe};
  return bytes.size() > kDtlsHeaderBytes && bytes[0] == kHandshake && bytes[1] == kMajor &&
         bytes[3] == std::byte{0} && bytes[4] == std::byte{0};
}

/// A success or an error (RFC 8489 section 5): of the class's two bits the first is set.
bool is_answer(base::ByteSpan stun) { return (stun.front() & std::byte{1}) != std::byte{0}; }

}  // namespace

IceUser ice_user(std::string_view ufrag) noexcept {
  IceUser user = 0;
  if (ufrag.size() == kIceUserBytes) std::memcpy(&user, ufrag.data(), kIceUserBytes);
  return user;
}

void Gate::expect(int line, IceUser user, bool asks) noexcept {
  LineState& state = lines_[static_cast<std::size_t>(line)];
  users_[static_cast<std::size_t>(line) * kUsersPerLine + state.next_user] = user;
  state.next_user = (state.next_user + 1) % kUsersPerLine;
  state.asks = asks;
}

void Gate::forget(int line) noexcept {
  const auto index = static_cast<std::size_t>(line);
  lines_[index] = {};
  std::fill_n(users_.begin() + static_cast<std::ptrdiff_t>(index * kUsersPerLine), kUsersPerLine,
              IceUser{0});
  addresses_.forget(line);
}

bool Gate::admit(base::Instant now, const rtc::SortedDatagram& datagram) noexcept {
  switch (datagram.kind()) {
    case rtc::PacketKind::kStun:
      return admit_check(now, datagram);
    case rtc::PacketKind::kDtls:
      return admit_dtls(now, datagram);
    case rtc::PacketKind::kRtpOrRtcp:
      return drop(counters_.stray_media);
    case rtc::PacketKind::kUnknown:
      return drop(counters_.not_ours);
  }
  return false;
}

bool Gate::admit_check(base::Instant now, const net::Datagram& datagram) noexcept {
  const net::Endpoint& remote = datagram.remote;
  if (is_answer(datagram.bytes)) return admit_answer(now, remote);
  const IceUser user = ice_user(rtc::peek_username_fragment(datagram.bytes));
  if (user == 0) return drop(counters_.not_ours);
  const int line = line_of(user);
  if (line < 0) return admit_nobody(now, remote);
  // A check names its session: another one that claims the address has no part in it.
  return addresses_.has(line, remote) ? admit_known(now, line) : admit_named(now, remote, line);
}

// It names nobody either.
bool Gate::admit_answer(base::Instant now, const net::Endpoint& remote) noexcept {
  bool has_asked = false;
  for (const AddressBook::Claim& claim : addresses_.claimants(remote)) {
    LineState& state = lines_[static_cast<std::size_t>(claim.line)];
    if (!state.asks) continue;
    has_asked = true;
    if (state.known.take(now, kKnown)) return pass(counters_.passed_known);
  }
  return drop(has_asked ? counters_.line : counters_.not_ours);
}

bool Gate::admit_known(base::Instant now, int line) noexcept {
  if (!lines_[static_cast<std::size_t>(line)].known.take(now, kKnown)) return drop(counters_.line);
  return pass(counters_.passed_known);
}

// DTLS names nobody: whoever of the claimants may still send lets it pass.
bool Gate::admit_dtls(base::Instant now, const net::Datagram& datagram) noexcept {
  const auto claimants = addresses_.claimants(datagram.remote);
  if (claimants.empty()) {
    return begins_dtls(datagram.bytes) ? admit_nobody(now, datagram.remote)
                                       : drop(counters_.not_ours);
  }
  for (const AddressBook::Claim& claim : claimants) {
    if (!lines_[static_cast<std::size_t>(claim.line)].known.take(now, kKnown)) continue;
    return pass(counters_.passed_known);
  }
  return drop(counters_.line);
}

bool Gate::admit_named(base::Instant now, const net::Endpoint& remote, int line) noexcept {
  // The source first: one that is over its budget takes nothing of the others'.
  if (!source(remote).take(now, kSource)) return drop(counters_.source);
  LineState& state = lines_[static_cast<std::size_t>(line)];
  if (!state.strangers.take(now, kStrangersOfLine)) return drop(counters_.line);
  if (!named_.take(now, kNamed)) return drop(counters_.strangers);
  return pass(counters_.passed_strangers);
}

bool Gate::admit_nobody(base::Instant now, const net::Endpoint& remote) noexcept {
  if (!source(remote).take(now, kSource, kNobodyCost)) return drop(counters_.source);
  if (!nobody_.take(now, kNobody)) return drop(counters_.strangers);
  return pass(counters_.passed_strangers);
}

int Gate::line_of(IceUser user) const noexcept {
  const auto found = std::ranges::find(users_, user);
  if (found == users_.end()) return -1;
  return static_cast<int>(static_cast<std::size_t>(found - users_.begin()) / kUsersPerLine);
}

base::RateLimit& Gate::source(const net::Endpoint& remote) noexcept {
  return sources_[base::mix_bits(net::network_of(remote) ^ seed_) % kSources];
}

}  // namespace shelcaster::app
