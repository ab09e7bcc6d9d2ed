#include "app/mix/gate/gate.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "rtc/stun/stun_message.hpp"

namespace shelcaster::app {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kUser = "abcdEFGH";
constexpr int kLine = 7;

base::Bytes check_for(std::string_view ufrag) {
  return rtc::StunBuilder(rtc::StunClass::kRequest, {})
      .username(std::string(ufrag) + ":them")
      .priority(1)
      .finish("a password of nobody");
}

base::Bytes client_hello() {
  base::Bytes bytes(120, std::byte{0});
  bytes[0] = std::byte{22};
  bytes[1] = std::byte{0xfe};
  bytes[2] = std::byte{0xfd};
  bytes[13] = std::byte{1};
  return bytes;
}

base::Bytes of_kind(std::uint8_t first) { return base::Bytes(60, std::byte{first}); }

net::Endpoint caller() { return net::Endpoint::v4({192, 0, 2, 1}, 4'000); }

class GateTest : public testing::Test {
 protected:
  GateTest() { gate_.expect(kLine, ice_user(kUser)); }

  bool admit(const net::Endpoint& from, base::ByteSpan bytes) {
    base::Bytes received(bytes.begin(), bytes.end());
    return gate_.admit(now_, rtc::SortedDatagram({.remote = from, .bytes = received}));
  }
  /// A flood of one second, 50 packets each millisecond, each from another address; how many pass.
  int flood(base::ByteSpan bytes) {
    int passed = 0;
    for (int ms = 0; ms < 1000; ++ms) {
      now_ = now_ + milliseconds(1);
      for (int i = 0; i < 50; ++i) {
        const auto low = static_cast<std::uint8_t>(random_.below(256));
        const auto high = static_cast<std::uint8_t>(random_.below(256));
        const net::Endpoint from =
            net::Endpoint::v4({10, 1, high, low}, static_cast<std::uint16_t>(1'024 + ms));
        passed += admit(from, bytes) ? 1 : 0;
      }
    }
    return passed;
  }
  std::uint64_t dropped() const {
    const GateCounters& c = gate_.counters();
    return c.stray_media + c.not_ours + c.strangers + c.source + c.line;
  }

  Gate gate_{42};
  base::Instant now_ = base::Instant::from_nanoseconds(1'000'000'000'000);
  base::SeededRandom random_{1};
};

TEST_F(GateTest, LetsAnswersToChecksInForSessionsThatAskAndFromAddressesOfTheirsAlone) {
  const base::Bytes answer =
      rtc::StunBuilder(rtc::StunClass::kSuccess, {}).finish("a password of nobody");
  gate_.know(now_, kLine, caller());
  EXPECT_FALSE(admit(caller(), answer)) << "this one asks nobody";
  gate_.expect(kLine, ice_user(kUser), /*asks=*/true);
  EXPECT_TRUE(admit(caller(), answer));
  EXPECT_FALSE(admit(net::Endpoint::v4({198, 51, 100, 7}, 9), answer));
  for (int i = 0; i < 1'000; ++i) (void)admit(caller(), answer);
  EXPECT_FALSE(admit(caller(), answer)) << "within the session's own budget";
}

TEST_F(GateTest, LetsAFirstCheckPassThatNamesASession) {
  EXPECT_TRUE(admit(caller(), check_for(kUser)));
  EXPECT_EQ(gate_.counters().passed_strangers, 1U);
}

TEST_F(GateTest, LetsWhatOvertookTheNewsOfItsSessionPass) {
  EXPECT_TRUE(admit(caller(), check_for("otherOne")));
  EXPECT_TRUE(admit(caller(), client_hello()));
}

TEST_F(GateTest, DropsWhatCannotBecomeAnybody) {
  EXPECT_FALSE(admit(caller(), of_kind(0x80)));
  EXPECT_EQ(gate_.counters().stray_media, 1U);
  for (const base::Bytes& bytes :
       {of_kind(0x00), of_kind(0x14), of_kind(0x17), of_kind(0x40), of_kind(0xff), base::Bytes{},
        check_for("short"), check_for("much longer than ours")}) {
    EXPECT_FALSE(admit(caller(), bytes));
  }
  EXPECT_EQ(gate_.counters().not_ours, 8U);
}

TEST_F(GateTest, BoundsEveryKindOfFloodFromManyAddresses) {
  for (const base::Bytes& bytes : {check_for("otherOne"), client_hello(), check_for(kUser)}) {
    EXPECT_LE(flood(bytes), 500);
  }
  EXPECT_EQ(flood(of_kind(0x80)), 0);
  EXPECT_EQ(flood(of_kind(0x17)), 0);
  EXPECT_GT(dropped(), 240'000U);
}

TEST_F(GateTest, HearsKnownAddressesThroughAnyFlood) {
  gate_.know(now_, kLine, caller());
  const base::Bytes check = check_for(kUser);
  const base::Bytes record = of_kind(0x17);
  for (const base::Bytes& bytes : {check_for("otherOne"), client_hello(), check}) {
    (void)flood(bytes);
    EXPECT_TRUE(admit(caller(), check));
    EXPECT_TRUE(admit(caller(), record));
  }
}

TEST_F(GateTest, HearsOtherSessionsNewAddressesWhileOneIsFlooded) {
  gate_.expect(8, ice_user("victimNo"));
  (void)flood(check_for(kUser));
  (void)flood(check_for("otherOne"));
  EXPECT_TRUE(admit(caller(), check_for("victimNo")));
}

TEST_F(GateTest, LimitsOneSourceBeforeItSpendsWhatIsSharedByAll) {
  const base::Bytes bytes = check_for("otherOne");
  int passed = 0;
  for (int i = 0; i < 1000; ++i) passed += admit(caller(), bytes) ? 1 : 0;
  EXPECT_LE(passed, 40);
  EXPECT_TRUE(admit(net::Endpoint::v4({198, 51, 100, 7}, 9), bytes));
  EXPECT_EQ(gate_.counters().strangers, 0U);
}

TEST_F(GateTest, TakesAnIpv6NetworkForOneSource) {
  int passed = 0;
  for (std::uint8_t i = 0; i < 200; ++i) {
    const net::Endpoint from = net::Endpoint::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, i, i, i}, i);
    passed += admit(from, check_for("otherOne")) ? 1 : 0;
  }
  EXPECT_LE(passed, 40);
}

TEST_F(GateTest, BoundsWhatOneSessionMakesTheStageDo) {
  gate_.know(now_, kLine, caller());
  int passed = 0;
  for (int i = 0; i < 50'000; ++i) {
    now_ = now_ + microseconds(20);
    passed += admit(caller(), of_kind(0x17)) ? 1 : 0;
  }
  EXPECT_LE(passed, 400);
  EXPECT_GE(gate_.counters().line, 49'000U);
  gate_.know(now_, 8, net::Endpoint::v4({192, 0, 2, 2}, 4'000));
  EXPECT_TRUE(admit(net::Endpoint::v4({192, 0, 2, 2}, 4'000), of_kind(0x17)));
}

TEST_F(GateTest, KeepsThreeUsersAndEightAddressesOfASession) {
  for (const char* user : {"user0001", "user0002", "user0003"}) {
    gate_.expect(kLine, ice_user(user));
  }
  // The source's budget tells the two apart: a user that is not known costs eight times as much.
  const auto passes = [&](std::string_view user, std::uint8_t net) {
    int passed = 0;
    for (int i = 0; i < 60; ++i) {
      passed += admit(net::Endpoint::v4({10, net, 0, 1}, 1), check_for(user)) ? 1 : 0;
    }
    now_ = now_ + seconds(10);
    return passed;
  };
  EXPECT_EQ(passes("user0001", 1), 60);
  EXPECT_EQ(passes("user0003", 2), 60);
  EXPECT_LE(passes(kUser, 3), 40);
  for (std::uint16_t port = 1; port <= 9; ++port) {
    gate_.know(now_, kLine, net::Endpoint::v4({192, 0, 2, 1}, port));
  }
  EXPECT_TRUE(admit(net::Endpoint::v4({192, 0, 2, 1}, 9), of_kind(0x17)));
  EXPECT_FALSE(admit(net::Endpoint::v4({192, 0, 2, 1}, 1), of_kind(0x17)));
}

TEST_F(GateTest, ForgetsASessionThatIsOver) {
  gate_.know(now_, kLine, caller());
  gate_.forget(kLine);
  EXPECT_FALSE(admit(caller(), of_kind(0x17)));
  EXPECT_EQ(gate_.counters().passed_known, 0U);
}

TEST_F(GateTest, AnAddressStaysWithEachSessionThatHasShownIt) {
  gate_.know(now_, kLine, caller());
  gate_.know(now_, 8, caller());
  EXPECT_EQ(gate_.claimants(caller()).size(), 2U);
  gate_.forget(8);
  EXPECT_TRUE(admit(caller(), of_kind(0x17)));
  gate_.forget(kLine);
  EXPECT_FALSE(admit(caller(), of_kind(0x17)));
}

TEST_F(GateTest, WhoeverElseClaimsAnAddressSpendsNothingOfItsOwners) {
  gate_.know(now_, kLine, caller());
  gate_.expect(8, ice_user("attacker"));
  gate_.know(now_, 8, caller());
  const base::Bytes forged = check_for("attacker");
  for (int i = 0; i < 10'000; ++i) (void)admit(caller(), forged);
  EXPECT_FALSE(admit(caller(), forged));
  EXPECT_TRUE(admit(caller(), check_for(kUser)));
  EXPECT_TRUE(admit(caller(), of_kind(0x17)));
}

}  // namespace
}  // namespace shelcaster::app
