#include "runtime/detail/client_rates.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace shelcaster::runtime::detail {
namespace {

constexpr base::Rate kRate{.per_second = 10, .burst = 40};
constexpr std::string_view kCaller = "192.0.2.1";

class ClientRatesTest : public testing::Test {
 protected:
  int taken(std::string_view address, int tries, std::string_view token = {},
            std::int64_t cost = 1) {
    int count = 0;
    for (int i = 0; i < tries; ++i) count += rates_.take(now_, address, token, cost) ? 1 : 0;
    return count;
  }
  base::Instant now_ = base::Instant::from_nanoseconds(1'000'000'000'000);
  ClientRates rates_{kRate, 7};
};

TEST_F(ClientRatesTest, LimitsAnAddressAndSaysWhenToComeBack) {
  EXPECT_EQ(taken(kCaller, 100), 40);
  EXPECT_EQ(rates_.retry_after_s(now_, kCaller, {}, 20), 2);
  now_ = now_ + std::chrono::seconds(1);
  EXPECT_EQ(taken(kCaller, 100), 10);
}

TEST_F(ClientRatesTest, LeavesOtherAddressesAlone) {
  EXPECT_EQ(taken(kCaller, 100), 40);
  EXPECT_EQ(taken("192.0.2.2", 100), 40);
}

TEST_F(ClientRatesTest, LeavesAlmostEverybodyAloneWhileAHundredOverdoIt) {
  for (int i = 0; i < 100; ++i) (void)taken(fmt::format("198.51.100.{}", i), 100);
  int refused = 0;
  for (int i = 0; i < 1'000; ++i) {
    refused += taken(fmt::format("10.0.{}.{}", i / 250, i % 250), 1) == 0 ? 1 : 0;
  }
  EXPECT_LE(refused, 4);
}

TEST_F(ClientRatesTest, TakesAnIpv6NetworkForOneClient) {
  EXPECT_EQ(taken("2001:db8::1", 30), 30);
  EXPECT_EQ(taken("2001:db8::2", 30), 10);
  EXPECT_EQ(taken("2001:db8:0:1::2", 30), 30);
}

TEST_F(ClientRatesTest, LimitsATokenWhereverItComesFrom) {
  int count = 0;
  for (int i = 0; i < 100; ++i) count += taken(fmt::format("203.0.113.{}", i), 1, "token");
  EXPECT_LE(count, 41);
  EXPECT_EQ(taken("203.0.113.200", 1, "another"), 1);
}

TEST_F(ClientRatesTest, FinesWrongTokens) {
  for (int i = 0; i < 4; ++i) rates_.fine(now_, kCaller, 10);
  EXPECT_EQ(taken(kCaller, 10), 0);
}

TEST_F(ClientRatesTest, LetsThisMachineAskAsItLikes) {
  EXPECT_EQ(taken("127.0.0.1", 1'000), 1'000);
  EXPECT_EQ(taken("127.9.8.7", 1'000, "token"), 1'000);
  EXPECT_EQ(taken("::1", 1'000), 1'000);
}

}  // namespace
}  // namespace shelcaster::runtime::detail
