#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace shelcaster::rtc {

/// How much faster than ours a sender's clock runs. The fastest packet of each second, over the
/// last minute, lies on a line whose slope is the difference of the clocks, whatever the jitter: a
/// line is fitted to them, late ones are left out, and the slope is believed once the scatter
/// allows it. A step in the transit (another route, a sender that jumped) moves what was before it
/// along, so that the slope stays known; a clock that changes its speed starts the line anew.
class DriftEstimator {
 public:
  /// In ticks of 48 kHz; the transit is arrival less timestamp.
  void note(std::int64_t arrival_ticks, std::int64_t transit_ticks) noexcept;

  /// The timestamps start anew: what came before says nothing of where they are. The clock is the
  /// same one, so what is known of its speed stays until something better is.
  void restart() noexcept;
  /// The same in another process: the speed is `ppm` until something better is known.
  void restart_with(double ppm) noexcept {
    ppm_ = ppm;
    restart();
  }

  /// Positive: the sender's is the faster one, and its sound is to be played faster. 0 until it is
  /// known.
  [[nodiscard]] double ppm() const noexcept { return ppm_; }

 private:
  struct Point {
    double second = 0;
    double transit = 0;  // ticks above the first
  };
  struct Line {
    double slope = 0;  // ticks a second
    double offset = 0;
    double scatter = 0;  // RMS, ticks
    double slope_error = 0;
    std::size_t points = 0;
    [[nodiscard]] double at(double second) const noexcept { return offset + slope * second; }
  };
  void close_second() noexcept;
  void absorb_step(const Point& point) noexcept;
  void fit() noexcept;
  [[nodiscard]] Line fit_to(const Line& around, double late_max) const noexcept;

  /// Oldest first.
  std::array<Point, 60> points_{};
  std::size_t count_ = 0;

  bool has_origin_ = false;
  std::int64_t origin_arrival_ = 0;
  std::int64_t origin_transit_ = 0;
  std::int64_t second_ = 0;
  bool has_least_ = false;
  Point least_;
  Line line_;
  double last_step_ = 0;
  int seconds_off_line_ = 0;
  double ppm_ = 0;
};

}  // namespace shelcaster::rtc
