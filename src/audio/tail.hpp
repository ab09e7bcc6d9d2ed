#pragma once

#include "audio/block.hpp"

namespace shelcaster::audio {

/// What a sound leaves where it breaks off: its last value, dying away in 5 ms, so that there is no
/// click. Stereo.
class Tail {
 public:
  void begin(float left, float right) noexcept {
    left_ = left;
    right_ = right;
    at_ = 0;
  }

  /// Adds it to what follows, from frame `from` of the block on; false if nothing is left of it.
  bool add_to(StereoBlock& block, int from) noexcept {
    if (at_ >= kFrames) return false;
    for (int i = from; i < kBlockFrames && at_ < kFrames; ++i) {
      ++at_;
      const float t = static_cast<float>(at_) / kFrames;
      const float level = 1.0F - t * t * (3.0F - 2.0F * t);
      const auto frame = static_cast<std::size_t>(i);
      block[2 * frame] += left_ * level;
      block[2 * frame + 1] += right_ * level;
    }
    return true;
  }

 private:
  static constexpr int kFrames = 240;

  float left_ = 0.0F;
  float right_ = 0.0F;
  int at_ = kFrames;
};

}  // namespace shelcaster::audio
