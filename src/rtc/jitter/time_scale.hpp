#pragma once

#include <span>

namespace shelcaster::rtc {

/// Shortening and lengthening interleaved sound of one or two channels by one repetition of itself,
/// by overlap-add: where the sound at 0 and at `lag` is alike, one can go over into the other
/// unheard.
inline constexpr int kLagFramesMin = 120;  ///< 2.5 ms: 400 Hz
inline constexpr int kLagFramesMax = 720;  ///< 15 ms: 67 Hz, below the lowest voices

struct Likeness {
  int lag = 0;
  /// Normalised cross-correlation, −1 to 1.
  float correlation = -1.0F;
  /// Nothing in it is above −60 dBFS: any lag will do, and `lag` is lag_max.
  bool is_silent = false;
};

/// The lag in [kLagFramesMin, lag_max] at which `window` frames are most like those at the start.
/// `pcm` has at least lag_max + window frames. lag 0: there is no such lag.
Likeness find_lag(std::span<const float> pcm, int channels, int lag_max, int window) noexcept;

/// Takes `lag` frames out of the first `frames` of `pcm`; frames ≥ lag + overlap. The new length.
int remove_lag(std::span<float> pcm, int channels, int frames, int lag, int overlap) noexcept;

/// Puts `lag` frames in; frames ≥ lag + overlap, and `pcm` has room for frames + lag. At most 480
/// frames overlap. The new length.
int insert_lag(std::span<float> pcm, int channels, int frames, int lag, int overlap) noexcept;

}  // namespace shelcaster::rtc
