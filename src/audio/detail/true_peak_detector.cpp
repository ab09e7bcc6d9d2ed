#include "audio/detail/true_peak_detector.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

namespace shelcaster::audio::detail {
namespace {

constexpr double kKaiserBeta = 5.0;  // side lobes −53 dB

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

double windowed_sinc(double t, double half_width) {
  const double edge = t / half_width;
  const double window =
      bessel_i0(kKaiserBeta * std::sqrt(1 - edge * edge)) / bessel_i0(kKaiserBeta);
  const double angle = std::numbers::pi * t;
  return window * std::sin(angle) / angle;
}

/// The crest of the parabola through three equidistant points, the middle one the largest.
float crest(float before, float middle, float after) noexcept {
  const float curvature = before - 2 * middle + after;  // < 0
  const float tilt = after - before;
  return curvature < 0.0F ? middle - tilt * tilt / (8 * curvature) : middle;
}

// A crest of a sine at 24 kHz lies at most 0.69 dB above the nearest of points at 192 kHz.
constexpr float kHidden = 0.92F;

using Vector = float __attribute__((vector_size(16)));
constexpr std::size_t kLanes = sizeof(Vector) / sizeof(float);

Vector load(const float* from) noexcept {
  Vector v;
  std::memcpy(&v, from, sizeof v);
  return v;
}

}  // namespace

TruePeakDetector::TruePeakDetector() noexcept {
  for (std::size_t phase = 0; phase < kPhases; ++phase) {
    const double offset = static_cast<double>(phase + 1) / 4;
    double sum = 0;
    std::array<double, kTaps> taps;
    for (std::size_t k = 0; k < kTaps; ++k) {
      const double t = static_cast<double>(k) - (kTaps / 2 - 1) - offset;
      taps[k] = windowed_sinc(t, kTaps / 2);
      sum += taps[k];
    }
    float magnitudes = 0;
    for (std::size_t k = 0; k < kTaps; ++k) {
      taps_[phase][k] = static_cast<float>(taps[k] / sum);  // unity gain at 0 Hz
      magnitudes += std::fabs(taps_[phase][k]);
    }
    overshoot_max_ = std::max(overshoot_max_, magnitudes);
  }
}

void TruePeakDetector::process(const StereoBlock& block, float ignore_below,
                               std::span<float, kBlockFrames> peaks) noexcept {
  float loudest = 0;
  for (std::size_t c = 0; c < kChannels; ++c) {
    auto& samples = channels_[c].samples;
    std::copy(samples.end() - kHistory, samples.end(), samples.begin());
    for (std::size_t i = 0; i < kBlockFrames; ++i) samples[kHistory + i] = block[2 * i + c];
    for (const float sample : samples) loudest = std::max(loudest, std::fabs(sample));
  }
  std::fill(peaks.begin(), peaks.end(), 0.0F);
  if (loudest * overshoot_max_ < kHidden * ignore_below) {
    for (Channel& channel : channels_) channel.last_quarter = 0.0F;
    return;
  }
  for (Channel& channel : channels_) scan(channel, ignore_below, peaks);
}

void TruePeakDetector::interpolate(const Channel& channel, std::size_t phase,
                                   Phase& out) const noexcept {
  const auto& taps = taps_[phase];
  for (std::size_t i = 0; i < kBlockFrames; i += 2 * kLanes) {
    Vector low{};
    Vector high{};
    for (std::size_t k = 0; k < kTaps; ++k) {
      const float* at = channel.samples.data() + i + k;
      low += taps[k] * load(at);
      high += taps[k] * load(at + kLanes);
    }
    std::memcpy(out.data() + i, &low, sizeof low);
    std::memcpy(out.data() + i + kLanes, &high, sizeof high);
  }
}

void TruePeakDetector::scan(Channel& channel, float ignore_below,
                            std::span<float, kBlockFrames> peaks) const noexcept {
  std::array<Phase, kPhases> between;
  for (std::size_t phase = 0; phase < kPhases; ++phase) {
    interpolate(channel, phase, between[phase]);
  }
  const float* const samples = channel.samples.data() + kTaps / 2 - 1;
  const float hidden_from = kHidden * ignore_below;
  for (std::size_t i = 0; i < kBlockFrames; ++i) {
    const float points[6] = {channel.last_quarter, samples[i],    between[0][i],
                             between[1][i],        between[2][i], samples[i + 1]};
    channel.last_quarter = points[4];
    float peak = 0;
    for (std::size_t k = 1; k < 5; ++k) peak = std::max(peak, std::fabs(points[k]));
    if (peak >= hidden_from) {
      for (std::size_t k = 1; k < 5; ++k) {
        const float sign = points[k] < 0 ? -1.0F : 1.0F;
        const float before = sign * points[k - 1];
        const float middle = sign * points[k];
        const float after = sign * points[k + 1];
        if (middle >= before && middle >= after) {
          peak = std::max(peak, crest(before, middle, after));
        }
      }
    }
    peaks[i] = std::max(peaks[i], peak);
  }
}

}  // namespace shelcaster::audio::detail
