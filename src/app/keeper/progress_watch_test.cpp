#include "app/keeper/progress_watch.hpp"

#include <gtest/gtest.h>

namespace shelcaster::app {
namespace {

using namespace std::chrono_literals;

constexpr base::Instant at(std::chrono::milliseconds ms) { return base::Instant() + ms; }

TEST(ProgressWatch, GivesALongerTimeUntilTheFirstMove) {
  ProgressWatch watch(5s, 1s);
  watch.start(at(0ms), 7);
  EXPECT_FALSE(watch.is_hung(at(4'999ms), 7));
  EXPECT_TRUE(watch.is_hung(at(5'000ms), 7));
}

TEST(ProgressWatch, SeesAPositionThatStandsStill) {
  ProgressWatch watch(5s, 1s);
  watch.start(at(0ms), 0);
  EXPECT_FALSE(watch.is_hung(at(500ms), 480));
  EXPECT_TRUE(watch.has_moved());
  EXPECT_FALSE(watch.is_hung(at(1'499ms), 480));
  EXPECT_TRUE(watch.is_hung(at(1'500ms), 480));
}

TEST(ProgressWatch, ExcusesWhoHasNothingToDo) {
  ProgressWatch watch(5s, 1s);
  watch.start(at(0ms), 0);
  (void)watch.is_hung(at(100ms), 1);
  watch.excuse(at(1'000ms));
  EXPECT_FALSE(watch.is_hung(at(1'900ms), 1));
  EXPECT_TRUE(watch.is_hung(at(2'000ms), 1));
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

}  // namespace
}  // namespace shelcaster::app
