#include "audio/speech_like.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "audio/db.hpp"

namespace shelcaster::audio {
namespace {

constexpr float kRate = 48'000.0F;
constexpr float kPi = std::numbers::pi_v<float>;
constexpr int kFormantStep = 96;  // formants move every 2 ms

// The first three formants of a man's vowels (Peterson and Barney 1952), in Hz: i ɪ ɛ æ ɑ ɔ ʊ u ʌ
// ɝ.
constexpr std::array<std::array<float, 3>, 10> kVowels{{{270, 2290, 3010},
                                                        {390, 1990, 2550},
                                                        {530, 1840, 2480},
                                                        {660, 1720, 2410},
                                                        {730, 1090, 2440},
                                                        {570, 840, 2410},
                                                        {440, 1020, 2240},
                                                        {300, 870, 2240},
                                                        {640, 1190, 2390},
                                                        {490, 1350, 1690}}};
constexpr std::array<float, 4> kBandwidths{80, 100, 140, 220};

/// 0 … 1 by the golden ratio: neighbouring seeds are far apart, whatever number of them is taken.
float spread(std::uint64_t seed) {
  return static_cast<float>(seed * 0x9e3779b97f4a7c15ULL >> 40U) / 16'777'216.0F;
}

int samples_of(float seconds) { return static_cast<int>(seconds * kRate); }

/// Keeps the loudest crests below full scale without a corner: unchanged to 0.6, never over 0.95.
float soften(float sample) noexcept {
  const float magnitude = std::fabs(sample);
  if (magnitude <= 0.6F) return sample;
  return std::copysign(0.6F + 0.35F * std::tanh((magnitude - 0.6F) / 0.35F), sample);
}

}  // namespace

void SpeechLike::Resonator::tune(float frequency_hz, float bandwidth_hz) noexcept {
  const float radius = std::exp(-kPi * bandwidth_hz / kRate);
  c = -radius * radius;
  b = 2 * radius * std::cos(2 * kPi * frequency_hz / kRate);
  a = 1 - b - c;
}

float SpeechLike::Resonator::next(float in) noexcept {
  float out = a * in + b * y1 + c * y2;
  if (std::fabs(out) < 1e-15F) out = 0;
  y2 = y1;
  y1 = out;
  return out;
}

SpeechLike::SpeechLike(std::uint64_t seed, float level_db) noexcept
    : noise_(seed),
      pitch_hz_(85.0F * std::pow(2.7F, spread(seed))),
      // Higher voices mostly come from smaller heads.
      head_(0.95F + 0.22F * (pitch_hz_ - 85.0F) / 145.0F + noise_.between(-0.04F, 0.04F)),
      pace_(noise_.between(0.85F, 1.2F)),
      breath_(noise_.between(0.01F, 0.05F)),
      gain_(db_to_linear(level_db)) {
  for (std::size_t f = 0; f < kFormants; ++f) {
    formant_hz_[f] = target_hz_[f] = head_ * (f < 3 ? kVowels[8][f] : 3500.0F);
  }
  move_formants();
  pause_left_ = samples_of(noise_.between(0.05F, 0.4F));
}

void SpeechLike::start_phrase() noexcept {
  syllables_in_phrase_ = 4 + static_cast<int>(noise_.below(11));
  syllables_left_ = syllables_in_phrase_;
  start_syllable();
}

void SpeechLike::start_syllable() noexcept {
  const auto& vowel = kVowels[noise_.below(kVowels.size())];
  for (std::size_t f = 0; f < vowel.size(); ++f) target_hz_[f] = head_ * vowel[f];
  syllable_at_ = 0;
  syllable_samples_ = samples_of(pace_ * noise_.between(0.13F, 0.26F));
  if (syllables_left_ == 1) syllable_samples_ = syllable_samples_ * 3 / 2;
  consonant_is_hiss_ = noise_.below(3) == 0;
  consonant_samples_ = noise_.below(4) == 0 ? 0
                       : consonant_is_hiss_ ? samples_of(noise_.between(0.05F, 0.09F))
                                            : samples_of(noise_.between(0.015F, 0.03F));
  hiss_.tune(consonant_is_hiss_ ? noise_.between(3800, 6500) : noise_.between(900, 2600),
             consonant_is_hiss_ ? 1500.0F : 600.0F);
  stress_ = noise_.between(0.65F, 1.0F);
  glide_ = noise_.between(-0.08F, 0.10F);
}

void SpeechLike::move_formants() noexcept {
  for (std::size_t f = 0; f < kFormants; ++f) {
    formant_hz_[f] += 0.06F * (target_hz_[f] - formant_hz_[f]);
    tract_[f].tune(formant_hz_[f], kBandwidths[f]);
  }
}

/// The change of the air flow through the vocal folds (Rosenberg's pulse: opens over 40 % of the
/// cycle, closes over 16 %), with a little noise.
float SpeechLike::voiced_source() noexcept {
  const float through_phrase =
      1.0F - static_cast<float>(syllables_left_) / static_cast<float>(syllables_in_phrase_);
  const float through_syllable =
      static_cast<float>(syllable_at_) / static_cast<float>(syllable_samples_);
  vibrato_ += 5.3F / kRate;
  if (vibrato_ >= 1) vibrato_ -= 1;
  const float pitch_hz = pitch_hz_ * (1.18F - 0.33F * through_phrase) *
                         (1 + glide_ * through_syllable) * (0.94F + 0.08F * stress_) *
                         (1 + 0.008F * std::sin(2 * kPi * vibrato_));
  phase_ += pitch_hz / kRate;
  if (phase_ >= 1) phase_ -= 1;
  float flow = 0;
  if (phase_ < 0.40F) {
    flow = 0.5F * (1 - std::cos(kPi * phase_ / 0.40F));
  } else if (phase_ < 0.56F) {
    flow = std::cos(0.5F * kPi * (phase_ - 0.40F) / 0.16F);
  }
  const float change = (flow - flow_before_) * kRate / pitch_hz;
  flow_before_ = flow;
  return change + breath_ * noise_.bipolar() * (0.5F + flow) * 6;
}

float SpeechLike::consonant() noexcept {
  if (syllable_at_ >= consonant_samples_) return 0;
  const float t = static_cast<float>(syllable_at_) / static_cast<float>(consonant_samples_);
  // A hiss swells and goes; a pop starts at its loudest.
  const float shape =
      consonant_is_hiss_ ? std::sin(kPi * t) : (1 - t) * (1 - t) * std::min(1.0F, 20 * t);
  return noise_.bipolar() * shape * (consonant_is_hiss_ ? 0.8F : 1.6F);
}

float SpeechLike::next() noexcept {
  float voiced = 0;
  float noise = 0;
  if (syllables_left_ > 0) {
    if (syllable_at_ % kFormantStep == 0) move_formants();
    const int vowel_start = consonant_samples_ * 2 / 3;
    if (syllable_at_ >= vowel_start) {
      const float t = static_cast<float>(syllable_at_ - vowel_start) /
                      static_cast<float>(syllable_samples_ - vowel_start);
      // Up in a tenth of the vowel, level, down to a tenth over its last third.
      const float rise = std::min(1.0F, 10 * t);
      const float fall = t < 0.66F ? 1.0F : 1.0F - 0.9F * (t - 0.66F) / 0.34F;
      const float last = syllables_left_ == 1 ? std::min(1.0F, 8 * (1 - t)) : 1.0F;
      voiced = voiced_source() * rise * fall * last * stress_;
    }
    noise = consonant();
    if (++syllable_at_ >= syllable_samples_) {
      if (--syllables_left_ > 0) {
        start_syllable();
      } else {
        // Mostly a breath, now and then the time to listen to somebody else.
        const bool long_pause = noise_.below(4) == 0;
        pause_left_ = samples_of(long_pause ? noise_.between(0.9F, 2.2F)
                                            : pace_ * noise_.between(0.25F, 0.6F));
      }
    }
  } else if (--pause_left_ <= 0) {
    start_phrase();
  }

  float sound = voiced;
  for (Resonator& formant : tract_) sound = formant.next(sound);
  sound = 0.18F * sound + 1.3F * hiss_.next(noise);
  // A microphone passes no standing pressure.
  dc_out_ = sound - dc_in_ + 0.995F * dc_out_;
  if (std::fabs(dc_out_) < 1e-15F) dc_out_ = 0;
  dc_in_ = sound;
  return soften(gain_ * dc_out_);
}

void SpeechLike::fill(StereoBlock& block) noexcept {
  for (std::size_t i = 0; i < block.size(); i += 2) block[i] = block[i + 1] = next();
}

void SpeechLike::fill(std::span<float> mono) noexcept {
  for (float& sample : mono) sample = next();
}

}  // namespace shelcaster::audio
