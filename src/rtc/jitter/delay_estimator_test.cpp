#include "rtc/jitter/delay_estimator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "base/random.hpp"

namespace shelcaster::rtc {
namespace {

constexpr std::int64_t kPacketTicks = 960;
constexpr std::int64_t kSecond = 48'000;

void die(DelayEstimator& estimator) {
  std::array<std::byte, 200> memory{};
  base::StateWriter to(memory);
  estimator.save(to);
  ASSERT_TRUE(to.ok());
  estimator.reset();
  base::StateReader from(base::ByteSpan(memory).first(to.size()));
  estimator.restore(from);
}

TEST(DelayEstimator, HasTheLeastAndTheFourthGreatestOfFiveSeconds) {
  base::SeededRandom random(5);
  DelayEstimator estimator;
  // Of every 20 ms, oldest first.
  std::deque<std::pair<std::int64_t, std::int64_t>> slots;
  std::int64_t at = 0;
  for (int packet = 0; packet < 20'000; ++packet) {
    at += static_cast<std::int64_t>(random.u64() % (packet % 1'000 == 0 ? 200'000 : 2'000));
    const auto transit = static_cast<std::int64_t>(random.u64() % 50) - packet / 100;
    estimator.note(at, transit);
    const std::int64_t slot = at / kPacketTicks;
    while (!slots.empty() && slots.front().first <= slot - 250) slots.pop_front();
    slots.emplace_back(slot, transit);
    if (packet % 7 != 0) continue;
    std::map<std::int64_t, std::int64_t> greatest_of;
    std::int64_t least = transit;
    for (const auto& [number, value] : slots) {
      least = std::min(least, value);
      const auto [entry, is_new] = greatest_of.try_emplace(number, value);
      if (!is_new) entry->second = std::max(entry->second, value);
    }
    std::vector<std::int64_t> greatest;
    for (const auto& [number, value] : greatest_of) greatest.push_back(value);
    std::ranges::sort(greatest, std::greater<>());
    ASSERT_EQ(estimator.reference_ticks(), least) << packet;
    ASSERT_EQ(estimator.lateness_ticks(), greatest.size() < 4 ? 0 : greatest[3] - least) << packet;
  }
}

TEST(DelayEstimator, KnowsTheSameAfterADeath) {
  base::SeededRandom random(3);
  DelayEstimator estimator;
  for (std::int64_t at = 0; at < 20 * kSecond; at += kPacketTicks) {
    estimator.note(at, 10'000 + static_cast<std::int64_t>(random.u64() % 2'000));
    if (at % kSecond != 0) continue;
    const std::int64_t reference = estimator.reference_ticks();
    const std::int64_t lateness = estimator.lateness_ticks();
    const std::size_t count = estimator.count();
    die(estimator);
    EXPECT_EQ(estimator.reference_ticks(), reference);
    EXPECT_EQ(estimator.lateness_ticks(), lateness);
    EXPECT_EQ(estimator.count(), count);
  }
}

// Else a mixer that dies every few seconds would never learn that a network has become slower.
TEST(DelayEstimator, ForgetsAfterFiveSecondsHoweverManyDeathsAreBetween) {
  DelayEstimator estimator;
  constexpr std::int64_t kSlowerAt = 10 * kSecond;
  for (std::int64_t at = 0; at < kSlowerAt + 6 * kSecond; at += kPacketTicks) {
    estimator.note(at, at < kSlowerAt ? 10'000 : 15'000);
    if (at % kSecond == 0) die(estimator);
    if (at < kSlowerAt + 4 * kSecond) {
      EXPECT_EQ(estimator.reference_ticks(), 10'000) << at;
    }
  }
  EXPECT_EQ(estimator.reference_ticks(), 15'000);
  EXPECT_EQ(estimator.lateness_ticks(), 0);
}

TEST(DelayEstimator, KnowsNothingFromAStateThatIsCutShort) {
  DelayEstimator estimator;
  estimator.note(0, 5);
  std::array<std::byte, 200> memory{};
  base::StateWriter to(memory);
  estimator.save(to);
  for (std::size_t size = 0; size < to.size(); ++size) {
    DelayEstimator next;
    base::StateReader from(base::ByteSpan(memory).first(size));
    next.restore(from);
    EXPECT_FALSE(next.has_reference()) << size;
    EXPECT_EQ(next.reference_ticks(), 0) << size;
    EXPECT_EQ(next.lateness_ticks(), 0) << size;
  }
}

}  // namespace
}  // namespace shelcaster::rtc
