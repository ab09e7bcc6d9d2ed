#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "audio/compressor.hpp"
#include "audio/db.hpp"
#include "audio/gain_ramp.hpp"
#include "audio/tone.hpp"

namespace shelcaster::audio {
namespace {

float compressed_level_db(float level_db, const CompressorSettings& settings) {
  Compressor compressor(settings);
  Tone tone(1000, level_db);
  std::vector<float> out;
  for (int b = 0; b < 200; ++b) {
    StereoBlock block;
    tone.fill(block);
    compressor.process(block);
    if (b >= 100) out.insert(out.end(), block.begin(), block.end());
  }
  return tone_level_db(out, 0, 1000);
}

TEST(Compressor, FollowsItsCurve) {
  const CompressorSettings settings{.enabled = true, .threshold_db = -20, .ratio = 4};
  EXPECT_NEAR(compressed_level_db(-30, settings), -30, 0.01);
  EXPECT_NEAR(compressed_level_db(-8, settings), -17, 0.5);
  EXPECT_NEAR(compressed_level_db(0, settings), -15, 0.5);
  // In the middle of the knee: 0.75 · 3² / 12 = 0.56 dB.
  EXPECT_NEAR(compressed_level_db(-20, settings), -20.56, 0.15);
}

TEST(Compressor, LeavesTheSoundAloneWhenOff) {
  EXPECT_NEAR(compressed_level_db(0, {.enabled = false, .threshold_db = -20, .ratio = 4}), 0,
              0.001);
}

TEST(Compressor, TakesItsTimeOverAttackAndRelease) {
  Compressor compressor({.enabled = true, .threshold_db = -20, .ratio = 4});
  StereoBlock loud;
  StereoBlock quiet{};
  Tone tone(1000, 0);
  const auto push_loud = [&] {
    tone.fill(loud);
    compressor.process(loud);
  };
  push_loud();
  EXPECT_GT(compressor.gain_reduction_db(), 6.0F);
  EXPECT_LT(compressor.gain_reduction_db(), 12.0F) << "after one time constant of the attack";
  for (int b = 0; b < 50; ++b) push_loud();
  const float full_db = compressor.gain_reduction_db();
  EXPECT_NEAR(full_db, 15, 0.5);
  for (int b = 0; b < 16; ++b) {
    quiet.fill(0);
    compressor.process(quiet);
  }
  EXPECT_NEAR(compressor.gain_reduction_db() / full_db, 0.37, 0.06) << "160 ms later";
}

TEST(GainRamp, ReachesItsTargetExactlyAndStays) {
  GainRamp ramp(0.25F);
  ramp.set_target(0.8F, 960);
  StereoBlock block;
  for (int b = 0; b < 2; ++b) {
    EXPECT_FALSE(ramp.is_steady());
    block.fill(1.0F);
    ramp.process(block);
  }
  EXPECT_TRUE(ramp.is_steady());
  EXPECT_EQ(block.back(), 0.8F);
  block.fill(1.0F);
  ramp.process(block);
  EXPECT_EQ(block.front(), 0.8F);
}

TEST(GainRamp, MakesNoStepWhenTurnedRoundOnTheWay) {
  GainRamp ramp(0.0F);
  float before = 0;
  float steepest = 0;
  for (int b = 0; b < 40; ++b) {
    ramp.set_target(b % 3 == 0 ? 1.0F : 0.0F, 960);
    StereoBlock block;
    block.fill(1.0F);
    ramp.process(block);
    for (std::size_t i = 0; i < block.size(); i += 2) {
      steepest = std::max(steepest, std::fabs(block[i] - before));
      before = block[i];
    }
  }
  EXPECT_LT(steepest, 1.6F / 960);
}

TEST(Decibels, GoBothWays) {
  EXPECT_NEAR(linear_to_db(0.3F), -10.46F, 0.01F);
  EXPECT_NEAR(db_to_linear(-6.0206F), 0.5F, 1e-4F);
  EXPECT_EQ(linear_to_db(0.0F), kSilenceDb);
  EXPECT_EQ(linear_to_db(std::nanf("")), kSilenceDb);
}

}  // namespace
}  // namespace shelcaster::audio
