#pragma once

#include <array>
#include <cstddef>

#include "audio/block.hpp"

namespace shelcaster::audio {

/// What one block has, found in one pass.
struct BlockLevel {
  float peak = 0.0F;  // magnitude; samples that are not numbers don't count
  float left_power = 0.0F;
  float right_power = 0.0F;  // mean squares; not finite if a sample is not
};
[[nodiscard]] BlockLevel measure(const StereoBlock& block) noexcept;

/// Peak, RMS and clip of one signal, the louder channel counting. Full-scale sine: peak 0 dBFS, RMS
/// −3.01. Peak rises at once and falls at 20 dB/s; RMS is over the last 300 ms; clip (a sample at
/// or beyond ±1) is held for one second.
class LevelMeter {
 public:
  void process(const StereoBlock& block) noexcept { process(measure(block)); }
  void process(const BlockLevel& level) noexcept;
  /// The same as a block of zeros, cheaper.
  void process_silence() noexcept;
  void reset() noexcept { *this = LevelMeter(); }

  [[nodiscard]] float peak_db() const noexcept;
  [[nodiscard]] float rms_db() const noexcept;
  [[nodiscard]] bool clip() const noexcept { return clip_blocks_left_ > 0; }
  /// True if there was only silence for so long that more of it changes nothing.
  [[nodiscard]] bool is_at_rest() const noexcept {
    return peak_ == 0.0F && clip_blocks_left_ == 0 && silent_blocks_ >= kWindowBlocks;
  }

 private:
  static constexpr std::size_t kWindowBlocks = 30;

  float peak_ = 0.0F;
  int clip_blocks_left_ = 0;
  std::size_t silent_blocks_ = kWindowBlocks;
  std::size_t next_ = 0;
  std::array<float, kWindowBlocks * kChannels> powers_{};  // mean squares per block, left, right
};

}  // namespace shelcaster::audio
