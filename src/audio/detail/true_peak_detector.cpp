#include "audio/detail/true_peak_detector.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "audio/detail/lanes.hpp"

namespace shelcaster::audio::detail {
namespace {

constexpr double kKaiserBeta = 5.0;  // side lobes −53 dB

// A crest of a sine at 24 kHz lies at most 0.69 dB above the nearest of points at 192 kHz.
constexpr float kHidden = 0.92F;

// The modified Bessel function I0, by its series.
double bessel_i0(double x) {
  double term = 1;
  double sum = 1;
  for (int k = 1; k < 32; ++k) {
    term *= (x / (2 * k)) * (x / (2 * k));
    sum += term;
  }
  return sum;
}

/// One side of a symmetric filter for the point in the middle between two samples: a sinc in a
/// Kaiser window. Unity gain at 0 Hz.
void design(std::span<float> taps) {
  const auto half_width = static_cast<double>(taps.size());
  std::array<double, 64> exact{};
  double sum = 0;
  for (std::size_t k = 0; k < taps.size(); ++k) {
    const double t = static_cast<double>(k) + 0.5;
    const double edge = t / half_width;
    const double angle = std::numbers::pi * t;
    exact[k] = bessel_i0(kKaiserBeta * std::sqrt(1 - edge * edge)) * std::sin(angle) / angle;
    sum += 2 * exact[k];
  }
  for (std::size_t k = 0; k < taps.size(); ++k) taps[k] = static_cast<float>(exact[k] / sum);
}

/// For an interpolating filter: Σ |g| where filter = (1 − b) δ0 + b δ1 + g ∗ (second difference).
/// `taps[zero]` is for the sample before the point.
float overshoot_of(std::span<const double> taps, std::size_t zero) {
  double between = 0;
  for (std::size_t k = 0; k < taps.size(); ++k) {
    between += taps[k] * (static_cast<double>(k) - static_cast<double>(zero));
  }
  double slope = 0;
  double value = 0;
  double sum = 0;
  for (std::size_t k = 0; k < taps.size(); ++k) {
    slope += taps[k] - (k == zero ? 1 - between : k == zero + 1 ? between : 0);
    value += slope;
    sum += std::fabs(value);
  }
  return static_cast<float>(sum);
}

/// The magnitude of the crest of the parabola through three points of equal distance, where it is
/// nearest to the middle one; else at most what one of the others has.
Lanes crest(Lanes before, Lanes middle, Lanes after) noexcept {
  const Lanes tilt = magnitude(after - before);
  const Lanes curvature = magnitude(before + after - (middle + middle));
  const Lanes rise = tilt * tilt / larger(8.0F * curvature, all(1e-30F));
  return magnitude(middle) + (tilt <= curvature ? rise : Lanes{});
}

float largest_of(std::span<const float> values) noexcept {
  return *std::max_element(values.begin(), values.end());
}

}  // namespace

TruePeakDetector::TruePeakDetector() noexcept {
  design(half_);
  design(quarter_);
  // The filters as they are on the samples: sample n at n + kMiddle, the half point after n from
  // `half` moved by n.
  constexpr std::size_t kMiddle = kHalfPairs + kQuarterPairs;
  std::array<double, 2 * kMiddle> quarter{};
  std::array<double, 2 * kMiddle> half{};
  const auto add_half = [this](std::size_t after, double weight, auto& to) {
    for (std::size_t k = 0; k < kHalfPairs; ++k) {
      to[after - k] += weight * static_cast<double>(half_[k]);
      to[after + 1 + k] += weight * static_cast<double>(half_[k]);
    }
  };
  add_half(kMiddle, 1, half);
  for (std::size_t k = 0; k < kQuarterPairs; k += 2) {
    const auto even = static_cast<double>(quarter_[k]);
    const auto odd = static_cast<double>(quarter_[k + 1]);
    quarter[kMiddle - k / 2] += even;
    add_half(kMiddle + k / 2, even, quarter);
    add_half(kMiddle - 1 - k / 2, odd, quarter);
    quarter[kMiddle + 1 + k / 2] += odd;
  }
  overshoot_ = std::max(overshoot_of(half, kMiddle), overshoot_of(quarter, kMiddle));
}

TruePeakDetector::Bounds TruePeakDetector::find_bounds(const Window& window) const noexcept {
  constexpr std::size_t kPieceSamples = kPieceFrames * kChannels;
  Bounds bounds;
  const float* at = window.data() + kChannels;
  for (float& bound : bounds) {
    Lanes loudest{};
    Lanes sharpest{};
    for (const float* const end = at + kPieceSamples; at != end; at += kLanes) {
      const Lanes now = load(at);
      const Lanes second = load(at - kChannels) + load(at + kChannels) - (now + now);
      loudest = larger(magnitude(now), loudest);
      sharpest = larger(magnitude(second), sharpest);
    }
    bound = largest(loudest) + overshoot_ * largest(sharpest);
  }
  return bounds;
}

float TruePeakDetector::process(const StereoBlock& block, float ignore_below,
                                Curve& peaks) noexcept {
  Window window;
  float* const past = window.data() + kChannels;
  float* const end =
      std::copy(block.begin(), block.end(), std::copy(past_.begin(), past_.end(), past));
  std::copy(end - past_.size(), end, past_.begin());
  for (std::size_t channel = 0; channel < kChannels; ++channel) {
    window[channel] = 2 * past[channel] - past[channel + kChannels];
    end[channel] = 2 * (end - kChannels)[channel] - (end - 2 * kChannels)[channel];
  }

  peaks.fill(0.0F);
  const Bounds bounds = find_bounds(window);
  const float hidden_from = kHidden * ignore_below;
  const float bound = largest_of(bounds);
  const float at_most = std::min(bound, ignore_below);  // where the pieces left out are
  if (bound < hidden_from) return at_most;
  for (std::size_t piece = 0; piece + kReachPieces <= kWindowPieces; ++piece) {
    if (largest_of(std::span(bounds).subspan(piece, kReachPieces)) < hidden_from) continue;
    for (std::size_t channel = 0; channel < kChannels; ++channel) {
      Reach samples;
      const float* const from = past + piece * kPieceFrames * kChannels + channel;
      for (std::size_t i = 0; i < samples.size(); ++i) samples[i] = from[kChannels * i];
      scan(samples, hidden_from, peaks.data() + piece * (kPieceFrames / kCurveStep));
    }
  }
  return std::max(largest(peaks), at_most);
}

void TruePeakDetector::scan(const Reach& samples, float hidden_from, float* peaks) const noexcept {
  // The points at ½ after the piece's samples and two more on each side: the first doubling.
  constexpr std::size_t kMore = kQuarterPairs / 2;
  std::array<float, kPieceFrames + 2 * kMore> halves;
  const float* const first = samples.data() + kPieceFrames - kMore;
  for (std::size_t i = 0; i < halves.size(); i += kLanes) {
    Lanes sum{};
    for (std::size_t k = 0; k < kHalfPairs; ++k) {
      sum += half_[k] * (load(first + i - k) + load(first + i + 1 + k));
    }
    store(sum, halves.data() + i);
  }
  static_assert(kQuarterPairs == 4);
  for (std::size_t i = 0; i < kPieceFrames; i += kLanes) {
    const auto sample = [now = first + kMore + i](int n) { return load(now + n); };
    const auto half = [now = halves.data() + kMore + i](int n) { return load(now + n); };
    const auto quarter_before = [&](int n) {  // of half n, among points at 96 kHz
      return quarter_[0] * (sample(n) + half(n)) + quarter_[1] * (half(n - 1) + sample(n + 1)) +
             quarter_[2] * (sample(n - 1) + half(n + 1)) +
             quarter_[3] * (half(n - 2) + sample(n + 2));
    };
    const auto quarter_after = [&](int n) {
      return quarter_[0] * (half(n) + sample(n + 1)) + quarter_[1] * (sample(n) + half(n + 1)) +
             quarter_[2] * (half(n - 1) + sample(n + 2)) +
             quarter_[3] * (sample(n - 1) + half(n + 2));
    };
    const Lanes points[4] = {sample(0), quarter_before(0), half(0), quarter_after(0)};
    Lanes peak = larger(larger(magnitude(points[0]), magnitude(points[1])),
                        larger(magnitude(points[2]), magnitude(points[3])));
    if (largest(peak) >= hidden_from) {
      peak = larger(crest(quarter_after(-1), points[0], points[1]), peak);
      peak = larger(crest(points[0], points[1], points[2]), peak);
      peak = larger(crest(points[1], points[2], points[3]), peak);
      peak = larger(crest(points[2], points[3], sample(1)), peak);
    }
    float& highest = peaks[i / kCurveStep];
    highest = std::max(highest, largest(peak));
  }
}

}  // namespace shelcaster::audio::detail
