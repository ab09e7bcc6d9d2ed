#pragma once

#include "audio/detail/lanes.hpp"

namespace shelcaster::audio::detail {

/// 20 · log10 of four levels, each a normal number above 0; within 1e-5 dB. 2^e · m with m about 1:
/// log2 m = 2 / ln 2 · artanh((m − 1) / (m + 1)), of which four terms of the series do.
inline Lanes to_db(Lanes levels) noexcept {
  constexpr std::int32_t kSqrtHalf = 0x3f3504f3;  // m runs from √½ to √2
  const LanesBits bits = reinterpret_cast<LanesBits>(levels);
  const LanesBits exponent = (bits - kSqrtHalf) >> 23;
  const Lanes mantissa = reinterpret_cast<Lanes>(bits - (exponent << 23));
  const Lanes s = (mantissa - 1.0F) / (mantissa + 1.0F);
  const Lanes square = s * s;
  const Lanes series = s * (1.0F + square * (1.0F / 3 + square * (1.0F / 5 + square * (1.0F / 7))));
  constexpr float kDbPerOctave = 6.0205999F;
  constexpr float kDbPerArtanh = 17.371779F;  // 40 / ln 10
  return kDbPerOctave * __builtin_convertvector(exponent, Lanes) + kDbPerArtanh * series;
}

/// The factors of four levels in dB, each −400 … 400; relative error below 1e-6. 2^(n + f) with f
/// from −½ to ½: Taylor's series of 2^f to the sixth power.
inline Lanes from_db(Lanes db) noexcept {
  constexpr float kOctavesPerDb = 0.16609640F;
  constexpr float kLn2 = 0.69314718F;
  const Lanes octaves = db * kOctavesPerDb;
  const Lanes half = octaves < 0.0F ? all(-0.5F) : all(0.5F);
  const LanesBits whole = __builtin_convertvector(octaves + half, LanesBits);
  const Lanes x = kLn2 * (octaves - __builtin_convertvector(whole, Lanes));
  const Lanes series =
      1.0F +
      x * (1.0F +
           x * (1.0F / 2 + x * (1.0F / 6 + x * (1.0F / 24 + x * (1.0F / 120 + x * (1.0F / 720))))));
  return series * reinterpret_cast<Lanes>((whole + 127) << 23);
}

}  // namespace shelcaster::audio::detail
