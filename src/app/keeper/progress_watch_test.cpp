#include "app/keeper/progress_watch.hpp"

#include <gtest/gtest.h>

namespace shelcaster::app {
namespace {

using namespace std::chrono_literals;

constexpr base::Instant at(std::chrono::milliseconds ms) { return base::Instant() + ms; }

TEST(ProgressWatch, GivesALongerTimeUntilTheFirstMove) {
  ProgressWatch watch(5s);
  watch.start(at(0ms), 7);
  watch.look(7, at(900ms));
  EXPECT_EQ(watch.deadline(200ms), at(5'000ms));
  EXPECT_FALSE(watch.has_moved());
}

TEST(ProgressWatch, CountsFromTheLastMomentThatThePositionSpeaksFor) {
  ProgressWatch watch(5s);
  watch.start(at(0ms), 0);
  watch.look(480, at(490ms));
  EXPECT_TRUE(watch.has_moved());
  EXPECT_EQ(watch.deadline(200ms), at(690ms));
  watch.look(480, at(600ms));
  EXPECT_EQ(watch.deadline(200ms), at(690ms));
  EXPECT_EQ(watch.deadline(1s), at(1'490ms));
}

TEST(ProgressWatch, ExcusesWhoHasNothingToDo) {
  ProgressWatch watch(5s);
  watch.start(at(0ms), 0);
  watch.look(1, at(100ms));
  watch.excuse(at(1'000ms));
  EXPECT_EQ(watch.deadline(1s), at(2'000ms));
}

TEST(RestartBackoff, StartsAtOnceThenWaitsLongerAndForgetsAfterASteadyRun) {
  RestartBackoff backoff;
  EXPECT_EQ(backoff.next(100ms), 0ms);
  EXPECT_EQ(backoff.next(100ms), 100ms);
  EXPECT_EQ(backoff.next(100ms), 200ms);
  for (int i = 0; i < 10; ++i) (void)backoff.next(100ms);
  EXPECT_EQ(backoff.next(100ms), 2s);
  EXPECT_EQ(backoff.next(60s), 0ms);
  EXPECT_EQ(backoff.restarts(), 15);
}

TEST(Starvation, IsWhereSomebodyHasWorkAndNoProcessor) {
  EXPECT_TRUE(is_starved(0ms, true, 0ms));
  EXPECT_FALSE(is_starved(0ms, false, 0ms)) << "it sleeps";
  EXPECT_TRUE(is_starved(900ms, true, 800ms));
  EXPECT_FALSE(is_starved(1'100ms, true, 800ms)) << "it spins";
  EXPECT_TRUE(is_starved(9s, true, 50ms));
  EXPECT_FALSE(is_starved(11s, true, 50ms));
}

}  // namespace
}  // namespace shelcaster::app
