#include "audio/detail/true_peak_detector.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>

#include "audio/detail/noise.hpp"

namespace shelcaster::audio::detail {
namespace {

constexpr float kThreshold = 0.7F;

/// Compares a detector that may leave out what is below the threshold with one that may not.
void expect_nothing_overlooked(const std::function<float(int frame)>& source) {
  TruePeakDetector whole;
  TruePeakDetector sparing;
  int frame = 0;
  for (int b = 0; b < 100; ++b) {
    StereoBlock block;
    for (std::size_t i = 0; i < kBlockFrames; ++i, ++frame) {
      block[2 * i] = source(frame);
      block[2 * i + 1] = 0.3F * source(frame / 2);
    }
    Curve exact;
    Curve found;
    const float exact_loudest = whole.process(block, 0.0F, exact);
    const float loudest = sparing.process(block, kThreshold, found);
    for (std::size_t k = 0; k < kCurvePoints; ++k) {
      if (exact[k] < kThreshold) {
        ASSERT_LT(found[k], kThreshold) << "block " << b << ", point " << k;
      } else {
        ASSERT_EQ(found[k], exact[k]) << "block " << b << ", point " << k;
      }
    }
    if (largest(exact) >= kThreshold) {
      ASSERT_GE(loudest, largest(exact));
    } else {
      ASSERT_LE(loudest, kThreshold);
    }
    ASSERT_GT(exact_loudest, 0.0F);
  }
}

TEST(TruePeakDetector, OverlooksNothingWhereItSparesItselfTheWork) {
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    Noise noise(seed);
    float level = 0;
    expect_nothing_overlooked([&](int n) {
      if (n % 600 == 0) level = noise.between(0.1F, 1.0F);
      return level * noise.bipolar();
    });
  }
  for (const double hz : {100.0, 3000.0, 9000.0, 11'999.0, 15'000.0, 20'000.0, 23'000.0}) {
    expect_nothing_overlooked([hz](int n) {  // rises through the threshold
      return static_cast<float>((0.4 + n * 1e-5) *
                                std::sin(2 * std::numbers::pi * hz * n / 48'000 + 0.4));
    });
  }
  // The worst signal for a bound: alternating, with its phase turned where the filter's middle is.
  expect_nothing_overlooked([](int n) {
    const float level = 0.15F + static_cast<float>(n) * 1e-5F;
    return (n % 2 == 0) == (n / 60 % 2 == 0) ? level : -level;
  });
}

TEST(TruePeakDetector, ReadsTonesWithinATenthOfADecibel) {
  for (const double hz : {997.0, 6000.0, 12'000.0, 16'000.0, 20'000.0}) {
    for (const double phase : {0.0, 0.3, 0.7854, 1.2}) {
      TruePeakDetector detector;
      Curve peaks;
      int frame = 0;
      for (int b = 0; b < 3; ++b) {
        StereoBlock block;
        for (std::size_t i = 0; i < kBlockFrames; ++i, ++frame) {
          block[2 * i] = block[2 * i + 1] =
              static_cast<float>(std::sin(2 * std::numbers::pi * hz * frame / 48'000 + phase));
        }
        (void)detector.process(block, 0.5F, peaks);
      }
      EXPECT_NEAR(20 * std::log10(largest(peaks)), 0, 0.1) << hz << " Hz, phase " << phase;
    }
  }
}

TEST(TruePeakDetector, IsLateByWhatItSays) {
  TruePeakDetector detector;
  StereoBlock block{};
  block[200] = 1.0F;  // frame 100
  Curve peaks;
  (void)detector.process(block, 0.5F, peaks);
  EXPECT_GE(peaks[(100 + TruePeakDetector::kDelayFrames) / kCurveStep], 1.0F);
  EXPECT_EQ(detector.process(StereoBlock{}, 0.5F, peaks), 0.0F) << "silent, and so is the delay";
}

}  // namespace
}  // namespace shelcaster::audio::detail
