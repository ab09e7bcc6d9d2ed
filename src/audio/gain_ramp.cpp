#include "audio/gain_ramp.hpp"

#include <algorithm>
#include <array>

namespace shelcaster::audio {

void GainRamp::set_target(float gain, int frames) noexcept {
  if (gain == to_) return;
  from_ = now_;
  to_ = gain;
  at_ = 0;
  frames_ = std::max(frames, 0);
  if (frames_ == 0) now_ = to_;
}

/// Of frame 0 < `frame` ≤ frames_.
float GainRamp::gain_at(int frame) const noexcept {
  if (frame == frames_) return to_;
  const float t = static_cast<float>(frame) / static_cast<float>(frames_);
  return from_ + (to_ - from_) * (t * t * (3.0F - 2.0F * t));
}

void GainRamp::fill(std::span<float> gains) noexcept {
  for (float& gain : gains) {
    if (at_ < frames_) now_ = gain_at(++at_);
    gain = now_;
  }
}

void GainRamp::skip(int frames) noexcept {
  if (is_steady()) return;
  at_ = std::min(at_ + frames, frames_);
  now_ = gain_at(at_);
}

void GainRamp::process(StereoBlock& block) noexcept {
  if (is_steady()) {
    if (now_ == 1.0F) return;
    for (float& sample : block) sample *= now_;
    return;
  }
  std::array<float, kBlockFrames> gains;
  fill(gains);
  for (std::size_t i = 0; i < gains.size(); ++i) {
    block[2 * i] *= gains[i];
    block[2 * i + 1] *= gains[i];
  }
}

}  // namespace shelcaster::audio
