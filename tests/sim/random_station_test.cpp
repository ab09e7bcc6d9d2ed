#include "random_station.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "base/sanitized.hpp"
#include "show_seeds.hpp"

namespace shelcaster::sim {
namespace {

using std::chrono::seconds;

constexpr base::Duration kLength = seconds(14);

TEST(RandomStations, KeepEveryPromiseWhateverDies) {
  const Seeds seeds = seeds_to_play();
  std::int64_t acknowledged = 0;
  std::int64_t serves_lost = 0;
  std::int64_t keepers_lost = 0;
  std::int64_t publishers_lost = 0;
  std::int64_t refused = 0;
  for (std::uint64_t seed = seeds.first; seed < seeds.first + seeds.count; ++seed) {
    RandomStation show(seed);
    show.play(kLength);
    Station& station = show.station();
    acknowledged += station.commander().acknowledged();
    refused += station.commander().refused();
    serves_lost += station.serve().deaths();
    keepers_lost += station.keepers_lost();
    publishers_lost += station.publisher().deaths();
    EXPECT_TRUE(station.world().invariants().hold())
        << told(show.story()) << station.violations()
        << replay_line(seed, "RandomStations.KeepEvery*");
  }
  RecordProperty("acknowledged", std::to_string(acknowledged));
  RecordProperty("refused", std::to_string(refused));
  RecordProperty("serves_lost", std::to_string(serves_lost));
  RecordProperty("keepers_lost", std::to_string(keepers_lost));
  RecordProperty("publishers_lost", std::to_string(publishers_lost));
  EXPECT_GT(acknowledged, 0);
}

/// So that what is above can fail: the first show in which somebody finds nothing of the one
/// before.
bool is_noticed(const std::function<void(Station&)>& sabotage) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    RandomStation show(seed);
    sabotage(show.station());
    show.play(kLength);
    if (!show.station().world().invariants().hold()) return true;
  }
  return false;
}

TEST(RandomStationsCanary, NoticeAMixerThatForgetsTheOneBefore) {
  EXPECT_TRUE(is_noticed(
      [](Station& station) { station.world().sabotage(Sabotage::kForgottenCheckpoint); }));
}

TEST(RandomStationsCanary, NoticeAMixerThatBelievesATornRecord) {
  if (base::kIsSanitized) {
    GTEST_SKIP()
        << "it takes a torn record for whole, and stops at the first byte in it that is no bool";
  }
  EXPECT_TRUE(is_noticed(
      [](Station& station) { station.world().sabotage(Sabotage::kBelievedTornRecord); }));
}

TEST(RandomStationsCanary, NoticeAServeThatForgetsItsAnswers) {
  EXPECT_TRUE(
      is_noticed([](Station& station) { station.serve().sabotage(ServeSabotage::kLostAnswers); }));
}

TEST(RandomStations, TheSameSeedIsTheSameShow) {
  const auto hash = [](std::uint64_t seed) {
    RandomStation show(seed);
    show.play(seconds(6));
    return show.station().trace_hash();
  };
  for (const std::uint64_t seed : {1U, 2U, 3U}) EXPECT_EQ(hash(seed), hash(seed)) << seed;
  EXPECT_NE(hash(1), hash(2));
}

}  // namespace
}  // namespace shelcaster::sim
