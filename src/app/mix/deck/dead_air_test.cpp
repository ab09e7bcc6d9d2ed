#include "app/mix/deck/dead_air.hpp"

#include <gtest/gtest.h>

namespace shelcaster::app {
namespace {

using namespace std::chrono_literals;
using Verdict = DeadAir::Verdict;

class DeadAirTest : public testing::Test {
 protected:
  DeadAirTest() { dead_air_.set_rules(rules_for(15s)); }

  static DeadAir::Rules rules_for(base::Duration after) {
    DeadAir::Rules rules;
    rules.after = after;
    return rules;
  }

  /// Reports each 100 ms, until something is to be done or the time is over.
  Verdict pass(base::Duration time, const DeadAir::Air& air, const DeadAir::Deck& deck = {}) {
    for (const base::Instant end = now_ + time; now_ < end;) {
      now_ = now_ + 100ms;
      const Verdict verdict = dead_air_.judge(now_, air, deck);
      if (verdict != Verdict::kNothing) return verdict;
    }
    return Verdict::kNothing;
  }

  static constexpr DeadAir::Air kSilence{.programme_peak_db = -120, .voice_db = -120};
  static constexpr DeadAir::Air kTalk{.programme_peak_db = -10, .voice_db = -20};
  static constexpr DeadAir::Air kHum{.programme_peak_db = -49, .voice_db = -120};
  /// Somebody talks whom nobody hears.
  static constexpr DeadAir::Air kLost{.programme_peak_db = -120, .voice_db = -20};
  /// Of the bed.
  static constexpr DeadAir::Air kMusic{.programme_peak_db = -10, .voice_db = -120};

