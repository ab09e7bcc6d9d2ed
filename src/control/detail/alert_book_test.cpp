#include "control/detail/alert_book.hpp"

#include <gmock/gmock.h>

#include <string>

namespace shelcaster::control::detail {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

class AlertBookTest : public testing::Test {
 protected:
  AlertBookTest() {
    facts_.clip_ms = 0;
    facts_.fallback = "";
  }
  /// "+kind" and "-kind", for an output "+kind:id", of all that changed while the facts stay.
  std::vector<std::string> pass(base::Duration time, bool is_keeper_there = true) {
    std::vector<std::string> changes;
    for (base::Duration done{0}; done < time; done += 1s) {
      now_ = now_ + 1s;
      if (is_keeper_there) facts_.heartbeat = now_.nanoseconds();
      note(book_.update(facts_, now_, wall()), changes);
    }
    return changes;
  }
  void note(const std::vector<AlertChange>& news, std::vector<std::string>& changes) {
    for (const AlertChange& change : news) {
      changes.push_back((change.is_raised ? "+" : "-") + std::string(to_string(change.alert.kind)) +
                        (change.alert.output_id.empty() ? "" : ":" + change.alert.output_id));
      last_detail_ = change.alert.detail;
    }
  }
  void clip_for(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      *facts_.clip_ms += 1'000;
      const auto changes = pass(1s);
      clip_changes_.insert(clip_changes_.end(), changes.begin(), changes.end());
    }
  }
  [[nodiscard]] base::WallTime wall() const {
    return base::WallTime::from_unix_ms(now_.nanoseconds() / 1'000'000);
  }

