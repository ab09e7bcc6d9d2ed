#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "base/rate_limit.hpp"
#include "base/time.hpp"

namespace shelcaster::runtime::detail {

/// What each client may ask in a time: by address, or for IPv6 by the /64 that whoever has an
/// address has, and by token wherever it comes from. Any thread.
///
/// Memory is fixed, however many clients there are: each has a bucket in either half of the table,
/// at a place that nobody can foretell, and is refused when both are empty. So a few who overdo it
/// do not take others with them.
class ClientRates {
 public:
  ClientRates(const base::Rate& rate, std::uint64_t seed) : rate_(rate), seed_(seed) {}

  /// Whether a request of this cost may be served now; then it is charged. Requests from this
  /// machine are always: what asks there is a program of the operator's, or a proxy that was not
  /// configured and in which all people are one. `token` may be empty.
  [[nodiscard]] bool take(base::Instant now, std::string_view address, std::string_view token,
                          std::int64_t cost);
  /// Charges more for what has been served, as for a wrong token.
  void fine(base::Instant now, std::string_view address, std::int64_t cost);
  /// For Retry-After: whole seconds, at least 1.
  [[nodiscard]] std::int64_t retry_after_s(base::Instant now, std::string_view address,
                                           std::string_view token, std::int64_t cost);

 private:
  static constexpr std::size_t kPlaces = 4096;
  struct Places {
    base::RateLimit& first;
    base::RateLimit& second;
  };
  Places places(std::uint64_t key);
  bool take_from(base::Instant now, std::uint64_t key, std::int64_t cost);
  [[nodiscard]] std::uint64_t token_key(std::string_view token) const;

  const base::Rate rate_;
  const std::uint64_t seed_;
  std::mutex mutex_;
  std::array<base::RateLimit, kPlaces> first_{};
  std::array<base::RateLimit, kPlaces> second_{};
};

}  // namespace shelcaster::runtime::detail
