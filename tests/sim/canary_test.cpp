// Each of these shows is broken in one way behind the invariants' back, and they must notice: an
// invariant that can't fail proves nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "show_world.hpp"

namespace shelcaster::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

/// A host and a caller who have been on the air for a while.
class Canary : public testing::Test {
 protected:
  void SetUp() override {
    world_.join("host", {.tone_hz = 450, .is_host = true});
    ada_ = world_.join("ada", {.tone_hz = 650});
    world_.run(seconds(6));
    ASSERT_TRUE(world_.invariants().hold()) << world_.invariants().violations();
  }
  std::string found(base::Duration within = seconds(3)) {
    world_.run(within);
    return world_.invariants().violations();
  }

  ShowWorld world_{77};
  std::size_t ada_ = 0;
};

TEST_F(Canary, ADeafMixerIsNoticed) {
  world_.sabotage(Sabotage::kDeafMixer, ada_);
  EXPECT_THAT(found(), HasSubstr("dB in the programme instead of -45.9"));
}

TEST_F(Canary, AKickThatLeavesTheSeatIsNoticed) {
  world_.sabotage(Sabotage::kForgottenKick);
  world_.kick(ada_, /*keeps_sending=*/true);
  EXPECT_THAT(found(), HasSubstr("where nothing of it may be"));
}

TEST_F(Canary, AKickedPersonWhoGetsInAgainIsNoticed) {
  world_.sabotage(Sabotage::kForgottenKick);
  world_.kick(ada_, /*keeps_sending=*/false);
  EXPECT_THAT(found(), HasSubstr("ada was kicked and has got in"));
}

TEST_F(Canary, AWrongFaderIsNoticed) {
  world_.sabotage(Sabotage::kWrongFader);
  world_.set_volume(ada_, 90);
  EXPECT_THAT(found(), HasSubstr("ada is at"));
}

TEST_F(Canary, OnesOwnVoiceInTheReturnIsNoticed) {
  world_.say(0, 650);
  EXPECT_THAT(found(), HasSubstr("dB in the return of ada, where nothing of it may be"));
}

TEST_F(Canary, APathThatStaysDeadIsNoticed) {
  world_.network_unseen().up(1).is_out = true;
  EXPECT_THAT(found(), HasSubstr("ada is at"));
}

TEST_F(Canary, AReturnThatStopsIsNoticed) {
  world_.network_unseen().down(1).is_out = true;
  EXPECT_THAT(found(), HasSubstr("packets of the return"));
}

TEST_F(Canary, ADelayThatNeverComesBackIsNoticed) {
  world_.network_unseen().up(1).jitter = milliseconds(80);
  EXPECT_THAT(found(seconds(20)), HasSubstr("ms late"));
}

TEST_F(Canary, AClickIsNoticed) {
  world_.sabotage(Sabotage::kClick);
  EXPECT_THAT(found(milliseconds(10)), HasSubstr("click"));
}

TEST_F(Canary, ANotANumberIsNoticed) {
  world_.sabotage(Sabotage::kNotANumber);
  EXPECT_THAT(found(milliseconds(10)), HasSubstr("no number"));
}

TEST_F(Canary, ATornTapeIsNoticed) {
  world_.sabotage(Sabotage::kTornTape);
  EXPECT_THAT(found(milliseconds(10)), HasSubstr("tape"));
}

TEST_F(Canary, AnAllocationOnTheAudioThreadIsNoticed) {
  world_.sabotage(Sabotage::kAllocation);
  EXPECT_THAT(found(), HasSubstr("allocated"));
}

TEST_F(Canary, SessionsThatPileUpAreNoticed) {
  world_.sabotage(Sabotage::kPhantoms);
  EXPECT_THAT(found(), HasSubstr("sessions"));
}

}  // namespace
}  // namespace shelcaster::sim
