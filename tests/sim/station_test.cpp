// Whole shows whose processes die one by one and together, at every step of what they write, while
// somebody at the desk gives commands.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "station.hpp"

namespace shelcaster::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

/// Two on the line, music, and commands.
class Show {
 public:
  explicit Show(std::uint64_t seed) : station_(seed) {
    station_.join("ada", 500);
    station_.join("ben", 600);
    station_.run(seconds(3));
    station_.set_pace(milliseconds(300));
    station_.run(seconds(1));
  }
  Station* operator->() { return &station_; }

 private:
  Station station_;
};

TEST(Station, DoesWhatIsCommanded) {
  Show show(1);
  show->run(seconds(20));
  show->settle(seconds(6));
  EXPECT_EQ(show->violations(), "");
  EXPECT_GT(show->commander().acknowledged(), 60);
  EXPECT_GT(show->publisher().listener().segments(), 12);
}

TEST(Station, LosesAndDoublesNoCommandWhenServeDiesAtAnyStepOfItsWriting) {
  std::int64_t deaths = 0;
  for (std::int64_t step = 0; step < 60; ++step) {
    Show show(100 + static_cast<std::uint64_t>(step));
    show->serve().die_after(step, milliseconds(400));
    show->run(seconds(4));
    show->serve().die_after(step * 11 % 47, milliseconds(900));
    show->run(seconds(4));
    deaths += show->serve().deaths();
    show->settle(seconds(5));
    ASSERT_EQ(show->violations(), "") << "killed at step " << step;
    EXPECT_EQ(show->publisher().listener().breaks(), 0);
    EXPECT_EQ(show->keepers_lost(), 0);
  }
  EXPECT_GT(deaths, 100);
}

TEST(Station, GoesOnWithAnotherKeeperWhenOneDiesAtAnyStepOfItsNote) {
  std::int64_t lost = 0;
  for (std::int64_t step = 0; step < 24; ++step) {
    Show show(200 + static_cast<std::uint64_t>(step));
    show->keeper().disk().die_after(step);
    show->run(seconds(6));
    lost += show->keepers_lost();
    show->settle(seconds(8));
    ASSERT_EQ(show->violations(), "") << "killed at step " << step;
    EXPECT_EQ(show->publisher().listener().breaks(), show->keepers_lost());
    EXPECT_TRUE(show->world().is_connected(0));
  }
  EXPECT_GT(lost, 20);
}

TEST(Station, TakesNoCommandTwiceAndLosesNoneWhenServeAndKeeperAreParted) {
  for (std::uint64_t seed = 300; seed < 330; ++seed) {
    Show show(seed);
    show->run(milliseconds(seed % 10 * 70));
    const bool is_cut = seed % 2 == 0;
    if (is_cut) show->link().cut(true);
    if (!is_cut) show->link().stall(true);
    // After 6 s serve takes it for dead.
    show->run(milliseconds(500 + seed % 5 * 1'000));
    show->link().cut(false);
    show->link().stall(false);
    show->run(seconds(2));
    show->settle(seconds(5));
    ASSERT_EQ(show->violations(), "") << "seed " << seed;
    EXPECT_EQ(show->publisher().listener().breaks(), 0);
    EXPECT_EQ(show->keepers_lost(), 0);
  }
}

TEST(Station, IsNotMovedByAWallClockThatIsPutForwardAndBack) {
  for (const auto by : {milliseconds(3'600'000), milliseconds(-3'600'000), milliseconds(-700)}) {
    Show show(401);
    Show undisturbed(401);
    show->world().step_wall(by);
    for (Show* each : {&show, &undisturbed}) (*each)->run(seconds(10));
    EXPECT_EQ(show->trace_hash(), undisturbed->trace_hash());
    EXPECT_EQ(show->publisher().listener().segments(),
              undisturbed->publisher().listener().segments());
    show->settle(seconds(5));
    EXPECT_EQ(show->violations(), "");
    EXPECT_EQ(show->publisher().listener().breaks(), 0);
    EXPECT_EQ(show->keepers_lost(), 0);
  }
}

TEST(Station, SaysThatADiskIsFullAndGoesOnTheAir) {
  for (std::uint64_t seed = 500; seed < 520; ++seed) {
    Show show(seed);
    show->run(milliseconds(seed % 7 * 130));
    show->serve().disk().fill(true);
    show->keeper().disk().fill(true);
    show->publisher().fill_disk(true);
    show->run(seconds(3));
    EXPECT_GT(show->commander().refused(), 0);
    EXPECT_FALSE(show->world().is_mixer_down());
    show->settle(seconds(8));
    ASSERT_EQ(show->violations(), "") << "seed " << seed;
    EXPECT_EQ(show->keepers_lost(), 0);
  }
}

}  // namespace
}  // namespace shelcaster::sim
