#include "audio/limiter.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "audio/db.hpp"
#include "audio/detail/lanes.hpp"

namespace shelcaster::audio {
namespace {

using detail::Curve;
using detail::kCurvePoints;
using detail::kCurveStep;
using detail::kLanes;
using detail::Lanes;

// One-pole steps 1 − exp(−4 / (seconds · 48 000)), four frames each.
constexpr float kFastRelease = 2.0812e-3F;     // 40 ms: back up to the average
constexpr float kSlowRelease = 8.3330e-5F;     // 1 s: beyond it
constexpr float kAverageDown = 1.3888e-4F;     // 600 ms
constexpr float kAverageUp = 8.3330e-5F;       // 1 s
constexpr float kAverageUpBlock = 9.9502e-3F;  // the same over 480 frames
constexpr float kWellBelow = 0.93F;  // −0.6 dB: more than a bass note wobbles about its average
// The release aims a little beyond what it may reach, and so gets there: a pole would creep up to
// it for ever, and in floats stop short of it.
constexpr float kBeyond = 1.01F;
constexpr float kOpen = 0.9999F;
// Left between ceiling and target, as a factor (−0.45 dB): white noise up to 24 kHz, the worst
// there is, was seen to come out 0.4 dB above what the detector had read; 20 kHz tones 0.1 dB.
constexpr float kTruePeakMargin = 0.9495F;
constexpr float kNoCeiling = 1e9F;
constexpr float kRoundingMargin = 0.999998F;

constexpr std::size_t kLookAheadMax = 128 / kCurveStep;
// The points of a block after those kept from before, and room to read lanes beyond the end.
using Line = std::array<float, kLookAheadMax + kCurvePoints + kLookAheadMax>;

/// Puts `kept` and `points` into one line, and keeps the line's last points.
void join(std::vector<float>& kept, const Curve& points, Line& line) noexcept {
  const auto end =
      std::copy(points.begin(), points.end(), std::copy(kept.begin(), kept.end(), line.begin()));
  std::fill(end, line.end(), 1.0F);
  std::copy(end - static_cast<std::ptrdiff_t>(kept.size()), end, kept.begin());
}

/// The sum of each `width` neighbours, put where the first of them was.
void add_neighbours(Line& line, std::size_t width) noexcept {
  for (std::size_t k = 0; k < kCurvePoints + width; k += kLanes) {
    Lanes sum = detail::load(line.data() + k);
    for (std::size_t i = 1; i < width; ++i) sum += detail::load(line.data() + k + i);
    detail::store(sum, line.data() + k);
  }
}

}  // namespace

// A peak found in step n must have its gain in force throughout the step, in which the gain moves
// from point n − 1 to point n, and, since the crest of a true peak lies between frames of which all
// about it take part, from n − 2 on. The audio is `look_ahead` steps late, and the two means
// together span `look_ahead` − 1 points: so the minimum is held for look_ahead + 1.
Limiter::Limiter(PeakDetection detection, int look_ahead_frames, const LimiterSettings& settings)
    : look_ahead_(static_cast<std::size_t>(look_ahead_frames) / kCurveStep),
      mean_first_(look_ahead_ / 2),
      mean_second_(look_ahead_ - mean_first_),
      steps_to_rest_(2 * look_ahead_) {
  if (detection == PeakDetection::kTruePeak) true_peak_.emplace();
  wanted_.resize(look_ahead_);
  released_.resize(mean_first_ + mean_second_ - 2);
  delayed_.resize(static_cast<std::size_t>(latency_frames()) * kChannels);
  swap_.resize(delayed_.size());
  set(settings);
  reset();
}

void Limiter::set(const LimiterSettings& settings) noexcept {
  enabled_ = settings.enabled;
  ceiling_ = db_to_linear(settings.ceiling_db) * (true_peak_ ? kTruePeakMargin : kRoundingMargin);
}

void Limiter::reset() noexcept {
  if (true_peak_) true_peak_->reset();
  std::fill(wanted_.begin(), wanted_.end(), 1.0F);
  std::fill(released_.begin(), released_.end(), 1.0F);
  std::fill(delayed_.begin(), delayed_.end(), 0.0F);
  is_delaying_silence_ = true;
  gain_ = average_ = lowest_ = 1.0F;
  steps_at_rest_ = steps_to_rest_;
}

void Limiter::save(base::StateWriter& to) const noexcept {
  if (true_peak_) true_peak_->save(to);
  to.put_all(std::span(wanted_));
  to.put_all(std::span(released_));
  to.put_all(std::span(delayed_));
  to.put(is_delaying_silence_);
  to.put(gain_);
  to.put(average_);
  to.put(lowest_);
  to.put(steps_at_rest_);
}

void Limiter::restore(base::StateReader& from) noexcept {
  if (true_peak_) true_peak_->restore(from);
  from.get_all(std::span(wanted_));
  from.get_all(std::span(released_));
  from.get_all(std::span(delayed_));
  from.get(is_delaying_silence_);
  from.get(gain_);
  from.get(average_);
  from.get(lowest_);
  from.get(steps_at_rest_);
}

int Limiter::latency_frames() const noexcept {
  return static_cast<int>(look_ahead_ * kCurveStep) +
         (true_peak_ ? detail::TruePeakDetector::kDelayFrames : 0);
}

float Limiter::gain_reduction_db() const noexcept { return -linear_to_db(lowest_); }

void Limiter::process(StereoBlock& block) noexcept {
  const float ceiling = enabled_ ? ceiling_ : kNoCeiling;
  Curve curve;  // peaks, then the gains that they want, then what they get
  const float loudest =
      true_peak_ ? true_peak_->process(block, ceiling, curve) : detail::find_peaks(block, curve);
  delay(block);
  lowest_ = 1.0F;
  if (loudest <= ceiling && is_at_rest()) {
    average_ += kAverageUpBlock * (1.0F - average_);
    if (average_ > kOpen) average_ = 1.0F;
    is_delaying_silence_ = loudest == 0.0F;
    return;
  }

  is_delaying_silence_ = false;
  for (float& point : curve) point = ceiling / (point > ceiling ? point : ceiling);
  hold_minimum(curve);
  release(curve);
  smooth(curve);
  lowest_ = detail::smallest(curve);
  detail::apply_gains(gain_, curve, block);
  gain_ = curve.back();
}

/// The smallest of each point and the look_ahead_ points before it: of two neighbours, of two such
/// pairs, of two such fours, and so on.
void Limiter::hold_minimum(Curve& wanted) noexcept {
  Line line;
  join(wanted_, wanted, line);
  const auto fold = [&line, end = kCurvePoints + look_ahead_](std::size_t distance) {
    for (std::size_t k = 0; k < end; k += kLanes) {
      float* const at = line.data() + k;
      detail::store(detail::smaller(detail::load(at), detail::load(at + distance)), at);
    }
  };
  const std::size_t points = look_ahead_ + 1;
  std::size_t width = 1;
  for (; 2 * width <= points; width *= 2) fold(width);
  fold(points - width);
  std::copy_n(line.begin(), kCurvePoints, wanted.begin());
}

void Limiter::release(Curve& held) noexcept {
  float released = released_.back();
  for (float& point : held) {
    const float step = released < kWellBelow * average_ ? kFastRelease : kSlowRelease;
    released = std::min(point, (1.0F - step) * released + step * kBeyond * point);
    average_ += (released < average_ ? kAverageDown : kAverageUp) * (released - average_);
    point = released;
    steps_at_rest_ = released < 1.0F ? 0 : steps_at_rest_ + 1;
  }
}

/// A mean of means: down in a line, but without its corners.
void Limiter::smooth(Curve& released) noexcept {
  Line line;
  join(released_, released, line);
  add_neighbours(line, mean_first_);
  add_neighbours(line, mean_second_);
  const auto points = static_cast<float>(mean_first_ * mean_second_);
  for (std::size_t k = 0; k < kCurvePoints; ++k) released[k] = line[k] / points;
}

void Limiter::delay(StereoBlock& block) noexcept {
  const auto late = static_cast<std::ptrdiff_t>(delayed_.size());
  std::copy(block.end() - late, block.end(), swap_.begin());
  std::copy_backward(block.begin(), block.end() - late, block.end());
  std::copy(delayed_.begin(), delayed_.end(), block.begin());
  std::swap(delayed_, swap_);
}

}  // namespace shelcaster::audio
