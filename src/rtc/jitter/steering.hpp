#pragma once

#include <cstdint>

#include "rtc/jitter/pcm_queue.hpp"

namespace shelcaster::rtc {

/// Brings the delay to its target so that nobody hears it. In a pause it cuts out as much as there
/// is; in speech and music it takes out or puts in one period of the sound at a time, where both
/// sides are alike, the less choosy the further the delay is off; and the last few milliseconds it
/// leaves to the resampler, by a speed that is no change of pitch.
///
/// Excess is the delay less its target, in ticks of 48 kHz.
class Steering {
 public:
  /// The most that one shorten() may ask for in front of it.
  static constexpr int kAheadFramesMax = 1920;

  /// Once a block, with its first frames at the start of `pcm`.
  void note_block(PcmQueue& pcm, int frames) noexcept;

  /// Frames that should be decoded for shorten() to look at; 0: it has nothing to do now.
  [[nodiscard]] int frames_to_shorten(std::int64_t excess) const noexcept;
  /// Cuts something out of `pcm`, leaving at least `frames_min`. The frames that went.
  int shorten(std::int64_t excess, int frames_min, PcmQueue& pcm) noexcept;
  /// Puts something in. The frames that came.
  int lengthen(std::int64_t excess, PcmQueue& pcm) noexcept;

  /// For the resampler, beside the drift.
  [[nodiscard]] double speed_ppm(std::int64_t excess) noexcept;

 private:
  [[nodiscard]] bool is_pause(PcmQueue& pcm, int frames) const noexcept;

  /// Mean square of the last loud blocks, falling by 1 dB a second.
  float loudness_ = 0.0F;
  int blocks_since_change_ = 0;
  bool is_nudging_ = false;
};

}  // namespace shelcaster::rtc
