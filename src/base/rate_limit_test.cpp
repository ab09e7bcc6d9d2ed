#include "base/rate_limit.hpp"

#include <gtest/gtest.h>

namespace shelcaster::base {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Rate kRate{.per_second = 10, .burst = 5};

Instant at(Duration since) { return Instant::from_nanoseconds(1'000'000'000'000) + since; }

int taken(RateLimit& limit, Instant now, int tries, std::int64_t cost = 1) {
  int count = 0;
  for (int i = 0; i < tries; ++i) count += limit.take(now, kRate, cost) ? 1 : 0;
  return count;
}

TEST(RateLimit, LetsTheBurstPassAndThenTheRate) {
  RateLimit limit;
  EXPECT_EQ(taken(limit, at({}), 100), 5);
  EXPECT_EQ(taken(limit, at(milliseconds(99)), 100), 0);
  EXPECT_EQ(taken(limit, at(milliseconds(100)), 100), 1);
  EXPECT_EQ(taken(limit, at(milliseconds(350)), 100), 2);
}

TEST(RateLimit, HoldsTheRateOverALongFlood) {
  RateLimit limit;
  int count = 0;
  for (int ms = 0; ms < 60'000; ++ms) count += taken(limit, at(milliseconds(ms)), 50);
  EXPECT_NEAR(count, 605, 1);
}

TEST(RateLimit, SavesNoMoreThanTheBurst) {
  RateLimit limit;
  EXPECT_EQ(taken(limit, at({}), 100), 5);
  EXPECT_FALSE(limit.is_full(at({})));
  EXPECT_TRUE(limit.is_full(at(seconds(3600))));
  EXPECT_EQ(taken(limit, at(seconds(3600)), 100), 5);
}

TEST(RateLimit, ChargesWhatItCostsAndNothingForARefusal) {
  RateLimit limit;
  EXPECT_EQ(taken(limit, at({}), 100, 2), 2);
  EXPECT_EQ(taken(limit, at({}), 100, 1), 1);
  EXPECT_EQ(limit.wait(at({}), kRate), milliseconds(100));
  EXPECT_EQ(limit.wait(at({}), kRate, 3), milliseconds(300));
  EXPECT_EQ(limit.wait(at(milliseconds(300)), kRate, 3), Duration::zero());
}

TEST(RateLimit, OwesWhatWasChargedWithoutAsking) {
  RateLimit limit;
  EXPECT_EQ(taken(limit, at({}), 4), 4);
  limit.charge(at({}), kRate, 6);
  EXPECT_EQ(taken(limit, at(milliseconds(599)), 100), 0);
  EXPECT_EQ(taken(limit, at(milliseconds(600)), 100), 1);
}

TEST(RateLimit, ForgivesAClockThatJittersBackwards) {
  RateLimit limit;
  EXPECT_TRUE(limit.take(at(seconds(1)), kRate));
  EXPECT_TRUE(limit.take(at(seconds(1) - milliseconds(50)), kRate));
  EXPECT_LE(taken(limit, at(seconds(1)), 100), 3);
}

}  // namespace
}  // namespace shelcaster::base
