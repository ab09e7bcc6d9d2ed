#include <gtest/gtest.h>
#include <malloc.h>

#include <chrono>

#include "random_show.hpp"
#include "show_seeds.hpp"

namespace shelcaster::sim {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

std::size_t memory_in_use() { return mallinfo2().uordblks; }

/// Its first ten minutes under sanitizers, where two hours take half of one.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr base::Duration kLength = minutes(3);
#else
constexpr base::Duration kLength = minutes(120);
#endif

RandomShowOptions long_show(base::Duration length) {
  return {.people = 10, .length = length, .pace = seconds(4)};
}

TEST(TwoHourShow, TenPeopleFromTheFirstMinuteToTheLast) {
  RandomShow show(2026, long_show(kLength));
  show.play();
  const Invariants& invariants = show.world().invariants();
  EXPECT_TRUE(invariants.hold()) << invariants.violations();
  EXPECT_GE(show.world().people(), 10U);
  const Invariants::Counts& counts = invariants.counts();
  std::cout << fmt::format(
      "{} events; heard {}, not heard {}, own voice {}, delays {} (longest {:.0f} ms), open {}\n",
      show.story().size(), counts.present, counts.absent, counts.own_absent, counts.delays,
      invariants.delay_ms_max(), counts.undecided);
}

TEST(TwoHourShow, ItsFirstMinutesAreTheSameTwice) {
  const auto hash = [] {
    RandomShow show(2026, long_show(seconds(90)));
    show.play();
    return show.world().trace_hash();
  };
  EXPECT_EQ(hash(), hash());
}

TEST(TwoHourShow, MemoryIsAfterHalfAnHourWhatItWasAfterTen) {
  RandomShow show(7, long_show(kLength / 12));
  show.play();
  const std::size_t early = memory_in_use();
  show.play();
  show.play();
  EXPECT_LT(memory_in_use(), early + (std::size_t{1} << 20U));
}

}  // namespace
}  // namespace shelcaster::sim
