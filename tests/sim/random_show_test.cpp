#include "random_show.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "show_seeds.hpp"

namespace shelcaster::sim {
namespace {

using std::chrono::seconds;

RandomShowOptions options_of(std::uint64_t seed) {
  base::SeededRandom dice(seed);
  return {.people = 2 + static_cast<int>(dice.below(9)),
          .length = seconds(15 + static_cast<int>(dice.below(30)))};
}

TEST(RandomShows, KeepEveryPromiseWhateverHappens) {
  const Seeds seeds = seeds_to_play();
  Invariants::Counts all;
  for (std::uint64_t seed = seeds.first; seed < seeds.first + seeds.count; ++seed) {
    RandomShow show(seed, options_of(seed));
    show.play();
    const Invariants& invariants = show.world().invariants();
    all.present += invariants.counts().present;
    all.absent += invariants.counts().absent;
    all.own_absent += invariants.counts().own_absent;
    all.undecided += invariants.counts().undecided;
    all.delays += invariants.counts().delays;
    EXPECT_TRUE(invariants.hold()) << told(show.story()) << invariants.violations()
                                   << replay_line(seed, "RandomShows.KeepEvery*");
  }
  // Into the XML report; nobody reads more than the result otherwise.
  RecordProperty("present", std::to_string(all.present));
  RecordProperty("absent", std::to_string(all.absent));
  RecordProperty("own_absent", std::to_string(all.own_absent));
  RecordProperty("delays", std::to_string(all.delays));
  RecordProperty("undecided", std::to_string(all.undecided));
  EXPECT_GT(all.present, 0);
  EXPECT_GT(all.absent, 0);
  EXPECT_GT(all.own_absent, 0);
}

TEST(RandomShows, TheSameSeedIsTheSameShow) {
  const auto hash = [](std::uint64_t seed) {
    RandomShow show(seed, {.people = 6, .length = seconds(12), .calm = seconds(2)});
    show.play();
    return show.world().trace_hash();
  };
  for (const std::uint64_t seed : {1U, 2U, 3U, 4U, 5U}) EXPECT_EQ(hash(seed), hash(seed)) << seed;
  EXPECT_NE(hash(1), hash(2));
}

}  // namespace
}  // namespace shelcaster::sim
