#include "runtime/system_clock.hpp"

#include <ctime>

namespace shelcaster::runtime {

base::Instant SystemClock::now() noexcept {
  timespec at{};
  ::clock_gettime(CLOCK_MONOTONIC, &at);
  return base::Instant::from_nanoseconds(std::int64_t{at.tv_sec} * 1'000'000'000 + at.tv_nsec);
}

base::WallTime SystemClock::wall() noexcept {
  timespec at{};
  ::clock_gettime(CLOCK_REALTIME, &at);
  return base::WallTime::from_unix_ms(std::int64_t{at.tv_sec} * 1'000 + at.tv_nsec / 1'000'000);
}

}  // namespace shelcaster::runtime
