#include "audio/compressor.hpp"

#include <algorithm>
#include <cmath>

#include "audio/db.hpp"

namespace shelcaster::audio {
namespace {

constexpr float kKneeDb = 6.0F;
// One-pole coefficients exp(−1 / (seconds · 48 000)), to 7 digits.
constexpr float kAttack = 0.9979188F;   // 10 ms
constexpr float kRelease = 0.9998611F;  // 150 ms
constexpr float kNothingDb = 1e-4F;

}  // namespace

void Compressor::set(const CompressorSettings& settings) noexcept {
  settings_ = settings;
  knee_start_ = db_to_linear(settings.threshold_db - kKneeDb / 2);
  slope_ = settings.enabled ? 1.0F - 1.0F / std::max(settings.ratio, 1.0F) : 0.0F;
}

float Compressor::wanted_reduction_db(float level) const noexcept {
  if (level <= knee_start_ || slope_ == 0.0F) return 0.0F;
  const float over_db = linear_to_db(level) - settings_.threshold_db;
  if (over_db >= kKneeDb / 2) return slope_ * over_db;
  const float into_knee_db = std::max(over_db + kKneeDb / 2, 0.0F);
  return slope_ * into_knee_db * into_knee_db / (2 * kKneeDb);
}

void Compressor::process(StereoBlock& block) noexcept {
  for (std::size_t i = 0; i < block.size(); i += 2) {
    const float level = std::max(std::fabs(block[i]), std::fabs(block[i + 1]));
    const float wanted_db = wanted_reduction_db(level);
    held_db_ = std::max(wanted_db, kRelease * held_db_ + (1.0F - kRelease) * wanted_db);
    smoothed_db_ = kAttack * smoothed_db_ + (1.0F - kAttack) * held_db_;
    if (smoothed_db_ < kNothingDb) {
      // Below what can be heard or measured: also keeps the filters out of denormals.
      if (held_db_ < kNothingDb) held_db_ = smoothed_db_ = 0.0F;
      continue;
    }
    const float gain = db_to_linear(-smoothed_db_);
    block[i] *= gain;
    block[i + 1] *= gain;
  }
}

}  // namespace shelcaster::audio
