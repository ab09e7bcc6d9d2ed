#pragma once

#include <array>
#include <cstddef>

#include "audio/block.hpp"

namespace shelcaster::audio {

/// Momentary loudness of a stereo signal (ITU-R BS.1770-4: K-weighting, ungated, over 400 ms). A
/// 997 Hz sine at 0 dBFS in one channel reads −3.01 LUFS.
class LoudnessMeter {
 public:
  void process(const StereoBlock& block) noexcept;
  /// Never below −120.
  [[nodiscard]] float momentary_lufs() const noexcept;

 private:
  static constexpr std::size_t kWindowBlocks = 40;

  struct Biquad {  // transposed direct form II
    double z1 = 0;
    double z2 = 0;
  };

  std::array<Biquad, kChannels> shelf_{};
  std::array<Biquad, kChannels> high_pass_{};
  std::array<double, kWindowBlocks> power_{};  // sum over channels of the mean square per block
  std::size_t next_ = 0;
};

}  // namespace shelcaster::audio
