#include "audio/detail/gain_curve.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "audio/detail/decibel_lanes.hpp"
#include "audio/detail/noise.hpp"
#include "audio/flush_denormals.hpp"

namespace shelcaster::audio::detail {
namespace {

TEST(GainCurve, FindsThePeakOfEachFourFrames) {
  Noise noise(1);
  StereoBlock block;
  for (float& sample : block) sample = noise.bipolar();
  Curve peaks;
  const float loudest = find_peaks(block, peaks);
  float expected_loudest = 0;
  for (std::size_t k = 0; k < kCurvePoints; ++k) {
    float expected = 0;
    for (std::size_t i = 8 * k; i < 8 * k + 8; ++i)
      expected = std::max(expected, std::fabs(block[i]));
    ASSERT_EQ(peaks[k], expected) << k;
    expected_loudest = std::max(expected_loudest, expected);
  }
  EXPECT_EQ(loudest, expected_loudest);
  EXPECT_EQ(largest(peaks), expected_loudest);
  EXPECT_EQ(smallest(peaks), *std::min_element(peaks.begin(), peaks.end()));
}

TEST(GainCurve, GoesInAStraightLineFromPointToPoint) {
  Curve gains;
  gains.fill(0.5F);
  gains[1] = 0.75F;
  StereoBlock block;
  block.fill(2.0F);
  apply_gains(1.0F, gains, block);
  const float expected[] = {1.75F, 1.5F, 1.25F, 1.0F, 1.125F, 1.25F, 1.375F, 1.5F, 1.375F};
  for (std::size_t frame = 0; frame < std::size(expected); ++frame) {
    EXPECT_EQ(block[2 * frame], expected[frame]) << frame;
    EXPECT_EQ(block[2 * frame + 1], expected[frame]) << frame;
  }
  EXPECT_EQ(block.back(), 1.0F);
}

TEST(DecibelLanes, AgreeWithTheLibrary) {
  for (double db = -300; db <= 100; db += 0.0371) {
    const auto level = static_cast<float>(std::pow(10, db / 20));
    const double exact_db = 20 * std::log10(static_cast<double>(level));
    ASSERT_NEAR(to_db(all(level))[2], exact_db, 1e-5 + std::fabs(exact_db) * 1e-7) << db;
    const auto factor = static_cast<double>(from_db(all(static_cast<float>(db)))[1]);
    const double exact = std::pow(10, static_cast<double>(static_cast<float>(db)) / 20);
    ASSERT_NEAR(factor / exact, 1.0, 1e-6 + std::fabs(db) * 3e-8) << db;
  }
  EXPECT_EQ(from_db(all(0.0F))[0], 1.0F);
  EXPECT_EQ(to_db(all(1.0F))[0], 0.0F);
}

#if defined(__x86_64__) || defined(__aarch64__)
TEST(FlushDenormals, TakesThemForZeroAndLeavesTheThreadAsItWas) {
  std::atomic<float> faint = 1e-40F;  // which the compiler can't work out
  std::atomic<float> half = 0.5F;
  EXPECT_GT(faint * half, 0.0F);
  {
    const FlushDenormals flush_denormals;
    const float product = faint * half;
    EXPECT_EQ(std::signbit(product), false);
    EXPECT_EQ(product, 0.0F);
    EXPECT_EQ(half * half, 0.25F);
  }
  EXPECT_GT(faint * half, 0.0F);
}
#endif

}  // namespace
}  // namespace shelcaster::audio::detail
