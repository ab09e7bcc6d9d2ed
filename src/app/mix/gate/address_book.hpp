#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/rate_limit.hpp"
#include "base/time.hpp"
#include "net/endpoint.hpp"

namespace shelcaster::app {

/// Who may send from an address. Whoever has passed a connectivity check from there claims it, but
/// a check is a session's word about itself alone: its own password is all it takes, and a source
/// address can be forged. So up to four claim one address, none takes it from another, and the
/// packet's tag says whose it is: that proves the claim.
///
/// When there are more, a claim that was never proven makes room, the oldest first, then the one
/// that was not proven for the longest time: whoever really sends from there keeps their place. New
/// claims of one line are bounded in rate, so that nobody can churn an address faster than its
/// owner speaks.
///
/// Open addressing with linear probing in memory that is allocated once; each call is of bounded
/// cost, whatever addresses come.
class AddressBook {
 public:
  static constexpr int kLines = 448;
  static constexpr std::size_t kClaimantsMax = 4;
  static constexpr std::size_t kAddressesPerLine = 8;

  struct Claim {
    int line = -1;
    bool is_proven = false;
    std::uint64_t stamp = 0;  // larger is later: of the proof or, without one, of the claim
  };

  /// `seed` keeps addresses from being aimed at one place of the table.
  explicit AddressBook(std::uint64_t seed = 0);

  /// False: nothing has changed. It is claimed already, or the line claims too much.
  bool claim(base::Instant now, int line, const net::Endpoint& at) noexcept;
  /// Something authentic of this line has come from there.
  void prove(int line, const net::Endpoint& at) noexcept;
  /// The line's session is over.
  void forget(int line) noexcept;

  /// The one that was proven last comes first. Valid until the next change.
  [[nodiscard]] std::span<const Claim> claimants(const net::Endpoint& at) const noexcept;
  [[nodiscard]] bool has(int line, const net::Endpoint& at) const noexcept;

 private:
  /// At most half full, so that probing stays short.
  static constexpr std::size_t kSlots = std::bit_ceil(2 * std::size_t{kLines} * kAddressesPerLine);

  struct Slot {
    net::Endpoint at;
    std::size_t count = 0;  // 0: free
    std::array<Claim, kClaimantsMax> claims{};
  };
  struct LineAddresses {
    std::array<net::Endpoint, kAddressesPerLine> at{};
    std::size_t count = 0;
    base::RateLimit rate;
  };

  [[nodiscard]] std::size_t home_of(const net::Endpoint& at) const noexcept;
  /// Of the address, or where it would be put.
  [[nodiscard]] std::size_t place_of(const net::Endpoint& at) const noexcept;
  /// By value: it may stand in what is changed.
  void remove(int line, net::Endpoint at) noexcept;
  void free_slot(std::size_t place) noexcept;
  void make_room_for_address(int line) noexcept;

  const std::uint64_t seed_;
  std::uint64_t clock_ = 0;
  std::vector<Slot> slots_;
  std::vector<LineAddresses> lines_;
};

}  // namespace shelcaster::app
