#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "audio/block.hpp"
#include "audio/detail/noise.hpp"

namespace shelcaster::audio {

/// A voice that speaks no language, for robot hosts and callers: glottal pulses through moving
/// formants, hissed and popped consonants, syllables in phrases whose pitch falls, and pauses for
/// breath. Each seed is another person: pitch (85–230 Hz), size of the head, pace, breathiness.
///
/// The same seed makes the same samples. Never allocates.
class SpeechLike {
 public:
  /// `level_db` is the RMS while speaking, in dBFS, within 3 dB; peaks stay below 0 dBFS.
  explicit SpeechLike(std::uint64_t seed, float level_db = -20.0F) noexcept;

  float next() noexcept;
  /// The same in both channels, as from one microphone.
  void fill(StereoBlock& block) noexcept;
  void fill(std::span<float> mono) noexcept;

  /// False during the pauses between phrases.
  [[nodiscard]] bool is_speaking() const noexcept { return syllables_left_ > 0; }
  /// The voice's middle pitch.
  [[nodiscard]] float pitch_hz() const noexcept { return pitch_hz_; }

 private:
  static constexpr std::size_t kFormants = 4;

  struct Resonator {  // Klatt's second-order section, unity gain at 0 Hz
    float a = 0, b = 0, c = 0, y1 = 0, y2 = 0;
    void tune(float frequency_hz, float bandwidth_hz) noexcept;
    float next(float in) noexcept;
  };

  void start_phrase() noexcept;
  void start_syllable() noexcept;
  void move_formants() noexcept;
  float voiced_source() noexcept;
  float consonant() noexcept;

  detail::Noise noise_;
  float pitch_hz_;
  float head_;    // scales the formants: 1 = a man's
  float pace_;    // scales durations
  float breath_;  // noise in the voice
  float gain_;

  std::array<Resonator, kFormants> tract_{};
  Resonator hiss_{};
  std::array<float, kFormants> formant_hz_{};
  std::array<float, kFormants> target_hz_{};

  int pause_left_ = 0;  // samples
  int syllables_left_ = 0;
  int syllables_in_phrase_ = 1;
  int syllable_at_ = 0;
  int syllable_samples_ = 1;
  int consonant_samples_ = 0;
  bool consonant_is_hiss_ = false;
  float stress_ = 1.0F;
  float glide_ = 0.0F;  // of pitch within the syllable
  float phase_ = 0.0F;  // of the glottal cycle
  float vibrato_ = 0.0F;
  float flow_before_ = 0.0F;
  float dc_in_ = 0.0F;
  float dc_out_ = 0.0F;
};

}  // namespace shelcaster::audio
