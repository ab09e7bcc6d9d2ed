#include <gtest/gtest.h>
#include <malloc.h>

#include <chrono>

#include "base/sanitized.hpp"
#include "random_show.hpp"
#include "show_seeds.hpp"

namespace shelcaster::sim {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

std::size_t memory_in_use() { return mallinfo2().uordblks; }

/// Its first minutes under sanitizers, where all of it would take half an hour.
constexpr base::Duration kLength = minutes(base::kIsSanitized ? 3 : 120);

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
  RecordProperty("events", std::to_string(show.story().size()));
  RecordProperty("present", std::to_string(counts.present));
  RecordProperty("absent", std::to_string(counts.absent));
  RecordProperty("own_absent", std::to_string(counts.own_absent));
  RecordProperty("delays", std::to_string(counts.delays));
  RecordProperty("undecided", std::to_string(counts.undecided));
  RecordProperty("delay_ms_max", std::to_string(invariants.delay_ms_max()));
  EXPECT_GT(counts.present, counts.undecided / 10);
}

TEST(TwoHourShow, ItsFirstMinutesAreTheSameTwice) {
  const auto hash = [] {
    RandomShow show(2026, long_show(seconds(90)));
    show.play();
    return show.world().trace_hash();
  };
  EXPECT_EQ(hash(), hash());
}

TEST(TwoHourShow, MemoryIsAfterAQuarterOfAnHourWhatItWasAfterFiveMinutes) {
  RandomShow show(7, long_show(kLength / 24));
  show.play();
  const std::size_t early = memory_in_use();
  show.play();
  show.play();
  EXPECT_LT(memory_in_use(), early + (std::size_t{1} << 20U));
}

}  // namespace
}  // namespace shelcaster::sim
