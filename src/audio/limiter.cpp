#include "audio/limiter.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "audio/db.hpp"

namespace shelcaster::audio {
namespace {

// One-pole steps 1 − exp(−1 / (seconds · 48 000)).
constexpr float kFastRelease = 3.4716e-4F;     // 60 ms: back up to the average
constexpr float kSlowRelease = 2.0833e-5F;     // 1 s: beyond it
constexpr float kAverageDown = 3.4722e-5F;     // 600 ms
constexpr float kAverageUp = 2.0833e-5F;       // 1 s
constexpr float kAverageUpBlock = 9.9502e-3F;  // the same over 480 frames
constexpr float kWellBelow = 0.93F;  // −0.6 dB: more than a bass note wobbles about its average
constexpr float kOpen = 0.99999F;    // −0.0001 dB counts as gain 1
// Left between ceiling and target, as a factor (−0.35 dB): white noise up to 24 kHz, the worst
// there is, was seen to come out 0.24 dB above what the detector had read; 20 kHz tones 0.1 dB.
constexpr float kTruePeakMargin = 0.9605F;
constexpr float kRoundingMargin = 0.999999F;

}  // namespace

Limiter::HoldMinimum::HoldMinimum(std::size_t frames) : ring_(frames), frames_(frames) {}

void Limiter::HoldMinimum::reset() noexcept { first_ = count_ = now_ = 0; }

float Limiter::HoldMinimum::next(float value) noexcept {
  const std::size_t size = ring_.size();
  if (count_ > 0 && ring_[first_].at + frames_ <= now_) {
    first_ = first_ + 1 == size ? 0 : first_ + 1;
    --count_;
  }
  const auto slot = [&](std::size_t nth) -> Entry& {
    const std::size_t at = first_ + nth;
    return ring_[at < size ? at : at - size];
  };
  while (count_ > 0 && slot(count_ - 1).value >= value) --count_;
  slot(count_) = {now_, value};
  ++count_;
  ++now_;
  return ring_[first_].value;
}

Limiter::MovingMean::MovingMean(std::size_t frames) : ring_(frames) { reset(); }

void Limiter::MovingMean::reset() noexcept {
  std::fill(ring_.begin(), ring_.end(), 1.0F);
  at_ = 0;
  sum_ = static_cast<double>(ring_.size());
}

float Limiter::MovingMean::next(float value) noexcept {
  sum_ += static_cast<double>(value) - static_cast<double>(ring_[at_]);
  ring_[at_] = value;
  at_ = at_ + 1 == ring_.size() ? 0 : at_ + 1;
  return static_cast<float>(sum_ / static_cast<double>(ring_.size()));
}

// A peak found for frame n must have its gain in force at frames n − 1, n and n + 1 (its crest lies
// between them). The two means together span `look_ahead` frames and come `look_ahead` frames
// later, so the minimum is held for two frames more.
Limiter::Limiter(PeakDetection detection, int look_ahead_frames, const LimiterSettings& settings)
    : look_ahead_(static_cast<std::size_t>(look_ahead_frames)),
      hold_(look_ahead_ + 2),
      smooth_first_(look_ahead_ / 2),
      smooth_second_(look_ahead_ / 2 + 1),
      idle_frames_(0) {
  if (detection == PeakDetection::kTruePeak) true_peak_.emplace();
  delayed_.assign(static_cast<std::size_t>(latency_frames()) * kChannels, 0.0F);
  swap_ = delayed_;
  set(settings);
  reset();
}

void Limiter::set(const LimiterSettings& settings) noexcept {
  enabled_ = settings.enabled;
  ceiling_ = db_to_linear(settings.ceiling_db) * (true_peak_ ? kTruePeakMargin : kRoundingMargin);
}

void Limiter::reset() noexcept {
  if (true_peak_) true_peak_.emplace();
  hold_.reset();
  smooth_first_.reset();
  smooth_second_.reset();
  std::fill(delayed_.begin(), delayed_.end(), 0.0F);
  released_ = average_ = lowest_ = 1.0F;
  idle_frames_ = 2 * look_ahead_;
}

int Limiter::latency_frames() const noexcept {
  return static_cast<int>(look_ahead_) + (true_peak_ ? detail::TruePeakDetector::kDelayFrames : 0);
}

float Limiter::gain_reduction_db() const noexcept { return -linear_to_db(lowest_); }

void Limiter::find_peaks(const StereoBlock& block, std::span<float, kBlockFrames> peaks) noexcept {
  if (true_peak_) {
    true_peak_->process(block, ceiling_, peaks);
    return;
  }
  for (std::size_t i = 0; i < kBlockFrames; ++i) {
    peaks[i] = std::max(std::fabs(block[2 * i]), std::fabs(block[2 * i + 1]));
  }
}

float Limiter::release(float held) noexcept {
  if (held < released_) {
    released_ = held;
  } else {
    const float step = released_ < kWellBelow * average_ ? kFastRelease : kSlowRelease;
    released_ += step * (held - released_);
    if (held >= 1.0F && released_ > kOpen) released_ = 1.0F;
  }
  average_ += (released_ < average_ ? kAverageDown : kAverageUp) * (released_ - average_);
  return released_;
}

void Limiter::delay(StereoBlock& block) noexcept {
  const auto late = static_cast<std::ptrdiff_t>(delayed_.size());
  std::copy(block.end() - late, block.end(), swap_.begin());
  std::copy_backward(block.begin(), block.end() - late, block.end());
  std::copy(delayed_.begin(), delayed_.end(), block.begin());
  std::swap(delayed_, swap_);
}

void Limiter::process(StereoBlock& block) noexcept {
  std::array<float, kBlockFrames> peaks;
  find_peaks(block, peaks);
  delay(block);
  lowest_ = 1.0F;
  const float loudest = *std::max_element(peaks.begin(), peaks.end());
  if ((!enabled_ || loudest <= ceiling_) && idle_frames_ >= 2 * look_ahead_) {
    average_ += kAverageUpBlock * (1.0F - average_);
    return;
  }

  for (std::size_t i = 0; i < kBlockFrames; ++i) {
    const float wanted = enabled_ && peaks[i] > ceiling_ ? ceiling_ / peaks[i] : 1.0F;
    const float held = hold_.next(wanted);
    const float gain = smooth_second_.next(smooth_first_.next(release(held)));
    idle_frames_ = released_ < 1.0F ? 0 : idle_frames_ + 1;
    lowest_ = std::min(lowest_, gain);
    block[2 * i] *= gain;
    block[2 * i + 1] *= gain;
  }
}

}  // namespace shelcaster::audio
