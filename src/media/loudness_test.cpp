#include "media/loudness.hpp"

#include <gtest/gtest.h>

#include "media/ffmpeg_for_tests.hpp"

namespace shelcaster::media {
namespace {

TEST(Loudness, OfAStereoSineAtMinus23IsMinus23) {
  // EBU Tech 3341, case 1: 1 kHz stereo at −23 dBFS reads −23.0 ±0.1 LUFS.
  LoudnessMeasurement loudness;
  loudness.add(tone(1000, std::pow(10.0, -23.0 / 20.0), 0, 20 * 48'000));
  ASSERT_TRUE(loudness.integrated_lufs());
  EXPECT_NEAR(*loudness.integrated_lufs(), -23.0, 0.1);
  EXPECT_NEAR(loudness.true_peak_db(), -23.0, 0.3);
}

TEST(Loudness, OfSilenceIsNone) {
  LoudnessMeasurement loudness;
  loudness.add(std::vector<float>(2 * 48'000));
  EXPECT_FALSE(loudness.integrated_lufs());
  EXPECT_EQ(loudness.true_peak_db(), -120.0);
}

}  // namespace
}  // namespace shelcaster::media
