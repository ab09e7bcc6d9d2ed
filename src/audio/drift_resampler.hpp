#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "base/state_io.hpp"

namespace shelcaster::audio {

/// Plays sound a little faster or slower, as the clock of whoever recorded it runs faster or slower
/// than ours: continuous resampling by parts per million, with windowed sincs of 16 taps in 128
/// phases, fixed at both ends of a piece of 48 frames and straight between. Flat to 18 kHz within
/// 0.1 dB, −0.6 dB at 20 kHz; what it adds is below −80 dB up to 15 kHz.
///
/// At a ratio of one it only copies. It goes over from copying without a step, since at a whole
/// sample the filter is the sample itself, and goes back by walking to the next whole sample first.
///
/// One owner; no allocation.
class DriftResampler {
 public:
  /// Frames in one block that it makes.
  static constexpr int kBlockFrames = 480;
  /// How much later the sound comes out.
  static constexpr int kDelayFrames = 9;
  /// Larger speeds are held to this.
  static constexpr double kPpmMax = 2'000;
  /// Of its filters.
  static constexpr int kTaps = 16;

  DriftResampler() noexcept;

  /// 1 or 2. What has been taken in is kept: one channel is doubled, of two the left one stays.
  void set_channels(int channels) noexcept;

  /// How much faster than it was recorded the sound is to be played, from the next block
  /// on; reached at 20 ppm a block. Below 1000 it is not heard as a change of pitch; less than 2 is
  /// none.
  void set_speed_ppm(double ppm) noexcept;
  [[nodiscard]] double speed_ppm() const noexcept { return speed_ppm_; }
  [[nodiscard]] bool is_copying() const noexcept { return speed_ppm_ == 0 && phase_ == 0; }

  /// Frames that process() will take for its next block: 480, sometimes one more or less.
  [[nodiscard]] int frames_needed() const noexcept { return needed_; }

  /// `in` has frames_needed() × channels samples, `out` 480 × channels; both interleaved.
  void process(std::span<const float> in, std::span<float> out) noexcept;

  /// Whether the last block that it made had anything but zeros in it.
  [[nodiscard]] bool made_sound() const noexcept { return made_sound_; }

  /// Forgets what has been taken in, as if it had been silence.
  void clear() noexcept;

  /// What restored it goes on to the same bits.
  void save(base::StateWriter& to) const noexcept;
  void restore(base::StateReader& from) noexcept;

 private:
  static constexpr std::size_t kFramesMax = kTaps + kBlockFrames + 2;

  void plan() noexcept;
  void filter(const float* plane, std::span<float, kBlockFrames> out) const noexcept;

  int channels_ = 1;
  double wanted_ppm_ = 0;
  double speed_ppm_ = 0;
  /// Of the next output between two input frames, 0 … 1.
  double phase_ = 0;
  double step_ = 1;  // input frames per output frame in the next block
  int needed_ = kBlockFrames;
  double next_phase_ = 0;
  /// The planes hold nothing but zeros.
  bool is_silent_ = true;
  bool made_sound_ = false;
  /// A channel each: kTaps frames of before, then the block's.
  std::array<std::array<float, kFramesMax>, 2> planes_{};
};

}  // namespace shelcaster::audio
