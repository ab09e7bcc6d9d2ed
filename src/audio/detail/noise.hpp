#pragma once

#include <cstdint>

namespace shelcaster::audio::detail {

/// White noise and dice for the generators: a 64-bit LCG (Knuth's MMIX constants), its upper bits.
/// The same seed gives the same sound on every machine.
class Noise {
 public:
  explicit Noise(std::uint64_t seed) noexcept : state_(seed * 0x9e3779b97f4a7c15ULL + 1) {
    for (int i = 0; i < 4; ++i) (void)next();
  }

  /// Uniform in [−1, 1).
  float bipolar() noexcept {
    return static_cast<float>(static_cast<std::int32_t>(next())) * (1.0F / 2147483648.0F);
  }
  /// Uniform in [low, high).
  float between(float low, float high) noexcept {
    return low + (high - low) * (0.5F + 0.5F * bipolar());
  }
  /// Uniform in 0 … count − 1.
  std::uint32_t below(std::uint32_t count) noexcept {
    return static_cast<std::uint32_t>(std::uint64_t{next()} * count >> 32U);
  }

 private:
  std::uint32_t next() noexcept {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<std::uint32_t>(state_ >> 32U);
  }

  std::uint64_t state_;
};

}  // namespace shelcaster::audio::detail
