#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "audio/db.hpp"
#include "audio/generated_music.hpp"
#include "audio/loudness_meter.hpp"
#include "audio/speech_like.hpp"
#include "audio/tone.hpp"

namespace shelcaster::audio {
namespace {

constexpr std::size_t kSecond = 48'000;

TEST(SpeechLike, SpeaksAtItsLevelInPhrasesWithPauses) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SpeechLike voice(seed, -20);
    double power = 0;
    float peak = 0;
    std::size_t speaking = 0;
    int phrases = 0;
    bool spoke = false;
    for (std::size_t i = 0; i < 30 * kSecond; ++i) {
      const float sample = voice.next();
      ASSERT_TRUE(std::isfinite(sample));
      peak = std::max(peak, std::fabs(sample));
      if (voice.is_speaking()) {
        ++speaking;
        power += static_cast<double>(sample * sample);
        if (!spoke) ++phrases;
      }
      spoke = voice.is_speaking();
    }
    EXPECT_NEAR(power_to_db(power / static_cast<double>(speaking)), -20, 3) << "seed " << seed;
    EXPECT_LT(peak, 1.0F);
    EXPECT_GE(phrases, 5) << "seed " << seed;
    EXPECT_GT(speaking, 15 * kSecond);
    EXPECT_LT(speaking, 28 * kSecond);
  }
}

TEST(SpeechLike, HasAVoiceOfItsOwnForEachSeedAndTheSameOneTwice) {
  std::set<int> pitches;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    SpeechLike one(seed);
    SpeechLike two(seed);
    pitches.insert(static_cast<int>(one.pitch_hz()));
    EXPECT_GE(one.pitch_hz(), 85);
    EXPECT_LE(one.pitch_hz(), 230);
    for (std::size_t i = 0; i < kSecond; ++i) ASSERT_EQ(one.next(), two.next());
  }
  EXPECT_GE(pitches.size(), 7U);
}

TEST(SpeechLike, HasTheSpectrumOfAVoice) {
  SpeechLike voice(5);
  std::vector<float> sound(20 * kSecond);
  voice.fill(sound);
  const auto band_db = [&](float low_hz, float high_hz) {
    double power = 0;
    for (float hz = low_hz; hz < high_hz; hz += 20) {
      for (std::size_t at = 0; at + 4800 <= sound.size(); at += 24'000) {
        const auto level = static_cast<double>(
            tone_level_db(std::span(sound).subspan(at, 4800), static_cast<double>(hz)));
        power += std::pow(10, level / 10);
      }
    }
    return 10 * std::log10(power);
  };
  const double voice_db = band_db(100, 1200);
  EXPECT_GT(voice_db, band_db(1200, 4000) + 3) << "falls towards the treble";
  EXPECT_GT(voice_db, band_db(8000, 12'000) + 15);
  EXPECT_GT(voice_db, band_db(10, 60) + 15) << "nothing below the voice";
  EXPECT_GT(band_db(1200, 4000), voice_db - 35) << "but it is no hum";
}

TEST(GeneratedMusic, IsLoudEnoughAndNeverClips) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    GeneratedMusic music(seed);
    LoudnessMeter meter;
    StereoBlock block;
    float peak = 0;
    double lufs_sum = 0;
    double difference = 0;
    for (int b = 0; b < 2000; ++b) {
      music.fill(block);
      meter.process(block);
      for (const float sample : block) {
        ASSERT_TRUE(std::isfinite(sample));
        peak = std::max(peak, std::fabs(sample));
      }
      for (std::size_t i = 0; i < block.size(); i += 2) {
        difference += static_cast<double>(std::fabs(block[i] - block[i + 1]));
      }
      if (b >= 1000) lufs_sum += static_cast<double>(meter.momentary_lufs());
    }
    EXPECT_NEAR(lufs_sum / 1000, -18, 3) << "seed " << seed;
    EXPECT_LT(peak, 1.0F);
    EXPECT_GT(difference, 1.0) << "stereo";
  }
}

TEST(GeneratedMusic, IsTheSameTwiceAndAnotherForAnotherSeed) {
  GeneratedMusic one(7);
  GeneratedMusic two(7);
  GeneratedMusic other(8);
  StereoBlock a;
  StereoBlock b;
  StereoBlock c;
  bool differs = false;
  for (int i = 0; i < 500; ++i) {
    one.fill(a);
    two.fill(b);
    other.fill(c);
    ASSERT_EQ(a, b);
    differs = differs || a != c;
  }
  EXPECT_TRUE(differs);
}

}  // namespace
}  // namespace shelcaster::audio
