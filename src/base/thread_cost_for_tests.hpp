#pragma once

// For tests of what an input may cost: processor time of the calling thread, which a loaded machine
// changes little, unlike time on the wall.
#include <time.h>

#include <algorithm>
#include <limits>

#include "base/sanitized.hpp"

namespace shelcaster::testing {

/// Sanitizers make everything slower, some of it by much.
inline constexpr double kCostFactor = base::kIsSanitized ? 30 : 1;

inline double thread_time_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) * 1e-3;
}

/// What one call costs: the least of `rounds` means over `calls`.
template <typename Call>
double cost_us(const Call& call, int calls = 1, int rounds = 7) {
  double least = std::numeric_limits<double>::infinity();
  for (int round = 0; round < rounds; ++round) {
    const double before = thread_time_us();
    for (int i = 0; i < calls; ++i) call();
    least = std::min(least, (thread_time_us() - before) / calls);
  }
  return least;
}

/// Four times the input may cost so many times as much: linear is 4, quadratic 16. Each side has
/// a constant part, and caches have their sizes.
inline constexpr double kLinearRatioMax = 8;

}  // namespace shelcaster::testing
