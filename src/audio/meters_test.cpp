#include <gtest/gtest.h>

#include <vector>

#include "audio/level_meter.hpp"
#include "audio/loudness_meter.hpp"
#include "audio/tone.hpp"

namespace shelcaster::audio {
namespace {

TEST(LevelMeter, ReadsAFullScaleSine) {
  LevelMeter meter;
  Tone tone(997, 0);
  for (int b = 0; b < 40; ++b) {
    StereoBlock block;
    tone.fill(block);
    meter.process(block);
  }
  EXPECT_NEAR(meter.peak_db(), 0, 0.01);
  EXPECT_NEAR(meter.rms_db(), -3.01, 0.02);
}

TEST(LevelMeter, LetsThePeakFallTwentyDecibelsASecondAndForgetsRmsAfter300Milliseconds) {
  LevelMeter meter;
  StereoBlock block{};
  block[100] = 0.5F;
  meter.process(block);
  EXPECT_NEAR(meter.peak_db(), -6.02, 0.01);
  for (int b = 0; b < 50; ++b) meter.process_silence();
  EXPECT_NEAR(meter.peak_db(), -16.02, 0.05);
  EXPECT_EQ(meter.rms_db(), -120.0F);
  for (int b = 0; b < 1000; ++b) meter.process_silence();
  EXPECT_EQ(meter.peak_db(), -120.0F);
}

TEST(LevelMeter, HoldsClipForOneSecond) {
  LevelMeter meter;
  StereoBlock block{};
  block[5] = -1.0F;
  meter.process(block);
  for (int b = 0; b < 99; ++b) meter.process_silence();
  EXPECT_TRUE(meter.clip());
  meter.process_silence();
  EXPECT_FALSE(meter.clip());
}

TEST(LoudnessMeter, ReadsWhatTheStandardSays) {
  // BS.1770-4: 0 dBFS, 997 Hz, one channel: −3.01 LUFS. EBU Tech 3341 case 1: both at −23 dBFS:
  // −23.
  LoudnessMeter one;
  LoudnessMeter both;
  Tone full(997, 0);
  Tone quiet(1000, -23);
  for (int b = 0; b < 60; ++b) {
    StereoBlock block;
    full.fill(block);
    for (std::size_t i = 1; i < block.size(); i += 2) block[i] = 0;
    one.process(block);
    quiet.fill(block);
    both.process(block);
  }
  EXPECT_NEAR(one.momentary_lufs(), -3.01, 0.03);
  EXPECT_NEAR(both.momentary_lufs(), -23.0, 0.1);
}

TEST(LoudnessMeter, WeighsBassLessAndForgetsAfter400Milliseconds) {
  LoudnessMeter meter;
  Tone bass(40, -23);
  StereoBlock block;
  for (int b = 0; b < 60; ++b) {
    bass.fill(block);
    meter.process(block);
  }
  EXPECT_LT(meter.momentary_lufs(), -27);
  block.fill(0);
  for (int b = 0; b < 300; ++b) meter.process(block);
  EXPECT_LT(meter.momentary_lufs(), -100);
}

TEST(Tone, IsMeasuredAtItsLevelAndNowhereElse) {
  Tone tone(440, -12);
  std::vector<float> mono(24'000);
  tone.fill(mono);
  EXPECT_NEAR(tone_level_db(mono, 440), -12, 0.01);
  EXPECT_LT(tone_level_db(mono, 660), -80);
  EXPECT_EQ(tone_level_db(std::vector<float>(4800), 440), -120.0F);
}

TEST(Tone, IsFoundInItsChannelOnly) {
  std::vector<float> stereo(9600);
  Tone left(500, -20);
  for (std::size_t i = 0; i < stereo.size(); i += 2) stereo[i] = left.next();
  EXPECT_NEAR(tone_level_db(stereo, 0, 500), -20, 0.05);
  EXPECT_EQ(tone_level_db(stereo, 1, 500), -120.0F);
}

}  // namespace
}  // namespace shelcaster::audio
