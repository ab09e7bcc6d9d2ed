#include <gtest/gtest.h>

#include "control/hooked_store_for_tests.hpp"
#include "control/test_world.hpp"

// The end of an import is told once, and a disk may be full just then.
namespace shelcaster::control {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

class ImportEndsTest : public testing::Test, public TestWorld {
 protected:
  std::string make_track(const std::string& url = "https://a.example/x.mp3") {
    return text(json(call("POST", "/tracks", R"({"url":")" + url + "\"}")), "trackId");
  }
  static ImportProgress end_of(const std::string& track, ImportProgress::State state) {
    ImportProgress progress;
    progress.track_id = studio::TrackId(track);
    progress.state = state;
    progress.duration_ms = 1'000;
    progress.cover = "cover.jpg";
    if (state == ImportProgress::State::kFailed) progress.error = "no such host";
    return progress;
  }
  std::string status(const std::string& track) {
    return text(json(call("GET", "/tracks/" + track)), "status");
  }
  /// Writes that the store has refused.
  int refused() {
    const std::string counters = call("GET", "/metrics").body;
    const std::string name = "\nshelcaster_store_failures_total ";
    const std::size_t at = counters.find(name);
    return at == std::string::npos ? 0 : std::stoi(counters.substr(at + name.size()));
  }
  void fill_disk() { store.commit_error = "the disk is full"; }
  void free_disk() { store.commit_error.clear(); }
};

TEST_F(ImportEndsTest, OfAnUploadComeAfterARestartTooAsLongAsItsFileIsThere) {
  Request upload = request("POST", "/tracks?filename=a/My%20Song.flac");
  upload.headers.emplace_back("Content-Type", "audio/flac");
  upload.body_file = "/spool/1";
  const Response accepted = send(upload);
  EXPECT_EQ(accepted.status, 202);
  EXPECT_EQ(text(json(accepted), "title"), "My Song");
  const std::string track = text(json(accepted), "trackId");
  EXPECT_EQ(media.kept.at(studio::TrackId(track)), "/spool/1");
  EXPECT_EQ(media.jobs.back().file, "/spool/1");
  media.drops = 0;
  restart();
  EXPECT_EQ(status(track), "IMPORTING");
  ASSERT_EQ(media.jobs.size(), 2U) << "begun again, as what it was sent as";
  EXPECT_EQ(media.jobs.back().file, "/spool/1");
  EXPECT_EQ(media.jobs.back().content_type, "audio/flac");
  EXPECT_EQ(media.drops, 1);
  media.kept.clear();
  restart();
  EXPECT_EQ(status(track), "FAILED") << "the file is gone";
}

TEST_F(ImportEndsTest, AreBroughtAgainUntilTheStoreTakesThem) {
  const std::string show = make_live_show();
  const std::string good = make_track();
  const std::string bad = make_track();
  call("POST", "/shows/" + show + "/queue", R"({"trackId":")" + good + "\"}");
  fill_disk();
  api->handle_import(end_of(good, ImportProgress::State::kReady));
  api->handle_import(end_of(bad, ImportProgress::State::kFailed));
  pass(3s);
  EXPECT_EQ(status(good), "IMPORTING");
  EXPECT_EQ(status(bad), "IMPORTING");
  free_disk();
  pass(3s);
  EXPECT_EQ(status(good), "READY");
  EXPECT_EQ(status(bad), "FAILED");
  int told = 0;
  const auto log = json(call("GET", "/shows/" + show + "/events"));
  for (const json::value& event : log.at("events").as_array()) {
    if (event.at("kind") == "track_ready") ++told;
  }
  EXPECT_EQ(told, 1);
}

TEST_F(ImportEndsTest, AskADiskThatFailsOnceIn2Seconds) {
  const std::string track = make_track();
  fill_disk();
  api->handle_import(end_of(track, ImportProgress::State::kReady));
  const int before = refused();
  pass(20s);
  EXPECT_GE(refused() - before, 8);
  EXPECT_LE(refused() - before, 11);
}

