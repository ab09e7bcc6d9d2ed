#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace shelcaster::rtc {

/// How much later than the fastest packets the slow ones come. For every packet it takes the
/// transit (arrival less timestamp, both in ticks of 48 kHz, so with an unknown constant in it) and
/// keeps those of the last eight seconds: the least of them is the reference, and nearly all lie
/// within spread() of it. A sender's clock that drifts, or a route that changes, moves the
/// reference.
class DelayEstimator {
 public:
  DelayEstimator();

  void note(std::int64_t arrival_ticks, std::int64_t transit_ticks) noexcept;
  void reset() noexcept;

  [[nodiscard]] bool has_reference() const noexcept { return count_ > 0; }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  /// The least transit in the window.
  [[nodiscard]] std::int64_t reference_ticks() const noexcept { return reference_; }
  /// The 98th percentile of the transits above the reference.
  [[nodiscard]] std::int64_t spread_ticks() const noexcept { return spread_; }

 private:
  struct Sample {
    std::int64_t arrival;
    std::int64_t transit;
  };
  void estimate(std::int64_t now_ticks) noexcept;

  std::vector<Sample> samples_;
  std::vector<std::int64_t> sorted_;
  std::size_t next_ = 0;
  std::size_t count_ = 0;
  std::size_t since_estimate_ = 0;
  std::int64_t reference_ = 0;
  std::int64_t spread_ = 0;
};

}  // namespace shelcaster::rtc
