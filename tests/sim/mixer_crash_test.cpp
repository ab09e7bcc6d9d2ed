// The mixer's process dies in the middle of a show, and another one goes on.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "show_world.hpp"

namespace shelcaster::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

void expect_kept(const ShowWorld& world) {
  EXPECT_TRUE(world.invariants().hold()) << world.invariants().violations();
}

/// A host and two callers on the air, music, and one who waits.
void fill(ShowWorld& world) {
  world.join("host", {.tone_hz = 400, .is_host = true});
  world.join("ada", {.tone_hz = 500});
  world.join("ben", {.tone_hz = 600});
  world.join("eve", {.tone_hz = 700, .is_on_air = false});
  world.deck("DECK_PLAY");
  world.run(seconds(6));
}

TEST(MixerCrash, IsHeardByNobodyAndEndsNoSession) {
  for (const int down_ms : {30, 100, 240, 400}) {
    ShowWorld world(17);
    fill(world);
    const std::size_t sessions = world.session_count();
    for (int crash = 0; crash < 10; ++crash) {
      world.crash_mixer(milliseconds(down_ms));
      EXPECT_EQ(world.session_count(), sessions);
      world.run(milliseconds(1'000 + 70 * crash));
    }
    for (std::size_t person = 0; person < world.people(); ++person) {
      EXPECT_TRUE(world.is_connected(person));
    }
    expect_kept(world);
  }
}

/// On a stage elsewhere: the mixer is the side that offers, and asks for consent.
TEST(MixerCrash, EndsNoSessionThatTheMixerHasOffered) {
  ShowWorld world(23);
  world.join("host", {.tone_hz = 400, .is_host = true, .is_called = true});
  world.join("ada", {.tone_hz = 500, .is_called = true});
  world.join("ben", {.tone_hz = 600});
  world.join("eve", {.tone_hz = 700, .is_on_air = false, .is_called = true});
  world.deck("DECK_PLAY");
  world.run(seconds(6));
  const std::size_t sessions = world.session_count();
  for (int crash = 0; crash < 6; ++crash) {
    world.crash_mixer(milliseconds(60 + 50 * crash));
    EXPECT_EQ(world.session_count(), sessions);
    world.run(seconds(1 + 12 * (crash % 3)));
  }
  for (std::size_t person = 0; person < world.people(); ++person) {
    EXPECT_TRUE(world.is_connected(person));
  }
  expect_kept(world);
}

TEST(MixerCrash, LosesAndRepeatsNoSampleOfTheDeck) {
  ShowWorld undisturbed(3);
  ShowWorld disturbed(3);
  for (ShowWorld* world : {&undisturbed, &disturbed}) {
    world->deck("DECK_PLAY");
    world->run(seconds(1));
  }
  for (int crash = 0; crash < 30; ++crash) {
    const auto down = milliseconds(20 + 30 * (crash % 9));
    const auto up = milliseconds(600 + 10 * (crash % 17));
    disturbed.crash_mixer(down);
    disturbed.run(up);
    undisturbed.run(down + up);
    ASSERT_EQ(disturbed.programme(milliseconds(800)), undisturbed.programme(milliseconds(800)))
        << "after crash " << crash;
  }
}

/// The mixer dies between the acknowledgement of a command and its first block.
TEST(MixerCrash, LosesNoCommandAndDoesNoneTwice) {
  ShowWorld world(5);
  world.deck("DECK_PLAY");
  world.run(seconds(1));
  world.deck("DECK_PAUSE");
  world.crash_mixer(milliseconds(100));
  world.run(milliseconds(500));
  const std::vector<float> paused = world.programme(milliseconds(300));
  EXPECT_EQ(paused, std::vector<float>(paused.size(), 0.0F));
  world.deck("DECK_PLAY");
  world.crash_mixer(milliseconds(100));
  world.run(milliseconds(500));
  EXPECT_NE(world.programme(milliseconds(300)), paused);
  for (int skip = 0; skip < 5; ++skip) {
    world.deck("DECK_SKIP");
    world.crash_mixer(milliseconds(60));
    world.run(milliseconds(700));
  }
  EXPECT_EQ(world.deck_item(), "item-5");
  world.deck("DECK_SEEK", 30'000);
  world.crash_mixer(milliseconds(50));
  world.run(milliseconds(1'500));
  EXPECT_NEAR(static_cast<double>(world.deck_position_ms()), 31'500, 600);
  expect_kept(world);
}

/// A voice goes on with the next sample: what waited in the jitter buffer is in the journal.
TEST(MixerCrash, CostsAVoiceOnAGoodLineNothing) {
  ShowWorld undisturbed(9);
  ShowWorld disturbed(9);
  for (ShowWorld* world : {&undisturbed, &disturbed}) {
    world->join("host", {.tone_hz = 440, .is_host = true, .uses_dtx = false});
    world->run(seconds(8));
  }
  for (int crash = 0; crash < 20; ++crash) {
    disturbed.crash_mixer(milliseconds(30 + 20 * crash));
    disturbed.run(milliseconds(900));
    undisturbed.run(milliseconds(930 + 20 * crash));
    const auto expected = undisturbed.programme(milliseconds(1'200));
    const auto got = disturbed.programme(milliseconds(1'200));
    float worst = 0;
    for (std::size_t i = 0; i < got.size(); ++i)
      worst = std::max(worst, std::abs(got[i] - expected[i]));
    EXPECT_LT(worst, 0.01F) << "after crash " << crash;
  }
}

/// It dies in the middle of a tick: its block is on the tape, its record is torn or whole, its
/// returns are sent in part.
TEST(MixerCrash, InTheMiddleOfATickLosesAndRepeatsNoSample) {
  ShowWorld undisturbed(4);
  ShowWorld disturbed(4);
  for (ShowWorld* world : {&undisturbed, &disturbed}) {
    world->deck("DECK_PLAY");
    world->run(seconds(1));
  }
  for (int crash = 0; crash < 40; ++crash) {
    const auto down = milliseconds(20 + 30 * (crash % 9));
    const auto up = milliseconds(600 + 10 * (crash % 17));
    disturbed.crash_mixer_in_tick(crash % 4 != 0, crash % 11 * 0.1, down);
    disturbed.run(up);
    undisturbed.run(milliseconds(10) + down + up);
    ASSERT_EQ(disturbed.programme(milliseconds(800)), undisturbed.programme(milliseconds(800)))
        << "after crash " << crash;
  }
  expect_kept(disturbed);
}

TEST(MixerCrash, InTheMiddleOfATickIsHeardByNobodyAndEndsNoSession) {
  ShowWorld world(18);
  fill(world);
  const std::size_t sessions = world.session_count();
  for (int crash = 0; crash < 40; ++crash) {
    world.crash_mixer_in_tick(crash % 3 != 0, crash % 11 * 0.1, milliseconds(20 + 10 * crash));
    EXPECT_EQ(world.session_count(), sessions);
    world.run(milliseconds(900 + 70 * (crash % 7)));
  }
  for (std::size_t person = 0; person < world.people(); ++person) {
    EXPECT_TRUE(world.is_connected(person));
  }
  expect_kept(world);
}

/// So that what is above can fail.
class MixerCrashCanary : public testing::Test {
 protected:
  std::string crash_with(Sabotage how) {
    ShowWorld world(17);
    fill(world);
    EXPECT_TRUE(world.invariants().hold()) << world.invariants().violations();
    world.sabotage(how);
    world.crash_mixer(milliseconds(240));
    world.run(seconds(5));
    return world.invariants().violations();
  }
};

TEST_F(MixerCrashCanary, NoticesAForgottenCheckpoint) {
  EXPECT_NE(crash_with(Sabotage::kForgottenCheckpoint), "");
}
TEST_F(MixerCrashCanary, NoticesPacketsThatWereLost) {
  EXPECT_NE(crash_with(Sabotage::kLostPackets), "");
}
TEST_F(MixerCrashCanary, NoticesADeckThatIsNotWaitedFor) {
  EXPECT_NE(crash_with(Sabotage::kLateDeck), "");
}

}  // namespace
}  // namespace shelcaster::sim
