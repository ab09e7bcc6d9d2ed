#include "app/mix/deck/standby_bed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace shelcaster::app {
namespace {

constexpr std::int64_t kMinute = 60 * 48'000;
constexpr std::int64_t kSection = 5 * 48'000;

TEST(StandbyBed, SoundsTheSameFromWhereverItIsTakenUp) {
  StandbyBed whole;
  StandbyBed taken_up;
  audio::StereoBlock expected{};
  for (std::int64_t at = 0; at < 48'000; at += audio::kBlockFrames) (void)whole.read(at, expected);
  audio::StereoBlock part{};
  const int skipped = 100;
  ASSERT_EQ(taken_up.read(48'000 - audio::kBlockFrames + skipped, part),
            audio::kBlockFrames - skipped);
  for (std::size_t i = 0; i < static_cast<std::size_t>(audio::kBlockFrames - skipped) * 2; ++i) {
    EXPECT_EQ(part[i], expected[i + static_cast<std::size_t>(skipped) * 2]);
  }
}

TEST(StandbyBed, IsTakenUpAnywhereAsIfItHadPlayedAllAlong) {
  StandbyBed whole;
  audio::StereoBlock expected{};
  for (std::int64_t at = 0; at < kMinute; at += audio::kBlockFrames) {
    (void)whole.read(at, expected);
    const bool is_in_seam = at == kSection + 3 * audio::kBlockFrames;
    if (at % (7 * 48'000 + 480) != 0 && !is_in_seam) continue;
    StandbyBed taken_up;
    audio::StereoBlock block{};
    (void)taken_up.read(at, block);
    ASSERT_EQ(block, expected) << at;
  }
}

TEST(StandbyBed, GoesFromSectionToSectionWithoutAJump) {
  StandbyBed bed;
  audio::StereoBlock block{};
  float before = 0.0F;
  float elsewhere = 0.0F;
  float in_seams = 0.0F;
  for (std::int64_t at = 0; at < kMinute; at += audio::kBlockFrames) {
    (void)bed.read(at, block);
    float& largest = at >= kSection && at % kSection < 4'800 ? in_seams : elsewhere;
    for (std::size_t i = 0; i < block.size(); i += 2) {
      largest = std::max(largest, std::fabs(block[i] - before));
      before = block[i];
    }
  }
  EXPECT_GT(in_seams, 0.0F);
  EXPECT_LE(in_seams, 1.2F * elsewhere);
}

TEST(StandbyBed, BeginsAnewEachMinuteWithoutAJump) {
  StandbyBed bed;
  audio::StereoBlock block{};
  float before = 0.0F;
  float loudest = 0.0F;
  for (std::int64_t at = 0; at < kMinute + 48'000; at += audio::kBlockFrames) {
    ASSERT_EQ(bed.read(at, block), audio::kBlockFrames);
    if (at == kMinute) {
      EXPECT_LT(std::fabs(before), 0.001F);
      EXPECT_LT(std::fabs(block[0]), 0.001F);
    }
    before = block.back();
    loudest = std::max(loudest, *std::ranges::max_element(block));
  }
  EXPECT_GT(loudest, 0.1F);
  EXPECT_LT(loudest, 1.0F);
}

}  // namespace
}  // namespace shelcaster::app
