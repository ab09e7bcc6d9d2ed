#include "control/rate_limit.hpp"

#include <gtest/gtest.h>

namespace shelcaster::control {
namespace {

using namespace std::chrono_literals;

TEST(RateLimit, GivesEachKeyItsShareAndRefillsIt) {
  RateLimit limit(60);
  base::Instant now = base::Instant::from_nanoseconds(1);
  for (int i = 0; i < 60; ++i) EXPECT_TRUE(limit.take("a", now));
  EXPECT_FALSE(limit.take("a", now));
  EXPECT_TRUE(limit.take("b", now));
  EXPECT_TRUE(limit.take("a", now + 1100ms));
  EXPECT_FALSE(limit.take("a", now + 1200ms));
}

TEST(RateLimit, SharesOneBucketAmongTooManyKeys) {
  RateLimit limit(2);
  const base::Instant now = base::Instant::from_nanoseconds(1);
  for (std::size_t i = 0; i < RateLimit::kKeysMax; ++i)
    EXPECT_TRUE(limit.take(std::to_string(i), now));
  EXPECT_TRUE(limit.take("x", now));
  EXPECT_TRUE(limit.take("y", now));
  EXPECT_FALSE(limit.take("z", now));
}

}  // namespace
}  // namespace shelcaster::control
