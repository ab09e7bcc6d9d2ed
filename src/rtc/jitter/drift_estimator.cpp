#include "rtc/jitter/drift_estimator.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/time.hpp"

namespace shelcaster::rtc {
namespace {

constexpr double kTicksPerMs = base::kSampleRate / 1000.0;
constexpr double kTicksPerSecondPerPpm = base::kSampleRate * 1e-6;

constexpr std::size_t kPointsMin = 5;
constexpr double kErrorPpmMax = 12;
/// No sound card is further off; what seems so is a sender that sends at its own pace.
constexpr double kPpmMax = 1'000;
/// Arrivals are known to a tick.
constexpr double kScatterMin = 1.0;

constexpr double kStepTicks = 5 * kTicksPerMs;
constexpr double kOffLineTicks = 0.5 * kTicksPerMs;
constexpr int kSecondsOffLine = 5;
constexpr std::size_t kPointsOfNewSpeed = 6;

}  // namespace

void DriftEstimator::restart() noexcept {
  const double known = ppm_;
  *this = {};
  ppm_ = known;
}

void DriftEstimator::note(std::int64_t arrival_ticks, std::int64_t transit_ticks) noexcept {
  if (!has_origin_) {
    has_origin_ = true;
    origin_arrival_ = arrival_ticks;
    origin_transit_ = transit_ticks;
  }
  const std::int64_t since = arrival_ticks - origin_arrival_;
  const std::int64_t second = since / base::kSampleRate;
  if (second != second_) {
    close_second();
    second_ = second;
  }
  const double transit = static_cast<double>(transit_ticks - origin_transit_);
  if (has_least_ && transit >= least_.transit) return;
  has_least_ = true;
  least_ = {.second = static_cast<double>(since) / base::kSampleRate, .transit = transit};
}

void DriftEstimator::close_second() noexcept {
  if (!has_least_) return;
  has_least_ = false;
  absorb_step(least_);
  if (count_ == points_.size()) {
    std::copy(points_.begin() + 1, points_.end(), points_.begin());
    --count_;
  }
  points_[count_++] = least_;
  fit();
}

void DriftEstimator::absorb_step(const Point& point) noexcept {
  if (line_.points < kPointsMin) return;
  const double off = point.transit - line_.at(point.second);
  const double spread = std::max(line_.scatter, kScatterMin);
  const bool is_step = std::abs(off) > std::max(kStepTicks, 6 * spread);
  // One late second may be a storm; two that agree are a step.
  if (is_step && last_step_ != 0 && std::abs(off - last_step_) < kStepTicks) {
    for (std::size_t i = 0; i + 1 < count_; ++i) points_[i].transit += off;
    line_.offset += off;
    last_step_ = 0;
    return;
  }
  last_step_ = is_step ? off : 0;
  const bool is_off_line = !is_step && std::abs(off) > std::max(kOffLineTicks, 4 * spread);
  seconds_off_line_ = is_off_line ? seconds_off_line_ + 1 : 0;
  if (seconds_off_line_ < kSecondsOffLine || count_ < kPointsOfNewSpeed) return;
  seconds_off_line_ = 0;
  const auto first = points_.begin() + static_cast<std::ptrdiff_t>(count_ - kPointsOfNewSpeed);
  std::copy(first, points_.begin() + static_cast<std::ptrdiff_t>(count_), points_.begin());
  count_ = kPointsOfNewSpeed;
}

// Least squares over the points that are at most `late_max` above `around`.
DriftEstimator::Line DriftEstimator::fit_to(const Line& around, double late_max) const noexcept {
  const auto is_chosen = [&](const Point& p) {
    return p.transit - around.at(p.second) <= late_max;
  };
  double n = 0, x = 0, y = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    if (!is_chosen(points_[i])) continue;
    n += 1, x += points_[i].second, y += points_[i].transit;
  }
  if (n < 2) return around;
  x /= n, y /= n;
  double xx = 0, xy = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    if (!is_chosen(points_[i])) continue;
    const double dx = points_[i].second - x;
    xx += dx * dx, xy += dx * (points_[i].transit - y);
  }
  if (xx <= 0) return around;
  Line line{.slope = xy / xx, .points = static_cast<std::size_t>(n)};
  line.offset = y - line.slope * x;
  double squares = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    if (!is_chosen(points_[i])) continue;
    const double off = points_[i].transit - line.at(points_[i].second);
    squares += off * off;
  }
  line.scatter = std::sqrt(squares / n);
  line.slope_error = std::max(line.scatter, kScatterMin) / std::sqrt(xx);
  return line;
}

void DriftEstimator::fit() noexcept {
  constexpr int kRefinements = 3;
  if (count_ < kPointsMin) return;
  Line line = fit_to({}, std::numeric_limits<double>::max());
  for (int i = 0; i < kRefinements; ++i) {
    const Line refined = fit_to(line, 1.5 * std::max(line.scatter, kScatterMin));
    if (refined.points < kPointsMin) break;
    line = refined;
  }
  line_ = line;
  if (line.slope_error > kErrorPpmMax * kTicksPerSecondPerPpm) return;
  // A transit that grows is a clock that is slow.
  ppm_ = std::clamp(-line.slope / kTicksPerSecondPerPpm, -kPpmMax, kPpmMax);
}

}  // namespace shelcaster::rtc
