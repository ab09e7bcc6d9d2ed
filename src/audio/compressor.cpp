#include "audio/compressor.hpp"

#include <algorithm>
#include <cmath>

#include "audio/db.hpp"
#include "audio/detail/decibel_lanes.hpp"
#include "audio/detail/gain_curve.hpp"

namespace shelcaster::audio {
namespace {

using detail::Curve;
using detail::kLanes;
using detail::Lanes;

constexpr float kKneeDb = 6.0F;
// One-pole coefficients exp(−4 / (seconds · 48 000)): a step is four frames.
constexpr float kAttack = 0.9917013F;   // 10 ms
constexpr float kRelease = 0.9994446F;  // 150 ms
constexpr float kNothingDb = 1e-4F;

}  // namespace

void Compressor::set(const CompressorSettings& settings) noexcept {
  settings_ = settings;
  knee_start_ = db_to_linear(settings.threshold_db - kKneeDb / 2);
  slope_ = settings.enabled ? 1.0F - 1.0F / std::max(settings.ratio, 1.0F) : 0.0F;
}

void Compressor::process(StereoBlock& block) noexcept {
  Curve curve;  // peaks, then the reduction that they want, then what they get, then gains
  const float loudest = detail::find_peaks(block, curve);
  if ((loudest <= knee_start_ || slope_ == 0.0F) && is_at_rest()) return;
  want_reduction(curve);
  for (float& reduction_db : curve) {
    const float wanted_db = reduction_db;
    held_db_ = std::max(wanted_db, kRelease * held_db_ + (1.0F - kRelease) * wanted_db);
    smoothed_db_ = kAttack * smoothed_db_ + (1.0F - kAttack) * held_db_;
    reduction_db = smoothed_db_;
  }
  for (std::size_t k = 0; k < curve.size(); k += kLanes) {
    float* const at = curve.data() + k;
    detail::store(detail::from_db(-detail::load(at)), at);
  }
  detail::apply_gains(gain_, curve, block);
  gain_ = curve.back();
  if (smoothed_db_ < kNothingDb && held_db_ < kNothingDb) {  // can't be heard or measured
    held_db_ = smoothed_db_ = 0.0F;
    gain_ = 1.0F;
  }
}

/// From levels to the dB by which each shall be turned down in the long run.
void Compressor::want_reduction(Curve& curve) const noexcept {
  const Lanes knee_start = detail::all(knee_start_);
  for (std::size_t k = 0; k < curve.size(); k += kLanes) {
    float* const at = curve.data() + k;
    const Lanes level = detail::larger(detail::load(at), knee_start);
    const Lanes into_knee_db = detail::to_db(level) - (settings_.threshold_db - kKneeDb / 2);
    const Lanes in_knee_db = detail::smaller(into_knee_db, detail::all(kKneeDb));
    const Lanes beyond_db = into_knee_db - in_knee_db;
    detail::store(slope_ * (in_knee_db * in_knee_db * (0.5F / kKneeDb) + beyond_db), at);
  }
}

}  // namespace shelcaster::audio
