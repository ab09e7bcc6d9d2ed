#include "media/track_loudness.hpp"

#include <ebur128.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <new>
#include <utility>

namespace shelcaster::media {
namespace {

constexpr unsigned kChannels = 2;
constexpr unsigned long kRate = 48'000;
constexpr std::size_t kPieceFrames = kRate / 10;
constexpr std::size_t kPiecesOfBlock = 4;
constexpr double kSilentDb = -120.0;
// BS.1770-4: blocks below -70 LUFS don't count, nor those 10 LU below the mean of the others.
constexpr double kAbsoluteGateLufs = -70.0;
constexpr double kRelativeGate = 0.1;
/// A block so far above what is about it is damage, if it is one of few.
constexpr float kSpikeRatio = 10.0F;
constexpr std::size_t kSpikeReach = 9;  // blocks on each side
constexpr std::size_t kSpikesMin = 20;
constexpr std::size_t kSpikesShare = 50;
/// The highest pieces don't count for the peak when they tower over the next ones.
constexpr float kTowering = 1.41F;  // 3 dB
constexpr std::size_t kTowersShare = 100;
constexpr std::size_t kTowersMin = 2;
constexpr std::size_t kTowersMax = 30;

double lufs_of(double energy) { return 10.0 * std::log10(energy) - 0.691; }
double energy_of(double lufs) { return std::pow(10.0, (lufs + 0.691) / 10.0); }

double mean_above(std::span<const float> energies, double gate) {
  double sum = 0;
  std::size_t count = 0;
  for (const float energy : energies) {
    const auto one = static_cast<double>(energy);
    if (one < gate) continue;
    sum += one;
    ++count;
  }
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

std::optional<double> gated_lufs(std::span<const float> energies) {
  const double absolute = energy_of(kAbsoluteGateLufs);
  const double all = mean_above(energies, absolute);
  if (all <= 0) return std::nullopt;
  return lufs_of(mean_above(energies, std::max(absolute, all * kRelativeGate)));
}

std::vector<float> without_spikes(const std::vector<float>& energies) {
  std::array<float, 2 * kSpikeReach + 1> about{};
  std::vector<float> kept;
  kept.reserve(energies.size());
  for (std::size_t i = 0; i < energies.size(); ++i) {
    const std::size_t first = i < kSpikeReach ? 0 : i - kSpikeReach;
    const std::size_t last = std::min(i + kSpikeReach + 1, energies.size());
    const auto end = std::copy(energies.begin() + static_cast<std::ptrdiff_t>(first),
                               energies.begin() + static_cast<std::ptrdiff_t>(last), about.begin());
    const auto middle = about.begin() + (end - about.begin()) / 2;
    std::nth_element(about.begin(), middle, end);
    if (energies[i] <= *middle * kSpikeRatio) kept.push_back(energies[i]);
  }
  const std::size_t dropped = energies.size() - kept.size();
  const bool are_few = dropped <= std::max(kSpikesMin, energies.size() / kSpikesShare);
  return are_few ? kept : energies;
}

float robust_peak(std::vector<float> peaks) {
  if (peaks.empty()) return 0;
  const float highest = *std::ranges::max_element(peaks);
  const std::size_t rank = std::clamp(peaks.size() / kTowersShare, kTowersMin, kTowersMax);
  if (rank >= peaks.size()) return highest;
  const auto at = peaks.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(peaks.begin(), at, peaks.end(), std::greater<>());
  return highest > *at * kTowering ? *at : highest;
}

}  // namespace

struct TrackLoudness::State {
  State() : meter(ebur128_init(kChannels, kRate, EBUR128_MODE_M | EBUR128_MODE_TRUE_PEAK)) {
    if (meter == nullptr) throw std::bad_alloc();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { ebur128_destroy(&meter); }

  ebur128_state* meter;
};

TrackLoudness::TrackLoudness() : state_(std::make_unique<State>()) {}
TrackLoudness::~TrackLoudness() = default;

void TrackLoudness::add(std::span<const float> interleaved) {
  while (!interleaved.empty()) {
    const std::size_t frames =
        std::min(interleaved.size() / kChannels, kPieceFrames - piece_frames_);
    add_piece(interleaved.first(frames * kChannels));
    interleaved = interleaved.subspan(frames * kChannels);
  }
}

void TrackLoudness::add_piece(std::span<const float> interleaved) {
  const std::size_t frames = interleaved.size() / kChannels;
  if (ebur128_add_frames_float(state_->meter, interleaved.data(), frames) != EBUR128_SUCCESS) {
    throw std::bad_alloc();
  }
  for (unsigned channel = 0; channel < kChannels; ++channel) {
    double peak = 0;
    if (ebur128_prev_true_peak(state_->meter, channel, &peak) == EBUR128_SUCCESS) {
      piece_peak_ = std::max(piece_peak_, static_cast<float>(peak));
    }
  }
  piece_frames_ += frames;
  if (piece_frames_ < kPieceFrames) return;
  piece_frames_ = 0;
  peaks_.push_back(std::exchange(piece_peak_, 0.0F));
  double lufs = 0;
  if (peaks_.size() < kPiecesOfBlock ||
      ebur128_loudness_momentary(state_->meter, &lufs) != EBUR128_SUCCESS) {
    return;
  }
  energies_.push_back(std::isfinite(lufs) ? static_cast<float>(energy_of(lufs)) : 0.0F);
}

TrackLoudness::Measure TrackLoudness::measure() const {
  std::vector<float> peaks = peaks_;
  if (piece_frames_ > 0) peaks.push_back(piece_peak_);
  const auto peak = static_cast<double>(robust_peak(std::move(peaks)));
  Measure measure;
  measure.true_peak_db = peak > 0 ? std::max(kSilentDb, 20.0 * std::log10(peak)) : kSilentDb;
  measure.lufs = gated_lufs(without_spikes(energies_));
  // A single sound in silence stands out, but there is nothing else.
  if (!measure.lufs) measure.lufs = gated_lufs(energies_);
  return measure;
}

}  // namespace shelcaster::media
