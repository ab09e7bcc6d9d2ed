#include "rtc/jitter/time_scale.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace shelcaster::rtc {
namespace {

constexpr int kDecimation = 4;
constexpr int kOverlapFramesMax = 480;
constexpr int kMonoFramesMax = kLagFramesMax + kOverlapFramesMax;
constexpr float kSilentAmplitude = 0.001F;  // −60 dBFS

std::size_t index(int frame) { return static_cast<std::size_t>(frame); }

float correlation_at(const float* mono, int lag, int window) noexcept {
  float both = 0;
  float first = 0;
  float second = 0;
  for (int i = 0; i < window; ++i) {
    const float a = mono[i];
    const float b = mono[i + lag];
    both += a * b;
    first += a * a;
    second += b * b;
  }
  return both / std::sqrt(std::max(first * second, 1e-12F));
}

Likeness best_lag(const float* mono, int from, int to, int window) noexcept {
  Likeness best;
  for (int lag = from; lag <= to; ++lag) {
    const float correlation = correlation_at(mono, lag, window);
    if (correlation > best.correlation) {
      best.lag = lag;
      best.correlation = correlation;
    }
  }
  return best;
}

float mix(float from, float to, int at, int overlap) noexcept {
  const float weight = (static_cast<float>(at) + 0.5F) / static_cast<float>(overlap);
  return from + (to - from) * weight;
}

}  // namespace

Likeness find_lag(std::span<const float> pcm, int channels, int lag_max, int window) noexcept {
  lag_max = std::min(lag_max, kLagFramesMax);
  window = std::min(window, kOverlapFramesMax);
  const int frames = lag_max + window;
  if (lag_max < kLagFramesMin || index(channels * frames) > pcm.size()) return {};

  const auto considered = pcm.first(index(channels * frames));
  if (std::all_of(considered.begin(), considered.end(),
                  [](float sample) { return std::abs(sample) < kSilentAmplitude; })) {
    return {.lag = lag_max, .correlation = 1.0F, .is_silent = true};
  }

  std::array<float, kMonoFramesMax> mono;
  if (channels == 1) {
    std::copy(considered.begin(), considered.end(), mono.begin());
  } else {
    for (int i = 0; i < frames; ++i) {
      mono[index(i)] = 0.5F * (pcm[index(2 * i)] + pcm[index(2 * i + 1)]);
    }
  }
  // Coarse at a quarter of the rate, then fine around what was found: a twentieth of the work.
  std::array<float, kMonoFramesMax / kDecimation> coarse;
  for (int i = 0; i < frames / kDecimation; ++i) {
    const std::size_t at = index(i * kDecimation);
    coarse[index(i)] = 0.25F * (mono[at] + mono[at + 1] + mono[at + 2] + mono[at + 3]);
  }
  const Likeness rough = best_lag(coarse.data(), kLagFramesMin / kDecimation, lag_max / kDecimation,
                                  window / kDecimation);
  const int near = rough.lag * kDecimation;
  const int from = std::max(kLagFramesMin, near - kDecimation);
  const int to = std::min(lag_max, near + kDecimation);
  return best_lag(mono.data(), from, to, window);
}

int remove_lag(std::span<float> pcm, int channels, int frames, int lag, int overlap) noexcept {
  for (int i = 0; i < overlap; ++i) {
    for (int c = 0; c < channels; ++c) {
      float& at = pcm[index(channels * i + c)];
      at = mix(at, pcm[index(channels * (i + lag) + c)], i, overlap);
    }
  }
  const auto begin = pcm.begin();
  std::copy(begin + channels * (lag + overlap), begin + channels * frames,
            begin + channels * overlap);
  return frames - lag;
}

int insert_lag(std::span<float> pcm, int channels, int frames, int lag, int overlap) noexcept {
  std::array<float, 2 * kOverlapFramesMax> bridge;
  overlap = std::min(overlap, kOverlapFramesMax);
  for (int i = 0; i < overlap; ++i) {
    for (int c = 0; c < channels; ++c) {
      bridge[index(channels * i + c)] =
          mix(pcm[index(channels * (lag + i) + c)], pcm[index(channels * i + c)], i, overlap);
    }
  }
  const auto begin = pcm.begin();
  std::copy_backward(begin + channels * overlap, begin + channels * frames,
                     begin + channels * (frames + lag));
  std::copy(bridge.begin(), bridge.begin() + channels * overlap, begin + channels * lag);
  return frames + lag;
}

}  // namespace shelcaster::rtc
