// The publisher dies in the middle of a show, at every step of what it writes, and its disk is full
// for a while: what listeners get is compared with the tape, packet by packet.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/random.hpp"
#include "media/ffmpeg_for_tests.hpp"
#include "publisher.hpp"
#include "show_world.hpp"

namespace shelcaster::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr int kTapeSeconds = 20;

/// Music on the air, and who publishes it.
class Broadcast {
 public:
  explicit Broadcast(std::uint64_t seed) : world_(seed, kTapeSeconds) {
    world_.set_each_tick([this](base::Instant now) { publisher_.tick(now); });
    world_.deck("DECK_PLAY");
  }
  ShowWorld& world() { return world_; }
  Publisher& publisher() { return publisher_; }
  void run(base::Duration length) { world_.run(length); }
  std::string violations() { return world_.invariants().violations(); }

 private:
  media::TestFolder folder_;
  ShowWorld world_;
  Publisher publisher_{world_.tape_fd(), folder_.path(),
                       [this](const std::string& what) { world_.expect(false, what); }};
};

TEST(PublisherCrash, AtEveryStepOfAShowCostsListenersNothing) {
  std::int64_t steps = 1;
  for (std::int64_t step = 0; step < steps; ++step) {
    Broadcast show(11);
    show.publisher().die_after(step, milliseconds(100));
    show.run(seconds(7));
    // The one after it dies too, somewhere else.
    if (show.publisher().deaths() > 0) show.publisher().die_after(step * 7 % 13, milliseconds(350));
    show.run(seconds(9));
    ASSERT_EQ(show.violations(), "") << "killed at step " << step;
    EXPECT_EQ(show.publisher().listener().breaks(), 0);
    EXPECT_GE(show.publisher().listener().segments(), 6);
    if (show.publisher().deaths() == 0) break;
    steps = show.publisher().disk().steps();
  }
  EXPECT_GT(steps, 50);
}

TEST(PublisherCrash, BetweenItsReadsCostsListenersNothing) {
  Broadcast show(12);
  base::SeededRandom dice(12);
  for (int death = 0; death < 60; ++death) {
    show.run(milliseconds(10 * (1 + dice.below(200))));
    show.publisher().kill(milliseconds(10 * (1 + dice.below(60))));
  }
  show.run(seconds(4));
  EXPECT_EQ(show.violations(), "");
  EXPECT_EQ(show.publisher().listener().breaks(), 0);
  EXPECT_EQ(show.publisher().deaths(), 60);
}

TEST(PublisherCrash, TogetherWithTheMixersCostsListenersNothing) {
  Broadcast show(13);
  base::SeededRandom dice(13);
  for (int round = 0; round < 30; ++round) {
    show.run(milliseconds(10 * (60 + dice.below(200))));
    show.publisher().die_after(static_cast<std::int64_t>(dice.below(12)), milliseconds(150));
    // As long as the tape is ahead of the publisher.
    show.world().crash_mixer(milliseconds(10 * (2 + dice.below(26))));
  }
  show.run(seconds(4));
  EXPECT_EQ(show.violations(), "");
  EXPECT_EQ(show.publisher().listener().breaks(), 0);
}

TEST(FullDisk, AtAnyStepLosesSegmentsBehindAMarkAndNothingElse) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Broadcast show(seed);
    base::SeededRandom dice(seed);
    show.run(milliseconds(10 * (100 + dice.below(600))));
    const std::int64_t before = show.publisher().listener().segments();
    show.publisher().fill_disk(true);
    show.run(milliseconds(10 * dice.below(700)));
    if (dice.below(2) == 0) show.publisher().kill(milliseconds(100));
    show.run(milliseconds(10 * dice.below(300)));
    show.publisher().fill_disk(false);
    show.run(seconds(8));
    EXPECT_EQ(show.violations(), "") << "seed " << seed;
    EXPECT_LE(show.publisher().listener().breaks(), 1);
    EXPECT_GE(show.publisher().listener().segments(), before + 3);
  }
}

/// What is above can fail.
class PublisherCanary : public testing::TestWithParam<std::pair<PublishSabotage, const char*>> {};

TEST_P(PublisherCanary, IsNoticed) {
  Broadcast show(14);
  show.run(seconds(9));
  ASSERT_EQ(show.violations(), "");
  show.publisher().sabotage(GetParam().first);
  show.run(seconds(12));
  show.publisher().kill(milliseconds(100));
  show.run(seconds(30));
  EXPECT_THAT(show.violations(), HasSubstr(GetParam().second));
}

INSTANTIATE_TEST_SUITE_P(
    Publisher, PublisherCanary,
    testing::Values(std::pair{PublishSabotage::kForgottenState, "begins at"},
                    std::pair{PublishSabotage::kOldState, "has left the list's end"},
                    std::pair{PublishSabotage::kTornSegment, "has changed since it was listed"},
                    std::pair{PublishSabotage::kColdStart, "begins at"}));

}  // namespace
}  // namespace shelcaster::sim
