#pragma once

#include <span>

#include "audio/block.hpp"

namespace shelcaster::audio {

/// A gain that moves to a new value along a smoothstep (3t² − 2t³): it starts and ends level, so
/// neither end makes a corner that is heard as a click. Never allocates.
class GainRamp {
 public:
  explicit GainRamp(float gain) noexcept : from_(gain), to_(gain), now_(gain) {}

  /// Goes from where it is now to `gain` over `frames`; at once if frames ≤ 0. Asking again for the
  /// target that it is on the way to changes nothing.
  void set_target(float gain, int frames) noexcept;

  [[nodiscard]] bool is_steady() const noexcept { return at_ >= frames_; }
  [[nodiscard]] float current() const noexcept { return now_; }
  [[nodiscard]] float target() const noexcept { return to_; }

  /// The gains of the next frames.
  void fill(std::span<float> gains) noexcept;
  /// Goes on by so many frames that nobody hears.
  void skip(int frames) noexcept;
  /// Multiplies the next block, both channels alike.
  void process(StereoBlock& block) noexcept;

 private:
  [[nodiscard]] float gain_at(int frame) const noexcept;

  float from_;
  float to_;
  float now_;
  int at_ = 0;
  int frames_ = 0;
};

}  // namespace shelcaster::audio
