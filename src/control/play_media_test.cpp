#include <gtest/gtest.h>

#include "control/test_world.hpp"

// PLAY_MEDIA over something that plays.
namespace shelcaster::control {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

class PlayMediaTest : public testing::Test, public TestWorld {
 protected:
  void SetUp() override {
    const auto session = json(call("POST", "/sessions", R"({"title":"Night"})"));
    id_ = text(session, "showId");
    session_ = text(session, "sessionId");
    connect(id_);
    report_running(id_);
    const auto song = json(call("POST", "/tracks", R"({"url":"https://example.org/song"})"));
    report(text(song, "trackId"), ImportProgress::State::kReady);
    const auto queue = json(call("POST", "/shows/" + id_ + "/queue",
                                 R"({"trackId":")" + text(song, "trackId") + "\"}"));
    item_ = text(queue.at("items").at(0).as_object(), "itemId");
    deck_plays(item_);
    stages.sent.clear();
  }
  void deck_plays(const std::string& item) {
    from_keeper(id_, {{"type", "deck"}, {"state", "PLAYING"}, {"itemId", item}, {"positionMs", 1}});
  }
  /// The track that it made.
  std::string play(const std::string& url) {
    EXPECT_EQ(call("POST", "/sessions/" + session_ + "/program/commands",
                   R"({"command":"PLAY_MEDIA","program_url":")" + url + "\"}")
                  .status,
              200);
    return media.jobs.back().track_id.str();
  }
  void deck_stops() {
    from_keeper(id_,
                {{"type", "deck"}, {"state", "STOPPED"}, {"itemId", nullptr}, {"positionMs", 0}});
  }
  void report(const std::string& track, ImportProgress::State state, bool is_playable = true) {
    ImportProgress progress;
    progress.track_id = studio::TrackId(track);
    progress.state = state;
    progress.progress = 0.1;
    progress.is_playable = is_playable;
    progress.duration_ms = 1000;
    if (state == ImportProgress::State::kFailed) progress.error = "no such host";
    api->handle_import(progress);
  }
  int given() { return stages.count("command"); }
  std::vector<std::string> failures() {
    std::vector<std::string> errors;
    const auto log = json(call("GET", "/shows/" + id_ + "/events"));
    for (const json::value& event : log.at("events").as_array()) {
      if (event.at("kind") != "deck_command_failed") continue;
      errors.push_back(text(event.at("data").as_object(), "error"));
    }
    return errors;
  }
  std::vector<std::string> end_reasons() {
    std::vector<std::string> reasons;
    const auto log = json(call("GET", "/shows/" + id_ + "/events"));
    for (const json::value& event : log.at("events").as_array()) {
      if (event.at("kind") != "deck_item_ended") continue;
      reasons.push_back(text(event.at("data").as_object(), "reason"));
    }
    return reasons;
  }

