#include "impaired_network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace shelcaster::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const net::Endpoint kHome = net::Endpoint::v4({192, 0, 2, 1}, 4000);
const net::Endpoint kTrain = net::Endpoint::v4({198, 51, 100, 7}, 5000);
constexpr base::Instant kStart = base::Instant::from_nanoseconds(1'000'000'000);
constexpr int kSent = 20'000;

/// 100-byte datagrams, one a millisecond, each with its number in it.
struct Trip {
  int number;
  base::Duration took;
};
std::vector<Trip> trips(const LinkConditions& conditions, std::uint64_t seed = 1) {
  ImpairedNetwork network(seed);
  const int client = network.attach(kHome);
  network.up(client) = conditions;
  std::vector<Trip> all;
  for (int i = 0; i < kSent; ++i) {
    std::array<std::byte, 100> bytes{std::byte{0x80}};
    std::memcpy(&bytes[4], &i, sizeof(i));
    network.send_up(kStart + milliseconds(i), client, bytes);
  }
  while (const auto* arrival = network.take(base::Instant::never())) {
    int number = 0;
    std::memcpy(&number, &arrival->bytes[4], sizeof(number));
    all.push_back({number, arrival->at - arrival->sent_at});
  }
  return all;
}

bool is_in_order(const std::vector<Trip>& all) {
  return std::ranges::is_sorted(all, {}, &Trip::number);
}

TEST(ImpairedNetwork, AGoodLineDelaysAndNothingElse) {
  const auto all = trips({.delay = milliseconds(30)});
  ASSERT_EQ(all.size(), std::size_t{kSent});
  EXPECT_TRUE(is_in_order(all));
  EXPECT_TRUE(std::ranges::all_of(all, [](const Trip& t) { return t.took == milliseconds(30); }));
}

TEST(ImpairedNetwork, LosesInBurstsAsOftenAsItSays) {
  const LinkConditions conditions{.loss_in_bad = 0.8, .to_bad = 0.01, .to_good = 0.1};
  const auto all = trips(conditions);
  const double loss = 1 - static_cast<double>(all.size()) / kSent;
  EXPECT_NEAR(loss, conditions.mean_loss(), 0.02);
  // One datagram after another lost is far likelier than loss squared.
  int after_loss = 0;
  int lost_after_loss = 0;
  std::vector<bool> came(kSent, false);
  for (const Trip& t : all) came[static_cast<std::size_t>(t.number)] = true;
  for (std::size_t i = 1; i < came.size(); ++i) {
    after_loss += came[i - 1] ? 0 : 1;
    lost_after_loss += !came[i] && !came[i - 1] ? 1 : 0;
  }
  EXPECT_GT(static_cast<double>(lost_after_loss) / after_loss, 5 * loss);
}

TEST(ImpairedNetwork, JitterKeepsTheOrderUnlessReorderingIsAskedFor) {
  LinkConditions conditions{.jitter = milliseconds(10), .tail = 0.02};
  const auto ordered = trips(conditions);
  EXPECT_TRUE(is_in_order(ordered));
  const auto longest = std::ranges::max(ordered, {}, &Trip::took).took;
  EXPECT_GT(longest, milliseconds(80)) << "no tail";
  conditions.reorder = 0.3;
  EXPECT_FALSE(is_in_order(trips(conditions)));
}

TEST(ImpairedNetwork, DuplicatesAsOftenAsItSays) {
  const auto all = trips({.duplicate = 0.1});
  EXPECT_NEAR(static_cast<double>(all.size()) / kSent, 1.1, 0.01);
}

TEST(ImpairedNetwork, ABottleneckQueuesAndThenLoses) {
  // 800 kbit/s are offered.
  const auto all = trips({.rate_bps = 400'000, .queue = milliseconds(250)});
  EXPECT_NEAR(static_cast<double>(all.size()) / kSent, 0.5, 0.02);
  const auto longest = std::ranges::max(all, {}, &Trip::took).took;
  EXPECT_GT(longest, milliseconds(250));
  EXPECT_LT(longest, milliseconds(280));
}

TEST(ImpairedNetwork, WhatIsUnderWayToAnAddressThatWasLeftIsLost) {
  ImpairedNetwork network(1);
  const int client = network.attach(kHome);
  const std::array<std::byte, 20> bytes{std::byte{0x80}};
  network.send_down(kStart, kHome, bytes);
  network.send_up(kStart, client, bytes);
  network.move(client, kTrain);
  network.send_down(kStart, kHome, bytes);
  network.send_down(kStart, kTrain, bytes);
  const auto* first = network.take(kStart + seconds(1));
  ASSERT_NE(first, nullptr);
  EXPECT_TRUE(first->is_up);
  EXPECT_EQ(first->address, kHome);
  const auto* second = network.take(kStart + seconds(1));
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(second->address, kTrain);
  EXPECT_EQ(network.take(kStart + seconds(1)), nullptr);
}

TEST(ImpairedNetwork, TheSameSeedIsTheSameNetwork) {
  const LinkConditions conditions{.jitter = milliseconds(10),
                                  .tail = 0.02,
                                  .loss_in_good = 0.05,
                                  .reorder = 0.1,
                                  .duplicate = 0.05};
  const auto numbers = [](const std::vector<Trip>& all) {
    std::vector<int> out;
    for (const Trip& t : all) out.push_back(t.number);
    return out;
  };
  EXPECT_EQ(numbers(trips(conditions, 5)), numbers(trips(conditions, 5)));
  EXPECT_NE(numbers(trips(conditions, 5)), numbers(trips(conditions, 6)));
}

}  // namespace
}  // namespace shelcaster::sim
