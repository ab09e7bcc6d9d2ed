#include <gtest/gtest.h>

#include "base/sanitized.hpp"
#include "random_show.hpp"
#include "show_seeds.hpp"

namespace shelcaster::sim {
namespace {

using std::chrono::seconds;

constexpr std::uint64_t kOpusSeeds = base::kIsSanitized ? 1 : 5;

TEST(OpusShows, KeepEveryPromiseWithTheRealCodec) {
  const Seeds seeds = seeds_to_play(kOpusSeeds);
  for (std::uint64_t seed = seeds.first; seed < seeds.first + seeds.count; ++seed) {
    RandomShow show(seed, {.people = 4, .length = seconds(20)});
    show.play();
    const Invariants& invariants = show.world().invariants();
    ASSERT_TRUE(invariants.hold()) << told(show.story()) << invariants.violations()
                                   << replay_line(seed, "OpusShows.*", "sim_opus_test");
  }
}

}  // namespace
}  // namespace shelcaster::sim
