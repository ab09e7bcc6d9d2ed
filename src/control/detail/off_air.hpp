#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "base/time.hpp"

namespace shelcaster::control::detail {

/// For how long an output has been off the air lately. One that comes and goes every few seconds is
/// as bad as one that is gone: what counts is the sum over the last two minutes, and it is well
/// again when it has stayed for half a minute.
class OffAir {
 public:
  static constexpr base::Duration kWindow = std::chrono::seconds(120);
  static constexpr base::Duration kSteady = std::chrono::seconds(30);

  /// To be called about once a second.
  void look(bool is_on_air, base::Instant now) {
    // Who wasn't looked at for longer is not known to have been away.
    constexpr base::Duration kLookMax = std::chrono::seconds(5);
    const base::Duration since =
        looked_at_ ? std::min(now - *looked_at_, kLookMax) : base::Duration(0);
    looked_at_ = now;
    if (!is_on_air) {
      times_.emplace_back(now, since);
      sum_ += since;
      steady_since_.reset();
    } else if (!steady_since_) {
      steady_since_ = now;
    }
    while (!times_.empty() && now - times_.front().first > kWindow) {
      sum_ -= times_.front().second;
      times_.pop_front();
    }
  }
  [[nodiscard]] base::Duration sum() const { return sum_; }
  [[nodiscard]] bool is_steady(base::Instant now) const {
    return steady_since_ && now - *steady_since_ >= kSteady;
  }

 private:
  std::optional<base::Instant> looked_at_;
  std::optional<base::Instant> steady_since_;
  std::deque<std::pair<base::Instant, base::Duration>> times_;  // when, and for how long until then
  base::Duration sum_{0};
};

}  // namespace shelcaster::control::detail
