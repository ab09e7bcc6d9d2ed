#pragma once

#include "base/time.hpp"

namespace shelcaster::runtime {

/// The only clock of the system. Any thread; no system call on Linux (vDSO).
class SystemClock {
 public:
  /// CLOCK_MONOTONIC: the same in every process of the machine, so that an epoch may be handed on.
  [[nodiscard]] static base::Instant now() noexcept;
  /// CLOCK_REALTIME in milliseconds.
  [[nodiscard]] static base::WallTime wall() noexcept;
};

}  // namespace shelcaster::runtime
