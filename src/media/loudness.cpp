#include "media/loudness.hpp"

#include <ebur128.h>

#include <algorithm>
#include <cmath>
#include <new>

namespace shelcaster::media {
namespace {

constexpr unsigned kChannels = 2;
constexpr unsigned long kRate = 48'000;
constexpr double kSilentDb = -120.0;

}  // namespace

struct LoudnessMeasurement::State {
  explicit State(Peak peak)
      : meter(ebur128_init(kChannels, kRate,
                           EBUR128_MODE_I | EBUR128_MODE_HISTOGRAM |
                               (peak == Peak::kTrue ? EBUR128_MODE_TRUE_PEAK : 0))) {
    // The histogram keeps the memory of a 12-hour file constant.
    if (meter == nullptr) throw std::bad_alloc();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { ebur128_destroy(&meter); }

  ebur128_state* meter;
};

LoudnessMeasurement::LoudnessMeasurement(Peak peak) : state_(std::make_unique<State>(peak)) {}
LoudnessMeasurement::LoudnessMeasurement(LoudnessMeasurement&&) noexcept = default;
LoudnessMeasurement& LoudnessMeasurement::operator=(LoudnessMeasurement&&) noexcept = default;
LoudnessMeasurement::~LoudnessMeasurement() = default;

void LoudnessMeasurement::add(std::span<const float> interleaved) {
  if (ebur128_add_frames_float(state_->meter, interleaved.data(), interleaved.size() / kChannels) !=
      EBUR128_SUCCESS) {
    throw std::bad_alloc();
  }
}

std::optional<double> LoudnessMeasurement::integrated_lufs() const {
  double lufs = 0;
  if (ebur128_loudness_global(state_->meter, &lufs) != EBUR128_SUCCESS || !std::isfinite(lufs)) {
    return std::nullopt;
  }
  return lufs;
}

double LoudnessMeasurement::true_peak_db() const {
  double highest = 0;
  for (unsigned channel = 0; channel < kChannels; ++channel) {
    double peak = 0;
    if (ebur128_true_peak(state_->meter, channel, &peak) == EBUR128_SUCCESS) {
      highest = std::max(highest, peak);
    }
  }
  return highest > 0 ? std::max(kSilentDb, 20.0 * std::log10(highest)) : kSilentDb;
}

}  // namespace shelcaster::media
