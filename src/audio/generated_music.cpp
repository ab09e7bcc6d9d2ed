#include "audio/generated_music.hpp"

#include <algorithm>
#include <cmath>

namespace shelcaster::audio {
namespace {

constexpr float kRate = 48'000.0F;

// Four bars each, as semitones above the key: close voicings that move little from bar to bar.
using Progression = std::array<std::array<int, 4>, 4>;
constexpr std::array<Progression, 5> kProgressions{{
    {{{0, 4, 7, 11}, {-3, 0, 4, 7}, {-7, -3, 0, 4}, {-5, -1, 2, 7}}},  // I7  vi7 IV7 V
    {{{-3, 0, 4, 7}, {-7, -3, 0, 4}, {0, 4, 7, 11}, {-5, -1, 2, 4}}},  // vi  IV  I   V6
    {{{2, 5, 9, 12}, {-5, -1, 2, 5}, {0, 4, 7, 11}, {-3, 0, 4, 7}}},   // ii7 V7  I7  vi7
    {{{0, 4, 7, 9}, {4, 7, 11, 14}, {5, 9, 12, 16}, {5, 8, 12, 14}}},  // I6  iii IV7 iv
    {{{-3, 0, 4, 7}, {2, 5, 9, 12}, {-7, -3, 0, 4}, {-5, -1, 2, 5}}},  // vi7 ii7 IV7 V7
}};

// Steps of the chord (4 and up: an octave higher) on the sixteenths of a bar; −1 is a rest.
constexpr std::array<std::array<int, 16>, 3> kArpeggios{{
    {0, -1, 2, 4, -1, 3, 2, -1, 1, -1, 3, 5, -1, 4, 2, -1},
    {0, 1, 2, 3, 4, 3, 2, 1, 0, 1, 2, 3, 5, 3, 2, 1},
    {4, -1, -1, 3, -1, -1, 2, -1, 5, -1, -1, 4, -1, 3, -1, 2},
}};

float note_step(int semitones_from_c4) {
  return 261.6256F * std::pow(2.0F, static_cast<float>(semitones_from_c4) / 12.0F) / kRate;
}

void advance(float& phase, float step) noexcept {
  phase += step;
  if (phase >= 1) phase -= 1;
}

/// Of a phase from 0 to 1, to one part in a thousand: two parabolas, and a curve that corrects
/// them.
float sine(float phase) noexcept {
  const float x = 1 - 2 * phase;
  const float y = 4 * x * (1 - std::fabs(x));
  return y * (0.775F + 0.225F * std::fabs(y));
}

float wrapped(float phase) noexcept { return phase - static_cast<float>(static_cast<int>(phase)); }

void decay(float& level, float factor) noexcept {
  level *= factor;
  if (level < 1e-6F) level = 0;
}

/// A saw without the edge that would alias: polynomial blep at the jump.
float saw(float phase, float step) noexcept {
  float value = 2 * phase - 1;
  if (phase < step) {
    const float t = phase / step;
    value -= t + t - t * t - 1;
  } else if (phase > 1 - step) {
    const float t = (phase - 1) / step;
    value -= t * t + t + t + 1;
  }
  return value;
}

}  // namespace

GeneratedMusic::GeneratedMusic(std::uint64_t seed, std::int64_t start)
    : noise_(seed),
      tempo_bpm_(std::round(noise_.between(84, 118))),
      key_(static_cast<int>(noise_.below(12)) - 5),
      progression_(&kProgressions[noise_.below(kProgressions.size())]),
      samples_per_sixteenth_(static_cast<int>(kRate * 15.0F / tempo_bpm_)),
      echo_(static_cast<std::size_t>(samples_per_sixteenth_) * 3) {
  sample_ = static_cast<int>(start % samples_per_sixteenth_);
  // The one that has begun already is left out.
  sixteenth_ = static_cast<int>(start / samples_per_sixteenth_) + (sample_ > 0 ? 1 : 0);
  if (start > 0) pad_level_ = 1;
  start_chord(static_cast<int>(start / samples_per_sixteenth_) / 16);
  for (Pad& pad : pads_) pad.step = pad.target_step;
}

void GeneratedMusic::start_chord(int bar) noexcept {
  chord_ = (*progression_)[static_cast<std::size_t>(bar % 4)];
  for (std::size_t n = 0; n < kChordNotes; ++n) {
    pads_[n].target_step = note_step(key_ + chord_[n]);
  }
}

void GeneratedMusic::start_sixteenth() noexcept {
  const int in_bar = sixteenth_ % 16;
  const int bar = sixteenth_ / 16;
  if (in_bar == 0) start_chord(bar);

  const int pick = kArpeggios[static_cast<std::size_t>(bar / 4) % kArpeggios.size()]
                             [static_cast<std::size_t>(in_bar)];
  if (pick >= 0) {
    const int octave = pick / 4 == 0 ? 12 : 24;
    Pluck& pluck = plucks_[next_pluck_];
    next_pluck_ = (next_pluck_ + 1) % kPlucks;
    pluck = {.step = note_step(key_ + chord_[static_cast<std::size_t>(pick % 4)] + octave),
             .phase = 0,
             .level = noise_.between(0.7F, 1.0F),
             .decay = 0.99988F,
             .pan = noise_.between(0.25F, 0.75F)};
  }

  const bool bass_note = in_bar == 0 || in_bar == 6 || in_bar == 8 || in_bar == 14;
  if (bass_note) {
    const int fifth = in_bar == 14 ? 7 : 0;
    bass_step_ = note_step(key_ + chord_[0] + fifth - 24);
    bass_target_ = in_bar == 0 ? 1.0F : 0.8F;
  } else if (in_bar == 5 || in_bar == 12) {
    bass_target_ = 0;
  }

  // The drums come in after two bars, when the listener knows where the beat is.
  if (bar >= 2) {
    if (in_bar == 0 || in_bar == 8 || (in_bar == 11 && bar % 2 == 1)) {
      kick_level_ = 1;
      kick_sweep_ = 1;
      kick_phase_ = 0;
    }
    if (in_bar == 4 || in_bar == 12) snare_level_ = 1;
    if (in_bar % 2 == 0) hat_level_ = in_bar % 4 == 2 ? 1.0F : 0.5F;
  }
  ++sixteenth_;
}

GeneratedMusic::Frame GeneratedMusic::pads() noexcept {
  Frame sum;
  for (std::size_t n = 0; n < kChordNotes; ++n) {
    Pad& pad = pads_[n];
    pad.step += 0.0006F * (pad.target_step - pad.step);
    advance(pad.phase, pad.step);
    advance(pad.detuned_phase, pad.step * 1.004F);
    const float one = saw(pad.phase, pad.step);
    const float other = saw(pad.detuned_phase, pad.step);
    sum.left += one + 0.6F * other;
    sum.right += other + 0.6F * one;
  }
  pad_level_ += 0.00003F * (1 - pad_level_);
  // One pole at 900 Hz takes the edge off.
  pad_tone_.left += 0.111F * (sum.left - pad_tone_.left);
  pad_tone_.right += 0.111F * (sum.right - pad_tone_.right);
  return {0.030F * pad_level_ * pad_tone_.left, 0.030F * pad_level_ * pad_tone_.right};
}

GeneratedMusic::Frame GeneratedMusic::plucks() noexcept {
  Frame sum;
  for (Pluck& pluck : plucks_) {
    if (pluck.level == 0) continue;
    advance(pluck.phase, pluck.step);
    // The brighter partials die away first, as on a string.
    const float bright = pluck.level * pluck.level;
    const float sound =
        pluck.level * (sine(pluck.phase) + 0.5F * bright * sine(wrapped(2 * pluck.phase)) +
                       0.3F * bright * bright * sine(wrapped(3 * pluck.phase)));
    sum.left += sound * (1 - pluck.pan);
    sum.right += sound * pluck.pan;
    decay(pluck.level, pluck.decay);
  }
  return {0.16F * sum.left, 0.16F * sum.right};
}

float GeneratedMusic::bass() noexcept {
  bass_level_ += 0.002F * (bass_target_ - bass_level_);
  decay(bass_target_, 0.99998F);
  advance(bass_phase_, bass_step_);
  const float tone = sine(bass_phase_);
  return 0.17F * bass_level_ * (tone + 0.25F * tone * tone * tone);
}

GeneratedMusic::Frame GeneratedMusic::drums() noexcept {
  float kick = 0;
  if (kick_level_ > 0) {
    advance(kick_phase_, (48 + 110 * kick_sweep_) / kRate);
    kick = 0.32F * kick_level_ * sine(kick_phase_);
    decay(kick_level_, 0.99980F);
    decay(kick_sweep_, 0.9990F);
  }
  const float white = noise_.bipolar();
  float snare = 0;
  if (snare_level_ > 0) {
    advance(snare_tone_, 190 / kRate);
    snare = snare_level_ * (0.06F * white + 0.05F * sine(snare_tone_));
    decay(snare_level_, 0.99960F);
  }
  float hat = 0;
  if (hat_level_ > 0) {
    hat = 0.022F * hat_level_ * (white - hat_before_);
    decay(hat_level_, 0.9985F);
  }
  hat_before_ = white;
  return {kick + snare + 0.8F * hat, kick + snare + 1.2F * hat};
}

GeneratedMusic::Frame GeneratedMusic::echo(Frame in) noexcept {
  Frame& slot = echo_[echo_at_];
  const Frame out{in.left + 0.35F * slot.left, in.right + 0.35F * slot.right};
  // Each repeat changes sides.
  slot = {in.left + 0.4F * slot.right, in.right + 0.4F * slot.left};
  if (std::fabs(slot.left) < 1e-9F) slot.left = 0;
  if (std::fabs(slot.right) < 1e-9F) slot.right = 0;
  echo_at_ = echo_at_ + 1 == echo_.size() ? 0 : echo_at_ + 1;
  return out;
}

void GeneratedMusic::fill(StereoBlock& block) noexcept {
  for (std::size_t i = 0; i < block.size(); i += 2) {
    if (sample_ == 0) start_sixteenth();
    sample_ = sample_ + 1 == samples_per_sixteenth_ ? 0 : sample_ + 1;
    const Frame pad = pads();
    const Frame pluck = echo(plucks());
    const Frame drum = drums();
    const float low = bass();
    block[i] = std::tanh(pad.left + pluck.left + drum.left + low);
    block[i + 1] = std::tanh(pad.right + pluck.right + drum.right + low);
  }
}

}  // namespace shelcaster::audio
