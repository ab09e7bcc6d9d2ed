#include "app/keeper/progress_watch.hpp"

#include <algorithm>

namespace shelcaster::app {
namespace {

constexpr base::Duration kDelayFirst = std::chrono::milliseconds(100);
constexpr base::Duration kDelayMax = std::chrono::seconds(2);
constexpr base::Duration kSteady = std::chrono::milliseconds(500);
constexpr base::Duration kBusyMax = std::chrono::seconds(1);
constexpr base::Duration kStarvedMax = std::chrono::seconds(10);
constexpr base::Duration kStarvedUsedMax = std::chrono::milliseconds(100);

}  // namespace

void ProgressWatch::start(base::Instant now, std::int64_t position) {
  position_ = position;
  has_moved_ = false;
  alive_at_ = now;
}

void ProgressWatch::look(std::int64_t position, base::Instant alive_at) {
  if (position == position_) return;
  position_ = position;
  has_moved_ = true;
  alive_at_ = alive_at;
}

base::Instant ProgressWatch::deadline(base::Duration stall_max) const {
  return alive_at_ + (has_moved_ ? stall_max : grace_);
}

void ProgressWatch::excuse(base::Instant now) { alive_at_ = std::max(alive_at_, now); }

bool is_starved(base::Duration late, bool is_runnable, base::Duration used) {
  if (!is_runnable) return false;
  return late < kBusyMax || (late < kStarvedMax && used < kStarvedUsedMax);
}

base::Duration RestartBackoff::next(base::Duration lifetime) {
  ++restarts_;
  if (lifetime >= kSteady) delay_ = base::Duration(0);
  const base::Duration wait = delay_;
  delay_ = std::clamp(2 * delay_, kDelayFirst, kDelayMax);
  return wait;
}

}  // namespace shelcaster::app
