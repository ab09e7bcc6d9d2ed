#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "audio/block.hpp"
#include "audio/detail/noise.hpp"

namespace shelcaster::audio {

/// Pleasant music from a number, for demonstrations and tests: soft chords, a plucked arpeggio with
/// an echo, bass and light drums in stereo. Each seed has its own tempo, key and progression; the
/// same seed makes the same samples. It goes on for ever: take as many blocks as you need.
///
/// About −18 LUFS, peaks below 0 dBFS. Allocates in the constructor only.
class GeneratedMusic {
 public:
  /// From sample `start` on, which costs nothing: chords, beats and notes are where they are, and
  /// after three seconds what still rang from before would have died away.
  explicit GeneratedMusic(std::uint64_t seed, std::int64_t start = 0);

  void fill(StereoBlock& block) noexcept;

  [[nodiscard]] float tempo_bpm() const noexcept { return tempo_bpm_; }

 private:
  static constexpr std::size_t kChordNotes = 4;
  static constexpr std::size_t kPlucks = 6;

  struct Pad {
    float step = 0, target_step = 0, phase = 0, detuned_phase = 0;
  };
  struct Pluck {
    float step = 0, phase = 0, level = 0, decay = 0, pan = 0.5F;
  };
  struct Frame {
    float left = 0, right = 0;
  };

  void start_sixteenth() noexcept;
  void start_chord(int bar) noexcept;
  Frame pads() noexcept;
  Frame plucks() noexcept;
  float bass() noexcept;
  Frame drums() noexcept;
  Frame echo(Frame in) noexcept;

  detail::Noise noise_;
  float tempo_bpm_;
  int key_;  // semitones above C
  const std::array<std::array<int, kChordNotes>, 4>* progression_;
  int samples_per_sixteenth_;

  int sample_ = 0;
  int sixteenth_ = 0;  // since the start
  std::array<int, kChordNotes> chord_{};
  std::array<Pad, kChordNotes> pads_{};
  float pad_level_ = 0.0F;
  Frame pad_tone_{};
  std::array<Pluck, kPlucks> plucks_{};
  std::size_t next_pluck_ = 0;
  float bass_step_ = 0, bass_phase_ = 0, bass_level_ = 0, bass_target_ = 0;
  float kick_phase_ = 0, kick_sweep_ = 0, kick_level_ = 0;
  float snare_level_ = 0, hat_level_ = 0, hat_before_ = 0, snare_tone_ = 0;
  std::vector<Frame> echo_;
  std::size_t echo_at_ = 0;
};

}  // namespace shelcaster::audio