  DeadAir dead_air_;
  base::Instant now_;
};

TEST_F(DeadAirTest, StartsTheBedWhenTheProgrammeHasBeenSilentForLongEnough) {
  EXPECT_EQ(pass(14s, kSilence), Verdict::kNothing);
  EXPECT_EQ(pass(2s, kSilence), Verdict::kStartBed);
  EXPECT_FALSE(dead_air_.is_false());
}

TEST_F(DeadAirTest, StartsTheQueueIfThereIsOneAndTheBedWhenThatHasRunOut) {
  EXPECT_EQ(pass(20s, kSilence, {.has_queue = true}), Verdict::kStartQueue);
  EXPECT_EQ(pass(600s, kMusic, {.plays = true}), Verdict::kNothing);
  EXPECT_EQ(pass(1s, kMusic, {.plays = false}), Verdict::kStartBed);
}

TEST_F(DeadAirTest, CountsFromTheLastSoundAndLetsAQuietPassageOfATrackBe) {
  EXPECT_EQ(pass(14s, kSilence), Verdict::kNothing);
  EXPECT_EQ(pass(1s, kTalk), Verdict::kNothing);
  EXPECT_EQ(pass(14s, kSilence), Verdict::kNothing);
  EXPECT_EQ(pass(60s, kSilence, {.plays = true}), Verdict::kNothing);
  EXPECT_EQ(pass(14s, kSilence), Verdict::kNothing);
}

TEST_F(DeadAirTest, HumAboutTheThresholdDoesNotPutOffWhatSilenceHasBegun) {
  EXPECT_EQ(pass(60s, kHum), Verdict::kNothing) << "above it: not silent";
  EXPECT_EQ(pass(1s, kSilence), Verdict::kNothing);
  EXPECT_EQ(pass(20s, kHum), Verdict::kStartBed) << "but once it is silent this changes nothing";
}

TEST_F(DeadAirTest, EndsForAVoiceButNotForAClick) {
  ASSERT_EQ(pass(20s, kSilence), Verdict::kStartBed);
  EXPECT_EQ(pass(10s, kMusic), Verdict::kNothing) << "its own sound ends it not";
  EXPECT_EQ(pass(200ms, kTalk), Verdict::kNothing);
  EXPECT_EQ(pass(1s, kMusic), Verdict::kNothing);
  EXPECT_EQ(pass(1s, kTalk), Verdict::kEndForVoice);
  EXPECT_FALSE(dead_air_.is_false());
  EXPECT_EQ(dead_air_.fallback(), DeadAir::Fallback::kNone);
  EXPECT_EQ(pass(14s, kSilence), Verdict::kNothing) << "and the time begins anew";
  EXPECT_EQ(pass(2s, kSilence), Verdict::kStartBed);
}

TEST_F(DeadAirTest, IsFalseIfAVoiceEndsItSoon) {
  ASSERT_EQ(pass(20s, kSilence), Verdict::kStartBed);
  EXPECT_EQ(pass(2s, kTalk), Verdict::kEndForVoice);
  EXPECT_TRUE(dead_air_.is_false());
  EXPECT_EQ(dead_air_.counts().fallbacks, 1U);
  EXPECT_EQ(dead_air_.counts().false_fallbacks, 1U);
}

TEST_F(DeadAirTest, IsFalseIfItStartsOverAVoiceAndThenWaitsForAPauseOfThat) {
  ASSERT_EQ(pass(20s, kLost), Verdict::kStartBed);
  EXPECT_TRUE(dead_air_.is_false());
  EXPECT_EQ(pass(10s, kLost), Verdict::kNothing);
  EXPECT_EQ(pass(1s, kMusic), Verdict::kNothing);
  EXPECT_EQ(pass(1s, kTalk), Verdict::kEndForVoice);
}

TEST_F(DeadAirTest, DeclaredSilenceStartsNothingAndEndsWhatGoesOn) {
  DeadAir::Rules rules = dead_air_.rules();
  rules.silence_until = now_ + 60s;
  dead_air_.set_rules(rules);
  EXPECT_EQ(pass(60s, kSilence), Verdict::kNothing);
  EXPECT_EQ(pass(16s, kSilence), Verdict::kStartBed);
  rules.silence_until = now_ + 60s;
  dead_air_.set_rules(rules);
  EXPECT_EQ(pass(1s, kMusic), Verdict::kEndForSilence);
}

TEST_F(DeadAirTest, CanBeTurnedOffAsAWholeOrWithoutABed) {
  dead_air_.set_rules({});
  EXPECT_EQ(pass(60s, kSilence), Verdict::kNothing);
  DeadAir::Rules rules = rules_for(5s);
  rules.has_bed = false;
  dead_air_.set_rules(rules);
  EXPECT_EQ(pass(60s, kSilence), Verdict::kStartEmpty);
  EXPECT_EQ(pass(1s, kSilence, {.has_queue = true}), Verdict::kStartQueue);
  EXPECT_EQ(pass(1s, kMusic), Verdict::kEnd) << "the queue has run out";
}

TEST_F(DeadAirTest, TellsOfASilenceThatNothingCanFill) {
  DeadAir::Rules rules = rules_for(15s);
  rules.has_bed = false;
  dead_air_.set_rules(rules);
  EXPECT_EQ(pass(16s, kSilence), Verdict::kStartEmpty);
  EXPECT_EQ(pass(60s, kSilence), Verdict::kNothing) << "once";
  EXPECT_EQ(pass(1s, kHum), Verdict::kNothing);
  EXPECT_EQ(pass(1s, kTalk), Verdict::kEndForSound);
  EXPECT_EQ(pass(16s, kSilence), Verdict::kStartEmpty);
  EXPECT_EQ(pass(1s, kSilence, {.has_queue = true}), Verdict::kStartQueue) << "now there is one";
  EXPECT_EQ(pass(1s, kMusic, {.plays = false}), Verdict::kEnd);
  EXPECT_EQ(pass(16s, kSilence), Verdict::kStartEmpty);
  rules.silence_until = now_ + 60s;
  dead_air_.set_rules(rules);
  EXPECT_EQ(pass(1s, kSilence), Verdict::kEndForSilence);
  EXPECT_EQ(dead_air_.counts().fallbacks, 1U) << "what played";
}

TEST_F(DeadAirTest, GoesOnWithWhatAProcessBeforeHadStarted) {
  dead_air_.resume(now_, DeadAir::Fallback::kBed);
  EXPECT_EQ(pass(60s, kMusic), Verdict::kNothing);
  EXPECT_EQ(pass(1s, kTalk), Verdict::kEndForVoice);
}

}  // namespace
}  // namespace shelcaster::app
