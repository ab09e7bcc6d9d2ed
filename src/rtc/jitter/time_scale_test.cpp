#include "rtc/jitter/time_scale.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace shelcaster::rtc {
namespace {

constexpr int kFrames = 1200;

std::vector<float> tone(double hz, int room_frames = 2 * kFrames) {
  std::vector<float> pcm(2 * static_cast<std::size_t>(room_frames));
  for (std::size_t i = 0; i < 2 * kFrames; ++i) {
    const auto frame = static_cast<double>(i / 2);
    pcm[i] = static_cast<float>(std::sin(2 * std::numbers::pi * hz * frame / 48'000));
  }
  return pcm;
}

double greatest_step(const std::vector<float>& pcm, int frames) {
  float step = 0;
  for (std::size_t i = 2; i < 2 * static_cast<std::size_t>(frames); ++i) {
    step = std::max(step, std::abs(pcm[i] - pcm[i - 2]));
  }
  return static_cast<double>(step);
}

TEST(TimeScale, FindsAWholeNumberOfPeriods) {
  const Likeness likeness = find_lag(tone(200), 2, kLagFramesMax, 480);  // a period of 240 frames
  EXPECT_EQ(likeness.lag % 240, 0);
  EXPECT_GT(likeness.correlation, 0.999F);
  EXPECT_FALSE(likeness.is_silent);
}

TEST(TimeScale, RemovesAndInsertsAPeriodWithoutAStep) {
  const double own = 2 * std::numbers::pi * 200 / 48'000;
  std::vector<float> pcm = tone(200);
  EXPECT_EQ(remove_lag(pcm, 2, kFrames, 240, 480), kFrames - 240);
  EXPECT_LT(greatest_step(pcm, kFrames - 240), 1.05 * own);
  pcm = tone(200);
  EXPECT_EQ(insert_lag(pcm, 2, kFrames, 240, 240), kFrames + 240);
  EXPECT_LT(greatest_step(pcm, kFrames + 240), 1.05 * own);
}

TEST(TimeScale, OneChannelIsTreatedAsTwoAre) {
  const std::vector<float> stereo = tone(150);
  std::vector<float> mono;
  for (std::size_t i = 0; i < stereo.size(); i += 2) mono.push_back(stereo[i]);
  const Likeness likeness = find_lag(mono, 1, kLagFramesMax, 480);
  EXPECT_EQ(likeness.lag, find_lag(stereo, 2, kLagFramesMax, 480).lag);
  EXPECT_EQ(remove_lag(mono, 1, kFrames, likeness.lag, 480), kFrames - likeness.lag);
  std::vector<float> pcm = stereo;
  remove_lag(pcm, 2, kFrames, likeness.lag, 480);
  for (std::size_t i = 0; i < 600; ++i) EXPECT_EQ(mono[i], pcm[2 * i]);
}

TEST(TimeScale, SaysWhenThereIsNothingToHear) {
  const std::vector<float> silence(2 * kFrames);
  const Likeness likeness = find_lag(silence, 2, 300, 480);
  EXPECT_TRUE(likeness.is_silent);
  EXPECT_EQ(likeness.lag, 300);
}

TEST(TimeScale, FindsNothingInTooLittle) {
  EXPECT_EQ(find_lag(tone(200), 2, kLagFramesMin - 1, 480).lag, 0);
  EXPECT_EQ(find_lag(std::vector<float>(200), 2, kLagFramesMax, 480).lag, 0);
}

}  // namespace
}  // namespace shelcaster::rtc
