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
  /// The same as a block of zeros, cheaper once the filters have rung out.
  void process_silence() noexcept;
  /// Never below −120.
  [[nodiscard]] float momentary_lufs() const noexcept;

 private:
  static constexpr std::size_t kWindowBlocks = 40;

  // Of four filters: the shelf left and right, the high-pass left and right.
  using Four = std::array<float, 4>;

  Four z1_{};  // transposed direct form II
  Four z2_{};
  Four out_{};
  std::size_t silent_blocks_ = kWindowBlocks;
  std::array<double, kWindowBlocks> power_{};  // sum over channels of the mean square per block
  std::size_t next_ = 0;
};

}  // namespace shelcaster::audio
