#pragma once

#include <array>
#include <cstddef>

#include "audio/block.hpp"

namespace shelcaster::audio {

/// Peak, RMS and clip of one signal, the louder channel counting. Full-scale sine: peak 0 dBFS, RMS
/// −3.01. Peak rises at once and falls at 20 dB/s; RMS is over the last 300 ms; clip (a sample at
/// or beyond ±1) is held for one second.
class LevelMeter {
 public:
  void process(const StereoBlock& block) noexcept;
  /// The same as a block of zeros, cheaper.
  void process_silence() noexcept;
  void reset() noexcept { *this = LevelMeter(); }

  [[nodiscard]] float peak_db() const noexcept;
  [[nodiscard]] float rms_db() const noexcept;
  [[nodiscard]] bool clip() const noexcept { return clip_blocks_left_ > 0; }

 private:
  static constexpr std::size_t kWindowBlocks = 30;

  void advance(float peak, float left_power, float right_power) noexcept;

  float peak_ = 0.0F;
  int clip_blocks_left_ = 0;
  std::size_t next_ = 0;
  std::array<float, kWindowBlocks> left_power_{};  // mean square per block
  std::array<float, kWindowBlocks> right_power_{};
};

}  // namespace shelcaster::audio
