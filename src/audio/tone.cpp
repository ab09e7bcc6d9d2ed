#include "audio/tone.hpp"

#include <cmath>
#include <numbers>

#include "audio/db.hpp"
#include "base/time.hpp"

namespace shelcaster::audio {
namespace {

constexpr double kTwoPi = 2 * std::numbers::pi;
constexpr auto kRate = static_cast<double>(base::kSampleRate);

float goertzel_db(std::span<const float> samples, std::size_t first, std::size_t stride,
                  double frequency_hz) noexcept {
  const std::size_t frames = samples.size() / stride;
  if (frames < 2) return kSilenceDb;
  const double coefficient = 2 * std::cos(kTwoPi * frequency_hz / kRate);
  // The window's cosine by recurrence: cos((i+1)w) = 2 cos(w) cos(iw) − cos((i−1)w).
  const double window_step = kTwoPi / static_cast<double>(frames);
  const double window_coefficient = 2 * std::cos(window_step);
  double window_now = 1;
  double window_before = std::cos(window_step);
  double s1 = 0;
  double s2 = 0;
  for (std::size_t i = 0; i < frames; ++i) {
    const double weight = 0.5 - 0.5 * window_now;
    const double s0 =
        static_cast<double>(samples[i * stride + first]) * weight + coefficient * s1 - s2;
    s2 = s1;
    s1 = s0;
    const double window_after = window_coefficient * window_now - window_before;
    window_before = window_now;
    window_now = window_after;
  }
  const double power = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
  // A sine of amplitude 1 sums to frames/2, and the Hann window halves that.
  const double amplitude = std::sqrt(std::fmax(power, 0.0)) * 4 / static_cast<double>(frames);
  return linear_to_db(static_cast<float>(amplitude));
}

}  // namespace

Tone::Tone(double frequency_hz, float level_db) noexcept
    : step_(frequency_hz / kRate), amplitude_(db_to_linear(level_db)) {}

float Tone::next() noexcept {
  const auto sample = static_cast<float>(std::sin(kTwoPi * phase_));
  phase_ += step_;
  if (phase_ >= 1) phase_ -= 1;
  return amplitude_ * sample;
}

void Tone::fill(StereoBlock& block) noexcept {
  for (std::size_t i = 0; i < block.size(); i += 2) block[i] = block[i + 1] = next();
}

void Tone::fill(std::span<float> samples) noexcept {
  for (float& sample : samples) sample = next();
}

float tone_level_db(std::span<const float> mono, double frequency_hz) noexcept {
  return goertzel_db(mono, 0, 1, frequency_hz);
}

float tone_level_db(std::span<const float> stereo, std::size_t channel,
                    double frequency_hz) noexcept {
  return goertzel_db(stereo, channel, kChannels, frequency_hz);
}

}  // namespace shelcaster::audio
