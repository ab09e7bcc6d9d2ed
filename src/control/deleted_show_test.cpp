#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "control/test_world.hpp"

// What goes with a show when it is deleted.
namespace shelcaster::control {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using store::Collection;
using testing::Contains;
using testing::UnorderedElementsAre;

class DeletedShowTest : public testing::Test, public TestWorld {
 protected:
  std::string host_of(const std::string& show) {
    return text(json(call("GET", "/shows/" + show + "/links")), "hostToken");
  }
  std::string make_track(const std::string& token) {
    return text(json(call("POST", "/tracks", R"({"url":"https://a.example/x"})", token)),
                "trackId");
  }
  std::string make_list(const std::string& token) {
    return text(json(call("POST", "/tracklists", R"({"title":"L"})", token)), "tracklistId");
  }
  void make_ready(const std::string& track, const std::string& cover = "") {
    ImportProgress progress;
    progress.track_id = studio::TrackId(track);
    progress.state = ImportProgress::State::kReady;
    progress.content_hash = "sha256:" + track;
    progress.cover = cover;
    api->handle_import(progress);
  }
  std::size_t count(Collection collection) { return *used_store->count(collection, ""); }
};

TEST_F(DeletedShowTest, TakesItsOwnTracksAndListsWithItAndNobodyElses) {
  const std::string show = make_show();
  const std::string other = make_show();
  const std::string mine = make_track(host_of(show));
  const std::string importing = make_track(host_of(show));
  const std::string theirs = make_track(host_of(other));
  const std::string stations = make_track("admin-secret");
  make_list(host_of(show));
  const std::string their_list = make_list(host_of(other));
  make_ready(mine, "cover.jpg");
  EXPECT_EQ(call("DELETE", "/shows/" + show).status, 204);
  std::set<std::string> left;
  const json::object tracks = json(call("GET", "/tracks"));
  for (const auto& track : tracks.at("tracks").as_array()) {
    left.insert(text(track.as_object(), "trackId"));
  }
  EXPECT_EQ(left, (std::set{theirs, stations}));
  EXPECT_EQ(call("GET", "/tracklists/" + their_list).status, 200);
  EXPECT_EQ(count(Collection::kTracklists), 1U);
  EXPECT_THAT(media.removed, UnorderedElementsAre(mine, importing)) << "their files";
  EXPECT_THAT(media.removed_covers, UnorderedElementsAre("cover.jpg"));
  EXPECT_THAT(media.cancelled, Contains(importing));
}

TEST_F(DeletedShowTest, TakesAFewAtATimeAndGoesOnAfterARestart) {
  const std::string show = make_show();
  const std::string host = host_of(show);
  for (int i = 0; i < 40; ++i) make_track(host);
  EXPECT_EQ(call("DELETE", "/shows/" + show).status, 204);
  const std::size_t after_first = count(Collection::kTracks);
  EXPECT_GT(after_first, 0U) << "one answer waits for a few files only";
  EXPECT_LT(after_first, 40U);
  EXPECT_EQ(count(Collection::kEndedShows), 1U);
  restart();
  pass(5s);
  EXPECT_EQ(count(Collection::kTracks), 0U);
  EXPECT_EQ(count(Collection::kEndedShows), 0U) << "nothing is left to do";
  EXPECT_EQ(std::set<std::string>(media.removed.begin(), media.removed.end()).size(), 40U);
}

TEST_F(DeletedShowTest, TakesThemOutOfWhatHasThemStill) {
  const std::string show = make_show();
  const std::string other = make_show();
  const std::string track = make_track("admin-secret");
  const std::string list = make_list("admin-secret");
  call("PUT", "/tracklists/" + list + "/tracks", R"({"trackIds":[")" + track + "\"]}");
  call("POST", "/shows/" + other + "/queue", R"({"trackId":")" + track + "\"}");
  const std::string own_list = make_list("admin-secret");
  call("PATCH", "/shows/" + other, R"({"tracklistId":")" + own_list + "\"}");
  for (const std::string& path : {"/tracks/" + track, "/tracklists/" + own_list}) {
    ASSERT_EQ(call("PATCH", path, R"({"owner":")" + show + "\"}").status, 200);
  }
  EXPECT_EQ(call("DELETE", "/shows/" + show).status, 204);
  EXPECT_TRUE(json(call("GET", "/tracklists/" + list)).at("trackIds").as_array().empty());
  EXPECT_TRUE(json(call("GET", "/shows/" + other + "/queue")).at("items").as_array().empty());
  EXPECT_TRUE(json(call("GET", "/shows/" + other)).at("tracklistId").is_null());
}

