#include "media/track_loudness.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "media/ffmpeg_for_tests.hpp"

namespace shelcaster::media {
namespace {

constexpr std::size_t kSecond = 2 * 48'000;

TrackLoudness::Measure measure_of(std::span<const float> samples) {
  TrackLoudness loudness;
  loudness.add(samples);
  return loudness.measure();
}

std::vector<float> tone_at(double db, int seconds) {
  return tone(1000, std::pow(10.0, db / 20.0), 0, seconds * 48'000);
}

TEST(TrackLoudness, OfAStereoSineAtMinus23IsMinus23) {
  // EBU Tech 3341, case 1: 1 kHz stereo at −23 dBFS reads −23.0 ±0.1 LUFS.
  const auto measure = measure_of(tone_at(-23, 20));
  ASSERT_TRUE(measure.lufs);
  EXPECT_NEAR(*measure.lufs, -23.0, 0.1);
  EXPECT_NEAR(measure.true_peak_db, -23.0, 0.3);
}

TEST(TrackLoudness, IsGatedAsTheStandardSays) {
  // EBU Tech 3341, case 3: 10 s at −36, 60 s at −23, 10 s at −36 dBFS read −23.0 ±0.1 LUFS.
  TrackLoudness loudness;
  loudness.add(tone_at(-36, 10));
  loudness.add(tone_at(-23, 60));
  loudness.add(tone_at(-36, 10));
  EXPECT_NEAR(loudness.measure().lufs.value_or(0), -23.0, 0.1);
}

TEST(TrackLoudness, OfSilenceIsNone) {
  const auto measure = measure_of(std::vector<float>(kSecond));
  EXPECT_FALSE(measure.lufs);
  EXPECT_EQ(measure.true_peak_db, -120.0);
}

TEST(TrackLoudness, IsNotSetByADamagedFrameOrSample) {
  for (const int seconds : {6, 180}) {
    SCOPED_TRACE(seconds);
    std::vector<float> samples = tone_at(-30, seconds);
    samples[kSecond] = 1.0F;  // one sample
    // A frame of MP3 at full scale.
    for (std::size_t i = 3 * kSecond; i < 3 * kSecond + 2 * 1'152; ++i) {
      samples[i] = i % 4 < 2 ? 1.0F : -1.0F;
    }
    const auto measure = measure_of(samples);
    EXPECT_NEAR(measure.lufs.value_or(0), -30.0, 0.3);
    EXPECT_NEAR(measure.true_peak_db, -30.0, 0.5);
  }
}

TEST(TrackLoudness, HearsBeatsAndASingleSound) {
  // A beat of 100 ms each half second is music, however quiet it is between.
  std::vector<float> beats(20 * kSecond);
  for (std::size_t beat = 0; beat < 40; ++beat) {
    const auto sound = tone(1000, 0.5, 0, 4'800);
    std::copy(sound.begin(), sound.end(),
              beats.begin() + static_cast<std::ptrdiff_t>(beat * kSecond / 2));
  }
  EXPECT_NEAR(measure_of(beats).true_peak_db, -6.0, 0.5);
  EXPECT_GT(measure_of(beats).lufs.value_or(-99), -16.0);
  std::vector<float> once(3 * kSecond);
  const auto sound = tone(1000, 0.5, 0, 9'600);
  std::copy(sound.begin(), sound.end(), once.begin() + kSecond);
  EXPECT_TRUE(measure_of(once).lufs);
}

}  // namespace
}  // namespace shelcaster::media
