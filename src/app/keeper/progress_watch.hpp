#pragma once

#include <cstdint>

#include "base/time.hpp"

namespace shelcaster::app {

/// Judges from a position that should move whether a child still works. Pure: no clock, no thread.
class ProgressWatch {
 public:
  /// The first move may take `grace` after start().
  explicit ProgressWatch(base::Duration grace) : grace_(grace) {}

  void start(base::Instant now, std::int64_t position);
  /// What stands there now. If it has moved, the child surely worked at `alive_at`, which may lie
  /// ahead: a promise.
  void look(std::int64_t position, base::Instant alive_at);
  /// Once it has moved, each further move may take `stall_max`.
  [[nodiscard]] base::Instant deadline(base::Duration stall_max) const;
  /// The position was right to stand still (there was nothing to do).
  void excuse(base::Instant now);
  [[nodiscard]] bool has_moved() const { return has_moved_; }

 private:
  const base::Duration grace_;
  base::Instant alive_at_;
  std::int64_t position_ = 0;
  bool has_moved_ = false;
};

/// Whether who hasn't moved for `late` longer than allowed works and isn't let: others have the
/// processors. To kill it would make that worse. `is_runnable`: a thread of it has work; `used`:
/// what it has had of processors since it moved. For a second it isn't asked for that, since what
/// others of its threads do counts too.
[[nodiscard]] bool is_starved(base::Duration late, bool is_runnable, base::Duration used);

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
