#include "runtime/detail/connection_counts.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace shelcaster::runtime::detail {
namespace {

TEST(ConnectionCounts, CapsAnAddressAndAllTogether) {
  ConnectionCounts counts(5, 3);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(counts.enter("192.0.2.1", false));
  EXPECT_FALSE(counts.enter("192.0.2.1", false));
  EXPECT_TRUE(counts.enter("192.0.2.2", false));
  EXPECT_TRUE(counts.enter("192.0.2.3", true)) << "a proxy's counts in the total only";
  EXPECT_FALSE(counts.enter("192.0.2.4", false));
  counts.leave("192.0.2.1", false);
  EXPECT_TRUE(counts.enter("192.0.2.1", false));
  EXPECT_EQ(counts.total(), 5U);
}

TEST(ConnectionCounts, TakesAnIpv6NetworkForOneAddress) {
  ConnectionCounts counts(100, 3);
  int taken = 0;
  for (int i = 1; i <= 10; ++i) taken += counts.enter(fmt::format("2001:db8::{:x}", i), false);
  EXPECT_EQ(taken, 3);
  EXPECT_TRUE(counts.enter("2001:db8:0:1::1", false));
  counts.leave("2001:db8::2", false);
  EXPECT_TRUE(counts.enter("2001:db8::99", false));
}

}  // namespace
}  // namespace shelcaster::runtime::detail
