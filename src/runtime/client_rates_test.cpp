#include "runtime/detail/client_rates.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace shelcaster::runtime::detail {
namespace {

constexpr base::Rate kRate{.per_second = 10, .burst = 40};
constexpr std::string_view kCaller = "192.0.2.1";

class ClientRatesTest : public testing::Test {
 protected:
  int taken(std::string_view address, int tries, const ClientClaim& claim = {},
            std::int64_t cost = 1) {
    int count = 0;
    for (int i = 0; i < tries; ++i) count += rates_.take(now_, address, claim, cost) ? 1 : 0;
    return count;
  }
  base::Instant now_ = base::Instant::from_nanoseconds(1'000'000'000'000);
  ClientRates rates_{kRate, false, 7};
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
  const ClientClaim ada{Standing::kOwn, "ada"};
  int count = 0;
  for (int i = 0; i < 100; ++i) count += taken(fmt::format("203.0.113.{}", i), 1, ada);
  EXPECT_EQ(count, 40);
  EXPECT_EQ(taken("203.0.113.200", 1, {Standing::kOwn, "bob"}), 1);
}

TEST_F(ClientRatesTest, LetWhoHasAGoodTokenPassWhateverOthersDoAtTheirAddress) {
  const ClientClaim guess{Standing::kWrong, "x.y.z"};
  EXPECT_EQ(taken(kCaller, 100, guess, 10), 4);
  EXPECT_EQ(taken(kCaller, 1, {Standing::kWrong, "another"}, 10), 0)
      << "all guesses are one budget";
  EXPECT_EQ(taken(kCaller, 100), 40) << "who needs no token isn't held up by guesses";
  EXPECT_EQ(taken(kCaller, 100, {Standing::kOwn, "ada"}), 40);
  EXPECT_EQ(taken(kCaller, 100, {Standing::kShared, "invitation"}), 40);
}

TEST_F(ClientRatesTest, KeepWhoeverHasAnInvitationFromUsingItUpForOthers) {
  const ClientClaim invitation{Standing::kShared, "invitation"};
  EXPECT_EQ(taken(kCaller, 100, invitation), 40);
  EXPECT_EQ(taken("192.0.2.2", 1, invitation), 1);
}

TEST_F(ClientRatesTest, BoundsWhatOneAddressAsksWithAllTheCallersTokensThatItGets) {
  int count = 0;
  for (int i = 0; i < 100; ++i) {
    count += taken(kCaller, 100, {Standing::kCaller, fmt::format("caller {}", i)});
  }
  EXPECT_EQ(count, 200) << "five times as much as one";
  EXPECT_EQ(rates_.retry_after_s(now_, kCaller, {Standing::kCaller, "another"}, 40), 1);
  EXPECT_EQ(taken(kCaller, 100, {Standing::kOwn, "host"}), 40);
  EXPECT_EQ(taken(kCaller, 100), 40);
  EXPECT_EQ(taken("192.0.2.2", 100, {Standing::kCaller, "elsewhere"}), 40);
}

// A proxy on this machine that nobody told of is who asks there.
TEST_F(ClientRatesTest, LimitsThisMachineLikeAnyOther) {
  EXPECT_EQ(taken("127.0.0.1", 1'000), 40);
  EXPECT_EQ(taken("::1", 1'000), 40);
}

TEST_F(ClientRatesTest, LetsThisMachineAskAsItLikesWhenItIsTrusted) {
  ClientRates trusting{kRate, true, 7};
  for (const std::string_view address : {"127.0.0.1", "127.9.8.7", "::1"}) {
    for (int i = 0; i < 1'000; ++i)
      EXPECT_TRUE(trusting.take(now_, address, {Standing::kOwn, "token"}, 1));
  }
  int count = 0;
  for (int i = 0; i < 100; ++i) count += trusting.take(now_, kCaller, {}, 1) ? 1 : 0;
  EXPECT_EQ(count, 40);
}

}  // namespace
}  // namespace shelcaster::runtime::detail
