#include "app/keeper/progress_watch.hpp"

#include <algorithm>

namespace shelcaster::app {
namespace {

constexpr base::Duration kDelayFirst = std::chrono::milliseconds(100);
constexpr base::Duration kDelayMax = std::chrono::seconds(2);
constexpr base::Duration kSteady = std::chrono::milliseconds(500);

}  // namespace

void ProgressWatch::start(base::Instant now, std::int64_t position) {
  position_ = position;
  has_moved_ = false;
  deadline_ = now + grace_;
}

bool ProgressWatch::is_hung(base::Instant now, std::int64_t position) {
  if (position != position_) {
    position_ = position;
    has_moved_ = true;
    deadline_ = now + stall_max_;
  }
  return now >= deadline_;
}

void ProgressWatch::excuse(base::Instant now) {
  deadline_ = std::max(deadline_, now + (has_moved_ ? stall_max_ : grace_));
}

base::Duration RestartBackoff::next(base::Duration lifetime) {
  ++restarts_;
  if (lifetime >= kSteady) delay_ = base::Duration(0);
  const base::Duration wait = delay_;
  delay_ = std::clamp(2 * delay_, kDelayFirst, kDelayMax);
  return wait;
}

}  // namespace shelcaster::app
