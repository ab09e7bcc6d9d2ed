#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace shelcaster::audio::detail {

/// Four floats that are worked on at once. Vector types of GCC and Clang: the same source is SSE on
/// x86 and NEON on ARM.
using Lanes = float __attribute__((vector_size(16)));
using LanesBits = std::int32_t __attribute__((vector_size(16)));
inline constexpr std::size_t kLanes = 4;

inline Lanes load(const float* from) noexcept {
  Lanes lanes;
  std::memcpy(&lanes, from, sizeof lanes);
  return lanes;
}
inline void store(Lanes lanes, float* to) noexcept { std::memcpy(to, &lanes, sizeof lanes); }
inline Lanes all(float value) noexcept { return Lanes{value, value, value, value}; }

/// In a lane where one is not a number the second is taken.
inline Lanes larger(Lanes a, Lanes b) noexcept { return a > b ? a : b; }
inline Lanes smaller(Lanes a, Lanes b) noexcept { return a < b ? a : b; }
inline Lanes magnitude(Lanes lanes) noexcept {
  return reinterpret_cast<Lanes>(reinterpret_cast<LanesBits>(lanes) & 0x7fffffff);
}
inline float largest(Lanes lanes) noexcept {
  const Lanes pairs = larger(lanes, __builtin_shufflevector(lanes, lanes, 2, 3, 0, 1));
  return pairs[0] > pairs[1] ? pairs[0] : pairs[1];
}

}  // namespace shelcaster::audio::detail
