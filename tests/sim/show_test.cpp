#include <gtest/gtest.h>

#include "show_world.hpp"

namespace shelcaster::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// All that was asked was kept, and something was asked.
testing::AssertionResult went_well(const ShowWorld& world) {
  if (!world.invariants().hold()) {
    return testing::AssertionFailure() << world.invariants().violations();
  }
  const Invariants::Counts& counts = world.invariants().counts();
  if (counts.present == 0 || counts.absent == 0 || counts.own_absent == 0) {
    return testing::AssertionFailure() << "nothing was looked at";
  }
  return testing::AssertionSuccess();
}

TEST(Show, ACallerIsHeardOnTheAirAndOnlyThenAndNeverHearsThemselves) {
  ShowWorld world(1);
  world.join("host", {.tone_hz = 450, .is_host = true});
  const auto ada = world.join("ada", {.tone_hz = 650, .is_on_air = false});
  world.join("ben", {.tone_hz = 850});
  world.run(seconds(6));
  world.set_on_air(ada, true);
  world.run(seconds(6));
  world.set_on_air(ada, false);
  world.run(seconds(4));
  EXPECT_TRUE(went_well(world));
}

/// On a stage elsewhere, which answers the mixer's offers.
TEST(Show, WhoeverTheMixerHasCalledHearsAndIsHeardLikeAnybody) {
  ShowWorld world(11);
  world.join("host", {.tone_hz = 450, .is_host = true, .is_called = true});
  const auto ada = world.join("ada", {.tone_hz = 650, .is_on_air = false, .is_called = true});
  world.join("ben", {.tone_hz = 850});
  world.run(seconds(6));
  world.set_on_air(ada, true);
  world.run(seconds(40));
  world.set_on_air(ada, false);
  world.run(seconds(4));
  world.refresh(ada);
  world.run(seconds(6));
  EXPECT_TRUE(went_well(world));
  EXPECT_EQ(world.session_count(), 3U);
}

TEST(Show, ARefreshIsTheSamePersonAndCostsTheOthersNothing) {
  ShowWorld world(2);
  world.join("host", {.tone_hz = 450, .is_host = true});
  const auto ada = world.join("ada", {.tone_hz = 650});
  world.run(seconds(6));
  world.refresh(ada);
  world.run(seconds(8));
  EXPECT_TRUE(went_well(world));
  EXPECT_EQ(world.session_count(), 2U);
}

TEST(Show, WhoIsKickedIsGoneFromProgrammeAndStageAndStaysOut) {
  for (const bool keeps_sending : {false, true}) {
    ShowWorld world(3);
    world.join("host", {.tone_hz = 450, .is_host = true});
    const auto ada = world.join("ada", {.tone_hz = 650});
    world.run(seconds(6));
    world.kick(ada, keeps_sending);
    world.run(seconds(6));
    EXPECT_TRUE(went_well(world));
    EXPECT_EQ(world.session_count(), 1U);
  }
}

TEST(Show, GoesOnWithSomebodyWhoRoams) {
  for (const bool restarts : {false, true}) {
    ShowWorld world(4);
    world.join("host", {.tone_hz = 450, .is_host = true});
    const auto ada = world.join("ada", {.tone_hz = 650});
    world.run(seconds(6));
    for (int i = 0; i < 3; ++i) {
      world.roam(ada, restarts);
      world.run(seconds(16));
    }
    EXPECT_TRUE(went_well(world));
    EXPECT_EQ(world.session_count(), 2U) << "it is one session all the time";
  }
}

TEST(Show, WhoLeavesWithoutAWordIsForgottenAndMayComeBack) {
  ShowWorld world(5);
  world.join("host", {.tone_hz = 450, .is_host = true});
  const auto ada = world.join("ada", {.tone_hz = 650});
  world.run(seconds(6));
  world.leave_silently(ada);
  world.run(seconds(40));
  EXPECT_EQ(world.session_count(), 1U);
  world.come_back(ada);
  world.run(seconds(8));
  EXPECT_TRUE(went_well(world));
  EXPECT_EQ(world.session_count(), 2U);
}

TEST(Show, RecoversFromAnOutageAndFromAStormInTime) {
  ShowWorld world(6);
  world.join("host", {.tone_hz = 450, .is_host = true});
  const auto ada = world.join("ada", {.tone_hz = 650, .is_on_air = false});
  const auto ben = world.join("ben", {.tone_hz = 850});
  world.run(seconds(8));
  world.set_path(ben, {.is_out = true}, {.is_out = true});
  world.run(seconds(2));
  world.set_path(ben, {}, {});
  world.run(seconds(16));
  world.set_path(ben, {.jitter = milliseconds(120), .tail = 0.1}, {});
  world.run(seconds(3));
  world.set_path(ben, {}, {});
  world.run(seconds(20));
  EXPECT_TRUE(world.is_connected(ada));
  EXPECT_TRUE(went_well(world));
  EXPECT_GT(world.invariants().counts().delays, 0);
}

/// One way or both, of one or of everybody, for less and for longer than a session is kept.
TEST(Show, WhoWasCutOffComesBackToTheSameSeat) {
  for (const int seconds_cut : {1, 7, 45}) {
    for (const bool is_up : {false, true}) {
      for (const bool is_down : {false, true}) {
        if (!is_up && !is_down) continue;
        ShowWorld world(9);
        world.join("host", {.tone_hz = 450, .is_host = true});
        const auto ada = world.join("ada", {.tone_hz = 650});
        world.run(seconds(6));
        const bool is_everybody = seconds_cut == 7;
        for (std::size_t person = is_everybody ? 0 : ada; person <= ada; ++person) {
          world.set_path(person, {.is_out = is_up}, {.is_out = is_down});
        }
        world.run(seconds(seconds_cut));
        for (const std::size_t person : {std::size_t{0}, ada}) world.set_path(person, {}, {});
        world.run(seconds(45));
        EXPECT_TRUE(went_well(world)) << seconds_cut << " s, " << is_up << is_down;
        EXPECT_TRUE(world.is_connected(ada)) << seconds_cut << " s, " << is_up << is_down;
      }
    }
  }
}

TEST(Show, ADeckIsHeardWhileItPlays) {
  ShowWorld world(7);
  world.join("host", {.tone_hz = 450, .is_host = true});
  world.run(seconds(5));
  world.deck("DECK_PLAY");
  world.run(seconds(70));  // into the second track
  world.deck("DECK_PAUSE");
  world.run(seconds(3));
  world.deck("DECK_PLAY");
  world.run(seconds(3));
  world.deck("DECK_SEEK", 20'000);
  world.run(seconds(3));
  world.deck("DECK_STOP");
  world.run(seconds(3));
  EXPECT_TRUE(went_well(world));
}

TEST(Show, PausesAndClocksThatDriftAreNoEvent) {
  ShowWorld world(8);
  world.join("host", {.tone_hz = 450, .is_host = true, .drift_ppm = 200, .uses_dtx = true});
  const auto ada = world.join("ada", {.tone_hz = 650, .drift_ppm = -200, .uses_dtx = false});
  world.join("ben", {.tone_hz = 850, .is_on_air = false});
  world.run(seconds(6));
  for (int i = 0; i < 6; ++i) {
    world.talk(0, i % 2 != 0);
    world.talk(ada, i % 3 == 0);
    world.run(seconds(6));
  }
  EXPECT_TRUE(went_well(world));
}

}  // namespace
}  // namespace shelcaster::sim
