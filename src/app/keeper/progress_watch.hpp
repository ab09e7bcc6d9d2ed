#pragma once

#include <cstdint>

#include "base/time.hpp"

namespace shelcaster::app {

/// Judges from a position that should move whether a child still works. Pure: no clock, no thread.
class ProgressWatch {
 public:
  /// The first move may take `grace` after start(); each further one `stall_max`.
  ProgressWatch(base::Duration grace, base::Duration stall_max)
      : grace_(grace), stall_max_(stall_max) {}

  void start(base::Instant now, std::int64_t position);
  /// True when the position has stood still for too long.
  [[nodiscard]] bool is_hung(base::Instant now, std::int64_t position);
  /// The position was right to stand still (there was nothing to do).
  void excuse(base::Instant now);
  [[nodiscard]] bool has_moved() const { return has_moved_; }

 private:
  const base::Duration grace_;
  const base::Duration stall_max_;
  base::Instant deadline_ = base::Instant::never();
  std::int64_t position_ = 0;
  bool has_moved_ = false;
};

/// How long to wait before the next start of a child that ended: at once for the first time, then
/// doubling to the most; a child that ran steadily starts the count anew.
class RestartBackoff {
 public:
  base::Duration next(base::Duration lifetime);
  [[nodiscard]] int restarts() const { return restarts_; }

 private:
  int restarts_ = 0;
  base::Duration delay_{0};
};

}  // namespace shelcaster::app
