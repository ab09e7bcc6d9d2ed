#include "audio/drift_resampler.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>

namespace shelcaster::audio {
namespace {

constexpr int kPhases = 128;
constexpr double kKaiserBeta = 8.0;
constexpr double kPpmMin = 2.0;
constexpr double kPpmPerBlock = 20.0;

/// Filters are fixed at both ends of a piece, and go straight from one to the other in between. At
/// 200 ppm that is a hundredth of a frame.
constexpr int kPieceFrames = 48;
/// A piece that begins near a whole frame may end beyond it: it has rows there, too.
constexpr int kPhasesBeyond = 16;
static_assert(kPieceFrames * DriftResampler::kPpmMax * 1e-6 * kPhases < kPhasesBeyond);

using Taps = std::array<float, DriftResampler::kTaps>;
/// Row r delays by (r - kPhasesBeyond) / kPhases of a frame. One row more, to interpolate towards.
using Table = std::array<Taps, kPhases + 2 * kPhasesBeyond + 1>;

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
  constexpr int kTaps = DriftResampler::kTaps;
  Table table{};
  for (std::size_t r = 0; r < table.size(); ++r) {
    const double delay = (static_cast<double>(r) - kPhasesBeyond) / kPhases;
    std::array<double, kTaps> row{};
    double sum = 0;
    for (int t = 0; t < kTaps; ++t) {
      const double x = t - (kTaps / 2 - 1) - delay;
      const double edge = std::clamp(x / (kTaps / 2.0), -1.0, 1.0);
      const double sinc = x == 0 ? 1.0 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
      const double window = bessel_i0(kKaiserBeta * std::sqrt(1 - edge * edge));
      row[static_cast<std::size_t>(t)] = sinc * window;
      sum += row[static_cast<std::size_t>(t)];
    }
    for (std::size_t t = 0; t < kTaps; ++t) table[r][t] = static_cast<float>(row[t] / sum);
  }
  return table;
}

const Table& filters() {
  static const Table table = make_table();
  return table;
}

/// That delays by `delay` of a frame.
Taps taps_at(double delay) noexcept {
  const double row = delay * kPhases + kPhasesBeyond;
  const auto index = static_cast<std::size_t>(row);
  const auto weight = static_cast<float>(row - static_cast<double>(index));
  const Taps& low = filters()[index];
  const Taps& high = filters()[index + 1];
  Taps taps;
  for (std::size_t t = 0; t < taps.size(); ++t) taps[t] = low[t] + (high[t] - low[t]) * weight;
  return taps;
}

/// At a time: their two sums each fit into the processor's registers.
constexpr std::size_t kRunFrames = 24;
static_assert(kPieceFrames % kRunFrames == 0);

/// A piece by `taps`, and by `slopes` more with every frame of it. `Lanes` is a vector of floats.
template <typename Lanes>
[[gnu::always_inline]] inline void filter_piece(const float* in, const Taps& taps,
                                                const Taps& slopes, float* out) noexcept {
  constexpr std::size_t kLanes = sizeof(Lanes) / sizeof(float);
  constexpr std::size_t kVectors = kRunFrames / kLanes;
  Lanes frame;
  for (std::size_t lane = 0; lane < kLanes; ++lane) frame[lane] = static_cast<float>(lane);
  for (std::size_t run = 0; run < kPieceFrames; run += kRunFrames) {
    Lanes levels[kVectors] = {};
    Lanes rises[kVectors] = {};
    for (std::size_t t = 0; t < taps.size(); ++t) {
      for (std::size_t v = 0; v < kVectors; ++v) {
        Lanes samples;
        std::memcpy(&samples, in + run + t + v * kLanes, sizeof samples);
        levels[v] += taps[t] * samples;
        rises[v] += slopes[t] * samples;
      }
    }
    for (std::size_t v = 0; v < kVectors; ++v) {
      levels[v] += frame * rises[v];
      std::memcpy(out + run + v * kLanes, &levels[v], sizeof(Lanes));
      frame += static_cast<float>(kLanes);
    }
  }
}

using Lanes4 [[gnu::vector_size(16)]] = float;
using FilterPiece = void (*)(const float*, const Taps&, const Taps&, float*) noexcept;

void filter_piece_anywhere(const float* in, const Taps& taps, const Taps& slopes,
                           float* out) noexcept {
  filter_piece<Lanes4>(in, taps, slopes, out);
}

#if defined(__x86_64__)
using Lanes8 [[gnu::vector_size(32)]] = float;

/// In half the time, and without fused multiplication: the same to the last bit.
[[gnu::target("avx2")]] void filter_piece_by_avx2(const float* in, const Taps& taps,
                                                  const Taps& slopes, float* out) noexcept {
  filter_piece<Lanes8>(in, taps, slopes, out);
}

FilterPiece best_filter_piece() noexcept {
  return __builtin_cpu_supports("avx2") ? filter_piece_by_avx2 : filter_piece_anywhere;
}
#else
FilterPiece best_filter_piece() noexcept { return filter_piece_anywhere; }
#endif

/// One of every so many samples to one of every so many.
void copy_channel(const float* from, std::size_t from_every, float* to, std::size_t to_every,
                  std::size_t frames) noexcept {
  if (from_every == to_every) {
    std::memcpy(to, from, frames * sizeof(float));
    return;
  }
  for (std::size_t i = 0; i < frames; ++i) to[i * to_every] = from[i * from_every];
}

bool is_silence(std::span<const float> samples) noexcept {
  return std::ranges::all_of(samples, [](float sample) { return sample == 0.0F; });
}

}  // namespace