  std::string id_, session_, item_;
};

TEST_F(PlayMediaTest, TakesADeckThatPlaysWhenItsFirstSoundIsThere) {
  const std::string track = play("https://example.org/jingle");
  pass(5s);
  EXPECT_EQ(given(), 0);
  report(track, ImportProgress::State::kImporting);
  pass(1s);
  ASSERT_EQ(given(), 1);
  EXPECT_EQ(stages.last("command").at("item").at("trackId"), json::value(track));
  EXPECT_FALSE(stages.last("command").contains("awaits"));
  EXPECT_TRUE(failures().empty());
}

TEST_F(PlayMediaTest, NeverCutsASongForAWrongAddress) {
  const std::string track = play("https://example.org/wrong");
  report(track, ImportProgress::State::kFailed);
  pass(1s);
  EXPECT_EQ(given(), 0);
  EXPECT_EQ(failures(), std::vector<std::string>{"no such host"});
  play("https://example.org/slow");
  pass(11s);
  EXPECT_EQ(given(), 0);
  EXPECT_EQ(failures().back(), "it could not be played within 10 s");
  report(media.jobs.back().track_id.str(), ImportProgress::State::kImporting);
  pass(1s);
  EXPECT_EQ(given(), 0) << "too late";
}

TEST_F(PlayMediaTest, LeavesNoTrackOfAnAddressThatFailsHoweverOftenItIsTried) {
  const std::size_t before = store.list(store::Collection::kTracks, "")->size();
  std::string last;
  for (int i = 0; i < 3; ++i) {
    last = play("https://example.org/wrong");
    report(last, ImportProgress::State::kFailed);
    pass(1s);
  }
  EXPECT_EQ(failures().size(), 3U);
  EXPECT_EQ(store.list(store::Collection::kTracks, "")->size(), before);
  EXPECT_EQ(call("GET", "/tracks/" + last).status, 404);
}

TEST_F(PlayMediaTest, ThatGivesNoSoundToAnIdleDeckIsAFailureAndLeavesNoTrack) {
  const std::size_t before = store.list(store::Collection::kTracks, "")->size();
  for (const bool is_end_first : {true, false}) {
    deck_stops();
    const std::string track = play("https://example.org/wrong");
    const auto command = stages.last("command");
    const std::string jingle = text(command.at("item").as_object(), "itemId");
    from_keeper(id_, {{"type", "ack"}, {"id", command.at("id")}, {"ok", true}});
    from_keeper(id_,
                {{"type", "deck"}, {"state", "PLAYING"}, {"itemId", jingle}, {"positionMs", 0}});
    const auto ends = [&] {
      from_keeper(id_, {{"type", "deck_item_ended"}, {"itemId", jingle}, {"reason", "END"}});
      deck_stops();
    };
    if (is_end_first) ends();
    report(track, ImportProgress::State::kFailed, false);
    if (!is_end_first) ends();
    pass(1s);
    EXPECT_EQ(failures().back(), "no such host");
    EXPECT_EQ(call("GET", "/tracks/" + track).status, 404) << is_end_first;
  }
  EXPECT_EQ(failures().size(), 2U);
  EXPECT_EQ(end_reasons(), (std::vector<std::string>{"ERROR", "ERROR"}));
  EXPECT_EQ(store.list(store::Collection::kTracks, "")->size(), before);
}

TEST_F(PlayMediaTest, KeepsItsTitleWhenTheLibraryHasTheSameSoundUnderAnother) {
  const std::string host = text(json(call("GET", "/shows/" + id_ + "/links")), "hostToken");
  const auto get_ready = [&](const std::string& track) {
    ImportProgress progress;
    progress.track_id = studio::TrackId(track);
    progress.state = ImportProgress::State::kReady;
    progress.content_hash = "same";
    api->handle_import(progress);
  };
  const auto known =
      json(call("POST", "/tracks", R"({"url":"https://example.org/other","title":"Other"})", host));
  get_ready(text(known, "trackId"));
  deck_stops();
  const std::string track = play("https://example.org/jingle.mp3");
  const auto command = stages.last("command");
  const std::string item = text(command.at("item").as_object(), "itemId");
  from_keeper(id_, {{"type", "ack"}, {"id", command.at("id")}, {"ok", true}});
  deck_plays(item);
  get_ready(track);
  EXPECT_EQ(call("GET", "/tracks/" + track).status, 404) << "there is one file of it";
  connect(id_);
  EXPECT_EQ(stages.last("desired").at("played").at("trackId"), known.at("trackId"));
  EXPECT_EQ(stages.last("desired").at("played").at("title"), "jingle");
  deck_plays(item);
  EXPECT_EQ(text(json(call("GET", "/shows/" + id_ + "/deck")), "title"), "jingle");
}

TEST_F(PlayMediaTest, IsCancelledByWhatTheDeskCommandsNext) {
  const std::string first = play("https://example.org/one");
  const std::string second = play("https://example.org/two");
  call("POST", "/shows/" + id_ + "/deck/commands", R"({"command":"PAUSE","id":"pause"})");
  report(first, ImportProgress::State::kImporting);
  report(second, ImportProgress::State::kImporting);
  pass(1s);
  ASSERT_EQ(given(), 1);
  EXPECT_EQ(stages.last("command").at("command"), "DECK_PAUSE");
  EXPECT_EQ(failures().size(), 2U);
}

TEST_F(PlayMediaTest, OutlivesTheServerWhileItWaits) {
  const std::string track = play("https://example.org/jingle");
  restart();
  connect(id_);
  report_running(id_);
  deck_plays(item_);
  stages.sent.clear();
  pass(1s);
  EXPECT_EQ(given(), 0);
  report(track, ImportProgress::State::kImporting);
  pass(1s);
  EXPECT_EQ(given(), 1);
}

TEST_F(PlayMediaTest, GoesAtOnceToADeckThatHasStopped) {
  deck_stops();
  play("https://example.org/jingle");
  EXPECT_EQ(given(), 1);
}

TEST_F(PlayMediaTest, TellsANewMixerWhereTheQueueGoesOn) {
  const std::string track = play("https://example.org/jingle");
  report(track, ImportProgress::State::kReady);
  pass(1s);
  const auto command = stages.last("command");
  const std::string jingle = text(command.at("item").as_object(), "itemId");
  from_keeper(id_, {{"type", "ack"}, {"id", command.at("id")}, {"ok", true}});
  deck_plays(jingle);
  stages.sent.clear();
  from_keeper(id_, {{"type", "sessions"}, {"ids", json::array()}, {"isDeckKept", false}});
  report_running(id_);
  ASSERT_EQ(given(), 1);
  EXPECT_EQ(stages.last("command").at("item").at("itemId"), json::value(jingle));
  EXPECT_EQ(stages.last("command").at("overItemId"), json::value(item_));
}

}  // namespace
}  // namespace shelcaster::control
