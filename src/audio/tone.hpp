#pragma once

#include <cstddef>
#include <span>

#include "audio/block.hpp"

namespace shelcaster::audio {

/// A steady sine, for tests, robots and line-up. Its phase is kept in doubles: no drift in hours.
class Tone {
 public:
  /// `level_db` is of the peak: 0 dB is full scale.
  Tone(double frequency_hz, float level_db) noexcept;

  float next() noexcept;
  /// The same in both channels.
  void fill(StereoBlock& block) noexcept;
  /// Mono.
  void fill(std::span<float> samples) noexcept;

 private:
  double step_;  // cycles per sample
  double phase_ = 0;
  float amplitude_;
};

/// How loud one frequency is in a stretch of 48 kHz sound: the peak level in dBFS of the sine that
/// is there, −120 if none (Goertzel's algorithm under a Hann window). Take at least 50 ms; tones 8
/// / duration apart don't disturb each other by more than −60 dB.
float tone_level_db(std::span<const float> mono, double frequency_hz) noexcept;
/// The same for one channel (0 left, 1 right) of interleaved stereo.
float tone_level_db(std::span<const float> stereo, std::size_t channel,
                    double frequency_hz) noexcept;

}  // namespace shelcaster::audio
