#pragma once

#include <cmath>

namespace shelcaster::audio {

/// What silence reads as: finite, so that it can be sent as JSON and drawn.
inline constexpr float kSilenceDb = -120.0F;

/// Amplitude ratio of a level in dB.
inline float db_to_linear(float db) noexcept { return std::pow(10.0F, db * 0.05F); }

/// Level in dB of an amplitude; never below kSilenceDb, whatever the amplitude.
inline float linear_to_db(float linear) noexcept {
  return linear > 1e-6F ? 20.0F * std::log10(linear) : kSilenceDb;
}

/// Level in dB of a power (mean square).
inline float power_to_db(double power) noexcept {
  return power > 1e-12 ? static_cast<float>(10.0 * std::log10(power)) : kSilenceDb;
}

}  // namespace shelcaster::audio
