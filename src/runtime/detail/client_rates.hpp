#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

#include "base/rate_limit.hpp"
#include "base/time.hpp"
#include "runtime/http_server.hpp"

namespace shelcaster::runtime::detail {

/// What each client may ask in a time: who has a token of their own by that, others by address, or
/// for IPv6 by the /64 that whoever has an address has. Wrong tokens of an address use up a budget
/// of their own, so that who guesses holds up nobody beside them. Any thread.
/// Tokens that anybody may get more of are charged to a wide budget of their address beside their
/// own.
///
/// Memory is fixed, however many clients there are: each has a bucket in either half of the table,
/// at a place that nobody can foretell, and is refused when both are empty. So a few who overdo it
/// do not take others with them.
class ClientRates {
 public:
  ClientRates(const base::Rate& rate, bool trusts_loopback, std::uint64_t seed)
      : rate_(rate),
        callers_rate_{.per_second = rate.per_second * kCallersWide,
                      .burst = rate.burst * kCallersWide},
        trusts_loopback_(trusts_loopback),
        seed_(seed) {}

  /// Whether a request of this cost may be served now; then it is charged. Requests from this
  /// machine always may if it is trusted.
  [[nodiscard]] bool take(base::Instant now, std::string_view address, const ClientClaim& claim,
                          std::int64_t cost);
  /// For Retry-After: whole seconds, at least 1.
  [[nodiscard]] std::int64_t retry_after_s(base::Instant now, std::string_view address,
                                           const ClientClaim& claim, std::int64_t cost);

 private:
  static constexpr std::size_t kPlaces = 4096;
  /// How much all callers behind one router may ask, in budgets of one.
  static constexpr std::int64_t kCallersWide = 5;
  struct Places {
    base::RateLimit& first;
    base::RateLimit& second;
  };
  /// Nothing for who has no limit, and for what is no address.
  [[nodiscard]] std::optional<std::uint64_t> network_of(std::string_view address) const;
  Places places(std::uint64_t key);
  bool take_from(base::Instant now, std::uint64_t key, const base::Rate& rate, std::int64_t cost);
  base::Duration wait_for(base::Instant now, std::uint64_t key, const base::Rate& rate,
                          std::int64_t cost);
  [[nodiscard]] std::uint64_t callers_key(std::uint64_t network) const;
  /// Of the budget that a claim from a network is charged to.
  [[nodiscard]] std::uint64_t key_of(std::uint64_t network, const ClientClaim& claim) const;

  const base::Rate rate_;
  const base::Rate callers_rate_;  // of a network
  const bool trusts_loopback_;
  const std::uint64_t seed_;
  std::mutex mutex_;
  std::array<base::RateLimit, kPlaces> first_{};
  std::array<base::RateLimit, kPlaces> second_{};
};

}  // namespace shelcaster::runtime::detail
