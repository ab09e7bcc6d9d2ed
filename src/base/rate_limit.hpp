#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.hpp"

namespace shelcaster::base {

/// How much may come: `per_second` on the long run, `burst` at once after a rest. Both at least 1.
struct Rate {
  std::int64_t per_second = 1;
  std::int64_t burst = 1;
};

/// A token bucket in eight bytes (the generic cell rate algorithm, ITU-T I.371): it keeps when the
/// bucket is full again. Starts full. Never allocates.
class RateLimit {
 public:
  /// Whether `cost` may come now; if so it is charged. Time may jitter backwards.
  [[nodiscard]] bool take(Instant now, const Rate& rate, std::int64_t cost = 1) noexcept {
    const Instant begin = std::max(full_at_, now);
    const Instant after = begin + price(rate, cost);
    if (after - now > price(rate, rate.burst)) return false;
    full_at_ = after;
    return true;
  }
  /// Charges for what has been done already; the bucket may owe so much then.
  void charge(Instant now, const Rate& rate, std::int64_t cost) noexcept {
    full_at_ = std::max(full_at_, now) + price(rate, cost);
  }
  /// How long until `cost` may come; zero when it may now.
  [[nodiscard]] Duration wait(Instant now, const Rate& rate, std::int64_t cost = 1) const noexcept {
    const Instant after = std::max(full_at_, now) + price(rate, cost);
    return std::max(Duration::zero(), after - now - price(rate, rate.burst));
  }
  /// Nothing is owed any more: it may be forgotten.
  [[nodiscard]] bool is_full(Instant now) const noexcept { return full_at_ <= now; }

 private:
  static constexpr Duration price(const Rate& rate, std::int64_t cost) {
    return Duration(1'000'000'000 / rate.per_second * cost);
  }
  Instant full_at_ = Instant::from_nanoseconds(0);
};

}  // namespace shelcaster::base