// The table is made here, so that process() never waits for it.
DriftResampler::DriftResampler() noexcept { (void)filters(); }

void DriftResampler::clear() noexcept {
  for (auto& plane : planes_) plane.fill(0.0F);
  is_silent_ = true;
  phase_ = 0;
  plan();
}

void DriftResampler::save(base::StateWriter& to) const noexcept {
  to.put(channels_);
  to.put(wanted_ppm_);
  to.put(speed_ppm_);
  to.put(phase_);
  to.put(step_);
  to.put(needed_);
  to.put(next_phase_);
  to.put(is_silent_);
  for (const auto& plane : planes_) to.put_all(std::span(plane).first(kTaps));
}

void DriftResampler::restore(base::StateReader& from) noexcept {
  from.get(channels_);
  from.get(wanted_ppm_);
  from.get(speed_ppm_);
  from.get(phase_);
  from.get(step_);
  from.get(needed_);
  from.get(next_phase_);
  from.get(is_silent_);
  for (auto& plane : planes_) from.get_all(std::span(plane).first(kTaps));
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
  const bool was_silent = is_silent_;
  is_silent_ = is_silence(in.first(frames * channels));
  made_sound_ = !was_silent || !is_silent_;
  if (!made_sound_) {
    std::ranges::fill(out, 0.0F);
  } else {
    for (std::size_t c = 0; c < channels; ++c) {
      float* const plane = planes_[c].data();
      copy_channel(in.data() + c, channels, plane + kTaps, 1, frames);
      std::array<float, kBlockFrames> made;
      if (!is_copying()) filter(plane, made);
      const float* const from = is_copying() ? plane + kTaps / 2 - 1 : made.data();
      copy_channel(from, 1, out.data() + c, channels, kBlockFrames);
      std::memmove(plane, plane + frames, kTaps * sizeof(float));
    }
  }
  phase_ = next_phase_;
  plan();
}

void DriftResampler::filter(const float* plane, std::span<float, kBlockFrames> out) const noexcept {
  const FilterPiece filter_piece = best_filter_piece();
  double at = phase_;
  for (std::size_t i = 0; i < out.size(); i += kPieceFrames) {
    const double end = phase_ + static_cast<double>(i + kPieceFrames) * step_;
    const double frame = std::floor(at);
    const Taps taps = taps_at(at - frame);
    Taps slopes = taps_at(end - kPieceFrames - frame);
    for (std::size_t t = 0; t < slopes.size(); ++t) {
      slopes[t] = (slopes[t] - taps[t]) * (1.0F / kPieceFrames);
    }
    const float* const in = plane + static_cast<std::size_t>(frame);
    filter_piece(in, taps, slopes, out.data() + i);
    at = end;
  }
}

}  // namespace shelcaster::audio
