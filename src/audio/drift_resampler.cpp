#include "audio/drift_resampler.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

namespace shelcaster::audio {
namespace {

constexpr int kPhases = 256;
constexpr int kTaps = 32;
constexpr double kKaiserBeta = 9.0;
constexpr double kPpmMin = 2.0;
constexpr double kPpmPerBlock = 20.0;

/// Row p delays by p / 256 of a frame. One row more than phases, to interpolate towards.
using Table = std::array<std::array<float, kTaps>, kPhases + 1>;

double bessel_i0(double x) {
  double term = 1;
  double sum = 1;
  for (int k = 1; k < 40; ++k) {
    term *= (x / (2 * k)) * (x / (2 * k));
    sum += term;
  }
  return sum;
}

Table make_table() {
  Table table{};
  for (int p = 0; p <= kPhases; ++p) {
    std::array<double, kTaps> row{};
    double sum = 0;
    for (int t = 0; t < kTaps; ++t) {
      const double x = t - (kTaps / 2 - 1) - static_cast<double>(p) / kPhases;
      const double edge = std::clamp(x / (kTaps / 2.0), -1.0, 1.0);
      const double sinc = x == 0 ? 1.0 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
      const double window = bessel_i0(kKaiserBeta * std::sqrt(1 - edge * edge));
      row[static_cast<std::size_t>(t)] = sinc * window;
      sum += row[static_cast<std::size_t>(t)];
    }
    for (std::size_t t = 0; t < kTaps; ++t) {
      table[static_cast<std::size_t>(p)][t] = static_cast<float>(row[t] / sum);
    }
  }
  return table;
}

const Table& filters() {
  static const Table table = make_table();
  return table;
}

using Lanes [[gnu::vector_size(16)]] = float;
constexpr std::size_t kLanes = 4;

Lanes load(const float* from) noexcept {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}

}  // namespace

// The table is made here, so that process() never waits for it.
DriftResampler::DriftResampler() noexcept { (void)filters(); }

void DriftResampler::clear() noexcept {
  for (auto& plane : planes_) plane.fill(0.0F);
  phase_ = 0;
  plan();
}

void DriftResampler::set_channels(int channels) noexcept {
  if (channels_ == 1 && channels == 2) planes_[1] = planes_[0];
  channels_ = channels;
}

void DriftResampler::set_speed_ppm(double ppm) noexcept {
  wanted_ppm_ = std::abs(ppm) < kPpmMin ? 0.0 : std::clamp(ppm, -kPpmMax, kPpmMax);
}

void DriftResampler::plan() noexcept {
  double ppm = std::clamp(wanted_ppm_, speed_ppm_ - kPpmPerBlock, speed_ppm_ + kPpmPerBlock);
  step_ = 1 + ppm * 1e-6;
  double end = phase_ + kBlockFrames * step_;
  const bool is_returning = wanted_ppm_ == 0 && phase_ != 0 && std::abs(ppm) <= kPpmPerBlock;
  if (is_returning) {
    // To the nearer whole frame, and no further.
    const double whole = phase_ < 0.5 ? 0.0 : 1.0;
    constexpr double kFarthest = kBlockFrames * kPpmPerBlock * 1e-6;
    const double distance = std::clamp(whole - phase_, -kFarthest, kFarthest);
    ppm = distance / kBlockFrames * 1e6;
    step_ = 1 + distance / kBlockFrames;
    end = phase_ + kBlockFrames + distance;
    if (std::abs(whole - phase_ - distance) < 1e-9) end = kBlockFrames + whole;
  }
  speed_ppm_ = ppm;
  if (wanted_ppm_ == 0 && phase_ == 0 && std::abs(ppm) <= kPpmPerBlock) {
    speed_ppm_ = 0;
    step_ = 1;
    end = kBlockFrames;
  }
  needed_ = static_cast<int>(std::floor(end));
  next_phase_ = end - needed_;
}

void DriftResampler::process(std::span<const float> in, std::span<float> out) noexcept {
  const auto channels = static_cast<std::size_t>(channels_);
  const auto frames = static_cast<std::size_t>(needed_);
  for (std::size_t c = 0; c < channels; ++c) {
    float* const plane = planes_[c].data() + kTaps;
    for (std::size_t i = 0; i < frames; ++i) plane[i] = in[i * channels + c];
  }
  if (is_copying()) {
    for (std::size_t c = 0; c < channels; ++c) {
      const float* const from = planes_[c].data() + kTaps / 2 - 1;
      for (std::size_t i = 0; i < kBlockFrames; ++i) out[i * channels + c] = from[i];
    }
  } else {
    filter(out);
  }
  for (std::size_t c = 0; c < channels; ++c) {
    std::memmove(planes_[c].data(), planes_[c].data() + frames, kTaps * sizeof(float));
  }
  phase_ = next_phase_;
  plan();
}

void DriftResampler::filter(std::span<float> out) noexcept {
  const Table& table = filters();
  const auto channels = static_cast<std::size_t>(channels_);
  for (int i = 0; i < kBlockFrames; ++i) {
    const double at = phase_ + i * step_;
    const auto frame = static_cast<std::size_t>(at);
    const double row = (at - static_cast<double>(frame)) * kPhases;
    const auto index = static_cast<std::size_t>(row);
    const auto weight = static_cast<float>(row - static_cast<double>(index));
    const float* const low = table[index].data();
    const float* const high = table[index + 1].data();
    std::array<Lanes, 2> sums{};
    for (std::size_t t = 0; t < kTaps; t += kLanes) {
      const Lanes first = load(low + t);
      const Lanes taps = first + (load(high + t) - first) * weight;
      for (std::size_t c = 0; c < channels; ++c) {
        sums[c] += taps * load(planes_[c].data() + frame + t);
      }
    }
    for (std::size_t c = 0; c < channels; ++c) {
      out[static_cast<std::size_t>(i) * channels + c] =
          (sums[c][0] + sums[c][1]) + (sums[c][2] + sums[c][3]);
    }
  }
}

}  // namespace shelcaster::audio