TEST_F(DeletedShowTest, LeavesWhatAnAdminTakesOverMeanwhile) {
  const std::string show = make_show();
  const std::string host = host_of(show);
  for (int i = 0; i < 20; ++i) make_track(host);
  EXPECT_EQ(call("DELETE", "/shows/" + show).status, 204);
  const auto left = json(call("GET", "/tracks")).at("tracks").as_array();
  ASSERT_FALSE(left.empty());
  const std::string saved = text(left[0].as_object(), "trackId");
  EXPECT_EQ(call("PATCH", "/tracks/" + saved, R"({"owner":"station"})").status, 200);
  pass(5s);
  EXPECT_EQ(count(Collection::kTracks), 1U);
  EXPECT_EQ(call("GET", "/tracks/" + saved).status, 200);
}

TEST_F(DeletedShowTest, TakesWhatCannotBeReadToo) {
  const auto session = json(call("POST", "/sessions", R"({"title":"T"})"));
  const std::string show = text(session, "showId");
  const std::string track = make_track(host_of(show));
  const auto spoil = [&](const store::Key& key, const std::string& field) {
    auto body = (*store.get(key))->body;
    body[field] = json::array();
    ASSERT_TRUE(store.commit({{{key, body, {}}}, {}, {}, {}}));
  };
  spoil({Collection::kTracks, "", track}, "status");
  spoil({Collection::kSessions, "", text(session, "sessionId")}, "showId");
  connect(show);
  report_running(show);
  call("POST", "/shows/" + show + "/stop");
  from_keeper(show, {{"type", "stopped"}});
  EXPECT_EQ(call("DELETE", "/shows/" + show).status, 204);
  EXPECT_EQ(count(Collection::kTracks), 0U);
  EXPECT_EQ(count(Collection::kSessions), 0U) << "its index tells whose it is";
  EXPECT_EQ(*store.count(Collection::kShowSessions, show), 0U);
}

TEST_F(DeletedShowTest, GoesOnWhenTheDiskTakesWritesAgain) {
  const std::string show = make_show();
  const std::string host = host_of(show);
  for (int i = 0; i < 40; ++i) make_track(host);
  EXPECT_EQ(call("DELETE", "/shows/" + show).status, 204);
  const std::size_t files = media.removed.size();
  store.commit_error = "the disk is full";
  pass(5s);
  EXPECT_EQ(media.removed.size(), files) << "what the library has keeps its file";
  store.commit_error.clear();
  pass(5s);
  EXPECT_EQ(count(Collection::kTracks), 0U);
  EXPECT_EQ(media.removed.size(), 40U);
}

TEST_F(DeletedShowTest, IsAnsweredBeforeItsFilesHaveGoneAndIsDoneWithWhenTheyHave) {
  const std::string show = make_show();
  show_files.steps[show] = 100;
  EXPECT_EQ(call("DELETE", "/shows/" + show).status, 204);
  pass(5s);
  EXPECT_EQ(count(Collection::kEndedShows), 1U);
  EXPECT_GT(show_files.steps[show], 75) << "one look a tick";
  restart();
  pass(5s);
  EXPECT_EQ(count(Collection::kEndedShows), 1U);
  EXPECT_LT(show_files.steps[show], 70) << "the next process goes on";
  const std::string other = make_show();
  make_track(host_of(other));
  EXPECT_EQ(call("DELETE", "/shows/" + other).status, 204);
  pass(2s);
  EXPECT_EQ(show_files.removed, std::vector{other}) << "a slow one holds up no other";
  show_files.steps[show] = 0;
  store.commit_error = "the disk is full";
  pass(5s);
  EXPECT_EQ(count(Collection::kEndedShows), 1U);
  store.commit_error.clear();
  pass(5s);
  EXPECT_EQ(count(Collection::kEndedShows), 0U);
}

}  // namespace
}  // namespace shelcaster::control