TEST_F(ImportEndsTest, AreKeptWhileTheStoreCannotBeRead) {
  HookedStore hooked(store);
  used_store = &hooked;
  restart();
  const std::string track = make_track();
  hooked.read_error = "input/output error";
  api->handle_import(end_of(track, ImportProgress::State::kReady));
  pass(30s);
  hooked.read_error.clear();
  pass(3s);
  EXPECT_EQ(status(track), "READY");
  api.reset();
}

TEST_F(ImportEndsTest, WaitForNoneThatCannotBeStored) {
  const std::string one = make_track();
  const std::string other = make_track("https://a.example/y.mp3");
  HookedStore hooked(store);
  used_store = &hooked;
  restart();
  hooked.before_commit = [&](const store::Write& write) -> base::Result<void> {
    for (const store::Put& put : write.puts) {
      if (put.key.id == std::min(one, other)) return base::fail("this one is refused");
    }
    return {};
  };
  for (const std::string& track : {one, other}) {
    store.commit_error = "the disk is full";
    api->handle_import(end_of(track, ImportProgress::State::kReady));
    store.commit_error.clear();
  }
  pass(6s);
  EXPECT_EQ(status(std::max(one, other)), "READY");
  EXPECT_EQ(status(std::min(one, other)), "IMPORTING");
  hooked.before_commit = {};
  pass(5s);
  EXPECT_EQ(status(std::min(one, other)), "READY");
  api.reset();
}

TEST_F(ImportEndsTest, LeaveNoFilesOfATrackThatIsDeletedBefore) {
  const std::string track = make_track();
  fill_disk();
  api->handle_import(end_of(track, ImportProgress::State::kReady));
  free_disk();
  EXPECT_EQ(call("DELETE", "/tracks/" + track).status, 204);
  pass(3s);
  EXPECT_EQ(call("GET", "/tracks/" + track).status, 404);
  EXPECT_EQ(media.removed_covers, std::vector<std::string>{"cover.jpg"});
}

TEST_F(ImportEndsTest, MergeTheSameMusicOnTheDeckWhenThatIsStoredAndNotBefore) {
  const auto session = json(call("POST", "/sessions", R"({"title":"Night"})"));
  const std::string show = text(session, "showId");
  connect(show);
  report_running(show);
  const auto play = [&](const std::string& url) {
    call("POST", "/sessions/" + text(session, "sessionId") + "/program/commands",
         R"({"command":"PLAY_MEDIA","program_url":")" + url + "\"}");
    const auto command = stages.last("command");
    const std::string item = text(command.at("item").as_object(), "itemId");
    from_keeper(show, {{"type", "ack"}, {"id", command.at("id")}, {"ok", true}});
    return std::pair(item, media.jobs.back().track_id.str());
  };
  const auto deck = [&](std::string_view state, const json::value& item) {
    from_keeper(show, {{"type", "deck"}, {"state", state}, {"itemId", item}, {"positionMs", 1}});
  };
  const auto [first_item, first] = play("https://a.example/song.mp3?signature=1");
  ImportProgress ready = end_of(first, ImportProgress::State::kReady);
  ready.content_hash = "same";
  ready.title = "Song";
  api->handle_import(ready);
  deck("STOPPED", nullptr);
  const auto [item, second] = play("https://a.example/song.mp3?signature=2");
  ASSERT_NE(first, second);
  deck("PLAYING", json::value(item));
  ready.track_id = studio::TrackId(second);
  ready.title.clear();
  const auto told = [&] {
    connect(show);
    return text(stages.last("desired").at("played").as_object(), "trackId");
  };
  fill_disk();
  api->handle_import(ready);
  EXPECT_EQ(told(), second) << "a new keeper is told what the store knows";
  free_disk();
  pass(3s);
  EXPECT_EQ(call("GET", "/tracks/" + second).status, 404);
  EXPECT_EQ(told(), first);
  deck("PLAYING", json::value(item));
  EXPECT_EQ(text(json(call("GET", "/shows/" + show + "/deck")), "title"), "Song");
}

}  // namespace
}  // namespace shelcaster::control
