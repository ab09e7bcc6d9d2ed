#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "audio/block.hpp"
#include "audio/gain_ramp.hpp"
#include "mixer/engine.hpp"

namespace shelcaster::mixer::detail {

/// Where between left and right a strip is heard. The side that it is moved away from falls as a
/// quarter of a cosine does: −3 dB half way, silent at the end. The other side stays as it is. So
/// nothing becomes louder, what is stereo keeps its sides apart, and in the middle both are the
/// same to the bit. Every change takes kRampFrames.
class Balance {
 public:
  /// `pan`: −1 left, 0 in the middle, 1 right.
  void set(float pan) noexcept {
    left_.set_target(gain_away(pan), kRampFrames);
    right_.set_target(gain_away(-pan), kRampFrames);
  }

  [[nodiscard]] bool is_steady() const noexcept { return left_.is_steady() && right_.is_steady(); }
  /// It changes nothing.
  [[nodiscard]] bool is_centred() const noexcept {
    return is_steady() && left_.current() == 1.0F && right_.current() == 1.0F;
  }
  /// Goes on by so many frames that nobody hears.
  void skip(int frames) noexcept {
    left_.skip(frames);
    right_.skip(frames);
  }
  void process(audio::StereoBlock& block) noexcept {
    if (is_centred()) return;
    std::array<float, audio::kBlockFrames> left;
    std::array<float, audio::kBlockFrames> right;
    left_.fill(left);
    right_.fill(right);
    for (std::size_t i = 0; i < left.size(); ++i) {
      block[2 * i] *= left[i];
      block[2 * i + 1] *= right[i];
    }
  }

 private:
  /// `away`: how far it is moved from a side; below 0 it is moved to it.
  static float gain_away(float away) noexcept {
    if (away <= 0.0F) return 1.0F;
    return std::max(0.0F, std::cos(away * std::numbers::pi_v<float> / 2));
  }

  audio::GainRamp left_{1.0F};
  audio::GainRamp right_{1.0F};
};

}  // namespace shelcaster::mixer::detail