  base::Instant now_ = base::Instant::from_nanoseconds(1'000'000'000);
  AlertBook book_;
  AlertFacts facts_;
  std::string last_detail_;
  std::vector<std::string> clip_changes_;
};

TEST_F(AlertBookTest, SaysNothingOfAShowThatIsWell) {
  facts_.outputs = {{"rtmp", true, ""}};
  EXPECT_THAT(pass(120s), IsEmpty());
  EXPECT_THAT(book_.raised(), IsEmpty());
}

TEST_F(AlertBookTest, RaisesAnOutputThatIsDownForMoreThan30SecondsOnceAndClearsItOnce) {
  facts_.outputs = {{"rtmp", false, "connection refused"}};
  EXPECT_THAT(pass(31s), IsEmpty());
  EXPECT_THAT(pass(60s), ElementsAre("+output_down:rtmp"));
  EXPECT_EQ(last_detail_,
            "the output rtmp has been off the air for more than 30 s of the last two minutes: "
            "connection refused");
  facts_.outputs[0].is_connected = true;
  EXPECT_THAT(pass(60s), ElementsAre("-output_down:rtmp"));
}

TEST_F(AlertBookTest, RaisesOneLastingAlertForAnOutputThatComesAndGoes) {
  facts_.outputs = {{"rtmp", true, "closed"}};
  std::vector<std::string> changes;
  for (int i = 0; i < 40; ++i) {
    facts_.outputs[0].is_connected = i % 2 == 0;
    for (const auto& change : pass(4s)) changes.push_back(change);
  }
  EXPECT_THAT(changes, ElementsAre("+output_down:rtmp"));
  facts_.outputs[0].is_connected = true;
  EXPECT_THAT(pass(29s), IsEmpty());
  EXPECT_THAT(pass(5s), ElementsAre("-output_down:rtmp"));
  EXPECT_THAT(pass(300s), IsEmpty());
}

TEST_F(AlertBookTest, SaysNothingOfAnOutputThatIsAwayForAMomentNowAndThen) {
  facts_.outputs = {{"rtmp", true, ""}};
  for (int i = 0; i < 20; ++i) {
    facts_.outputs[0].is_connected = false;
    EXPECT_THAT(pass(5s), IsEmpty());
    facts_.outputs[0].is_connected = true;
    EXPECT_THAT(pass(25s), IsEmpty());
  }
}

TEST_F(AlertBookTest, ClearsAnOutputThatIsRemovedAndJudgesItAnewWhenItIsSetAgain) {
  facts_.outputs = {{"rtmp", false, ""}};
  EXPECT_THAT(pass(40s), ElementsAre("+output_down:rtmp"));
  facts_.outputs.clear();
  EXPECT_THAT(pass(5s), ElementsAre("-output_down:rtmp"));
  EXPECT_THAT(last_detail_, HasSubstr("removed"));
  facts_.outputs = {{"rtmp", false, ""}};
  EXPECT_THAT(pass(20s), IsEmpty());
  facts_.outputs.clear();
  EXPECT_THAT(pass(1s), IsEmpty());
  facts_.outputs = {{"rtmp", false, ""}};
  EXPECT_THAT(pass(31s), IsEmpty()) << "the seconds before it was removed don't count";
}

TEST_F(AlertBookTest, JudgesADestinationThatTookAnothersPlaceAnew) {
  facts_.outputs = {{"rtmp", false, "key refused", "key_refused", 1}};
  EXPECT_THAT(pass(40s), ElementsAre("+output_down:rtmp"));
  facts_.outputs = {{"rtmp", false, "", "", 2}};
  EXPECT_THAT(pass(5s), ElementsAre("-output_down:rtmp"));
  EXPECT_THAT(last_detail_, HasSubstr("another destination"));
  EXPECT_THAT(pass(20s), IsEmpty()) << "the time of the one before doesn't count";
  facts_.outputs[0].detail = "no such host";
  EXPECT_THAT(pass(20s), ElementsAre("+output_down:rtmp"));
  EXPECT_THAT(last_detail_, HasSubstr("no such host"));
}

TEST_F(AlertBookTest, SaysOfAnOutputThatStaysDownWhatItSaidLast) {
  facts_.outputs = {{"rtmp", false, "no such host"}};
  EXPECT_THAT(pass(40s), ElementsAre("+output_down:rtmp"));
  facts_.outputs[0].detail = "";
  EXPECT_THAT(pass(5s), IsEmpty());
  EXPECT_THAT(book_.raised().at(0).detail, HasSubstr("no such host")) << "it is being tried again";
  facts_.outputs[0].detail = "the stream key is refused";
  EXPECT_THAT(pass(5s), IsEmpty());
  EXPECT_THAT(book_.raised().at(0).detail, HasSubstr("the stream key is refused"));
}

TEST_F(AlertBookTest, SaysWhatFillsTheProgrammeWhenThatBecomesSomethingElse) {
  facts_.fallback = "queue";
  EXPECT_THAT(pass(20s), ElementsAre("+dead_air"));
  const base::WallTime since = book_.raised().at(0).since;
  facts_.fallback = "bed";
  EXPECT_THAT(pass(20s), IsEmpty()) << "it is the same alert";
  EXPECT_EQ(book_.raised().at(0).detail,
            "the programme has been silent; the standby music is playing");
  EXPECT_EQ(book_.raised().at(0).since, since);
}

TEST_F(AlertBookTest, RaisesALostHeartbeatAndDoesNotBelieveWhatWasReportedLast) {
  facts_.outputs = {{"rtmp", false, ""}};
  pass(1s);
  EXPECT_THAT(pass(10s, false), IsEmpty());
  EXPECT_THAT(pass(60s, false), ElementsAre("+heartbeat_lost"));
  facts_.outputs[0].is_connected = true;
  EXPECT_THAT(pass(1s), ElementsAre("-heartbeat_lost"));
}

TEST_F(AlertBookTest, RaisesAHeartbeatThatNeverCame) {
  EXPECT_THAT(pass(11s, false), IsEmpty());
  EXPECT_THAT(pass(1s, false), ElementsAre("+heartbeat_lost"));
}

TEST_F(AlertBookTest, RaisesClippingIn3Of10SecondsAndClearsItAfter10WithoutAny) {
  pass(20s);
  clip_for(2);
  pass(12s);
  clip_for(2);
  EXPECT_THAT(clip_changes_, IsEmpty());
  EXPECT_THAT(pass(7s), IsEmpty());
  clip_for(1);
  EXPECT_THAT(clip_changes_, ElementsAre("+clipping"));
  clip_for(20);
  EXPECT_EQ(clip_changes_.size(), 1U);
  EXPECT_THAT(pass(9s), IsEmpty());
  EXPECT_THAT(pass(1s), ElementsAre("-clipping"));
}

TEST_F(AlertBookTest, TakesTheCountOfANewMixerForNoClipping) {
  clip_for(2);
  facts_.clip_ms = 0;
  pass(1s);
  clip_for(2);
  EXPECT_THAT(clip_changes_, IsEmpty());
  facts_.clip_ms.reset();
  EXPECT_THAT(pass(60s), IsEmpty());
}

TEST_F(AlertBookTest, RaisesWhatIsPublishedBadlyForMoreThan10Seconds) {
  facts_.output_problems = {"segment 7 is not on the disk", "the publisher is not running"};
  EXPECT_THAT(pass(11s), IsEmpty());
  EXPECT_THAT(pass(20s), ElementsAre("+output_silent_or_broken"));
  EXPECT_THAT(last_detail_, HasSubstr("segment 7 is not on the disk; the publisher"));
  facts_.output_problems.clear();
  EXPECT_THAT(pass(20s), ElementsAre("-output_silent_or_broken"));
}

TEST_F(AlertBookTest, RaisesDeadAirAtOnceAndKeepsItWhileNothingIsKnown) {
  facts_.fallback = "bed";
  EXPECT_THAT(pass(20s), ElementsAre("+dead_air"));
  EXPECT_EQ(last_detail_, "the programme has been silent; the standby music is playing");
  facts_.fallback.reset();
  EXPECT_THAT(pass(20s), IsEmpty());
  facts_.fallback = "";
  EXPECT_THAT(pass(20s), ElementsAre("-dead_air"));
}

TEST_F(AlertBookTest, RaisesAFailingDiskAtOnce) {
  facts_.disk_problem = "";
  EXPECT_THAT(pass(20s), IsEmpty());
  facts_.disk_problem = "segments: No space left on device";
  EXPECT_THAT(pass(20s), ElementsAre("+disk_failing"));
  EXPECT_THAT(last_detail_, HasSubstr("segments: No space left on device"));
  facts_.disk_problem.reset();
  EXPECT_THAT(pass(20s), IsEmpty());
  facts_.disk_problem = "";
  EXPECT_THAT(pass(20s), ElementsAre("-disk_failing"));
}

TEST_F(AlertBookTest, GoesOnWithWhatAnEarlierProcessHadRaised) {
  facts_.outputs = {{"rtmp", false, ""}};
  facts_.clip_ms = 50'000;
  EXPECT_THAT(pass(40s), ElementsAre("+output_down:rtmp"));
  book_ = AlertBook({{AlertKind::kOutputDown, "rtmp", "down", wall()},
                     {AlertKind::kClipping, "", "clips", wall()},
                     {AlertKind::kHeartbeatLost, "", "silent", wall()}});
  facts_.heartbeat.reset();
  EXPECT_THAT(pass(9s, false), IsEmpty()) << "the keeper has not dialled back";
  EXPECT_THAT(pass(1s), ElementsAre("-heartbeat_lost"));
  EXPECT_THAT(pass(60s), ElementsAre("-clipping"));
  facts_.outputs[0].is_connected = true;
  EXPECT_THAT(pass(32s), ElementsAre("-output_down:rtmp"));
}

TEST_F(AlertBookTest, ClearsAllWhenTheShowEndsAndOnlyTheRestWhenItFails) {
  facts_.outputs = {{"rtmp", false, ""}};
  facts_.fallback = "queue";
  pass(40s);
  ASSERT_EQ(book_.raised().size(), 2U);
  std::vector<std::string> changes;
  note(book_.fail("no processes", wall()), changes);
  EXPECT_THAT(changes, ElementsAre("+output_silent_or_broken", "-dead_air", "-output_down:rtmp"));
  changes.clear();
  note(book_.fail("no processes", wall()), changes);
  EXPECT_THAT(changes, IsEmpty());
  note(book_.end("the show has ended"), changes);
  EXPECT_THAT(changes, ElementsAre("-output_silent_or_broken"));
  EXPECT_EQ(last_detail_, "the show has ended");
}

TEST(AlertKinds, AreReadAsTheyAreWritten) {
  for (const AlertKind kind : kAlertKinds) EXPECT_EQ(parse_alert_kind(to_string(kind)), kind);
  EXPECT_FALSE(parse_alert_kind("weather"));
}

}  // namespace
}  // namespace shelcaster::control::detail
