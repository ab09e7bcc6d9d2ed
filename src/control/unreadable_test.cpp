#include <gtest/gtest.h>

#include <set>
#include <string>

#include "control/test_world.hpp"

// One document that can't be read is one show's trouble.
namespace shelcaster::control {
namespace {

using namespace std::chrono_literals;
using store::Collection;
using store::Key;

class UnreadableTest : public testing::Test, public TestWorld {
 protected:
  /// As a newer program would leave it.
  void spoil(const Key& key, const std::string& field) {
    auto body = (*store.get(key))->body;
    body[field] = "of another program";
    ASSERT_TRUE(store.commit({{{key, body, {}}}, {}, {}, {}}));
  }
  boost::json::object show_of(const std::string& id) { return json(call("GET", "/shows/" + id)); }
};

TEST_F(UnreadableTest, AShowIsInErrorAndTheOthersAreFoundAgain) {
  const std::string bad = make_show();
  const std::string good = make_live_show();
  const std::string starting = make_show();
  call("POST", "/shows/" + starting + "/start");
  spoil({Collection::kShows, "", bad}, "status");
  stages.gone = {good, starting};
  stages.connected.clear();
  stages.launched.clear();
  restart();
  EXPECT_EQ(std::set<std::string>(stages.launched.begin(), stages.launched.end()),
            (std::set<std::string>{good, starting}))
      << "each has a keeper";
  connect(good);
  report_running(good);
  EXPECT_EQ(status_of(good), "LIVE");

  const auto shows = json(call("GET", "/shows")).at("shows").as_array();
  EXPECT_EQ(shows.size(), 3U);
  const auto seen = show_of(bad);
  EXPECT_EQ(text(seen, "status"), "ERROR");
  EXPECT_NE(text(seen, "error").find("shows/" + bad), std::string::npos) << "it says where";
  EXPECT_NE(text(seen, "error").find("'status'"), std::string::npos) << "and what";
  const std::string figures = call("GET", "/metrics").body;
  EXPECT_NE(figures.find("shelcaster_shows{status=\"ERROR\"} 1"), std::string::npos);
  EXPECT_NE(figures.find("shelcaster_unreadable_documents 1"), std::string::npos);
  pass(3s);
  EXPECT_EQ(call("GET", "/shows/" + bad + "/health").status, 200);
}

TEST_F(UnreadableTest, AShowIsNotOverwrittenAndCanBeDeleted) {
  const std::string bad = make_show();
  const Key key{Collection::kShows, "", bad};
  spoil(key, "status");
  const auto before = (*store.get(key))->body;
  EXPECT_EQ(call("PATCH", "/shows/" + bad, R"({"title":"New"})").status, 409);
  EXPECT_EQ(call("POST", "/shows/" + bad + "/start").status, 409);
  EXPECT_EQ((*store.get(key))->body, before);
  EXPECT_TRUE(stages.launched.empty());
  EXPECT_EQ(call("DELETE", "/shows/" + bad).status, 204);
  EXPECT_EQ(json(call("GET", "/shows")).at("shows").as_array().size(), 0U);
  EXPECT_NE(call("GET", "/metrics").body.find("shelcaster_unreadable_documents 0"),
            std::string::npos);
}

TEST_F(UnreadableTest, ASeatIsLeftOutAndTheShowGoesOn) {
  const std::string id = make_live_show();
  const auto [ada, ada_token] = join(id, "Ada");
  const auto [bob, bob_token] = join(id, "Bob");
  sit_down(id, ada_token);
  sit_down(id, bob_token);
  spoil({Collection::kParticipants, id, ada}, "role");
  for (const std::string& path :
       {"/shows/" + id + "/me", "/shows/" + id + "/events", std::string("/healthz")}) {
    EXPECT_EQ(call("GET", path, "", ada_token).status, 409) << path << ": who asks isn't known";
  }
  EXPECT_EQ(call("PUT", "/shows/" + id + "/audio-routing", R"({"hostVolume":7})").status, 200);
  EXPECT_EQ(call("POST", "/shows/" + id + "/participants/" + bob + "/toggle-on-air").status, 200);
  EXPECT_EQ(stages.last("desired").at("seats").as_array().size(), 1U) << "Bob";
  const auto health = json(call("GET", "/shows/" + id + "/health"));
  ASSERT_EQ(health.at("unreadable").as_array().size(), 1U);
  EXPECT_NE(std::string(health.at("unreadable").at(0).as_string()).find(ada), std::string::npos);
  EXPECT_EQ(status_of(id), "LIVE");
}

TEST_F(UnreadableTest, ADestinationIsDeletedAndThenReplaced) {
  const std::string id = make_live_show();
  const std::string path = "/shows/" + id + "/outputs/rtmp";
  const std::string set = R"({"url":"rtmp://live.example/app","streamKey":"k3y"})";
  EXPECT_EQ(call("DELETE", path).status, 404) << "there is none yet";
  ASSERT_EQ(call("PUT", path, set).status, 200);
  const Key key{Collection::kOutputs, id, "rtmp"};
  ASSERT_TRUE(store.get(key)->has_value());
  spoil(key, "constantRate");
  EXPECT_EQ(call("PUT", path, set).status, 409);
  EXPECT_EQ(call("DELETE", path).status, 204);
  EXPECT_FALSE(store.get(key)->has_value());
  EXPECT_EQ(call("PUT", path, set).status, 200);
  EXPECT_EQ(call("DELETE", path).status, 204);
}

TEST_F(UnreadableTest, ADestinationGoesWithItsShow) {
  const std::string id = make_show();
  ASSERT_EQ(call("PUT", "/shows/" + id + "/outputs/rtmp",
                 R"({"url":"rtmp://live.example/app","streamKey":"k3y"})")
                .status,
            200);
  spoil({Collection::kOutputs, id, "rtmp"}, "constantRate");
  EXPECT_EQ(call("DELETE", "/shows/" + id).status, 204);
  EXPECT_EQ(*store.count(Collection::kOutputs, id), 0U) << "its stream key isn't kept";
}

TEST_F(UnreadableTest, ATracklistCanBeSeenAndDeletedAndNothingElse) {
  const std::string id = make_show();
  const std::string list =
      text(json(call("POST", "/tracklists", R"({"title":"Mornings"})")), "tracklistId");
  const std::string path = "/tracklists/" + list;
  spoil({Collection::kTracklists, "", list}, "trackIds");
  const auto lists = json(call("GET", "/tracklists")).at("tracklists").as_array();
  ASSERT_EQ(lists.size(), 1U);
  EXPECT_EQ(text(lists[0].as_object(), "title"), "(this tracklist can't be read)");
  EXPECT_EQ(call("GET", path).status, 200);
  EXPECT_EQ(call("PATCH", path, R"({"title":"Evenings"})").status, 409);
  EXPECT_EQ(call("PUT", path + "/tracks", R"({"trackIds":[]})").status, 409);
  const std::string of_list = R"({"tracklistId":")" + list + "\"}";
  EXPECT_EQ(call("PATCH", "/shows/" + id, of_list).status, 422);
  EXPECT_EQ(call("POST", "/shows/" + id + "/queue", of_list).status, 422);
  EXPECT_EQ(call("DELETE", path).status, 204);
  EXPECT_TRUE(json(call("GET", "/tracklists")).at("tracklists").as_array().empty());
}

TEST_F(UnreadableTest, ATrackFailsAndAQueueBeginsAnew) {
  const std::string id = make_live_show();
  const std::string track =
      text(json(call("POST", "/tracks", R"({"url":"http://radio.test/a.mp3"})")), "trackId");
  call("POST", "/shows/" + id + "/queue", R"({"trackId":")" + track + "\"}");
  spoil({Collection::kTracks, "", track}, "status");
  restart();
  connect(id);
  EXPECT_TRUE(stages.last("desired").at("queue").as_array().empty());
  const auto tracks = json(call("GET", "/tracks")).at("tracks").as_array();
  ASSERT_EQ(tracks.size(), 1U);
  EXPECT_EQ(tracks[0].at("status"), "FAILED");
  EXPECT_EQ(call("DELETE", "/tracks/" + track).status, 204);

  spoil({Collection::kQueues, id, "QUEUE"}, "items");
  EXPECT_TRUE(json(call("GET", "/shows/" + id + "/queue")).at("items").as_array().empty());
  const std::string other =
      text(json(call("POST", "/tracks", R"({"url":"http://radio.test/b.mp3"})")), "trackId");
  EXPECT_EQ(call("POST", "/shows/" + id + "/queue", R"({"trackId":")" + other + "\"}").status, 201);
  EXPECT_EQ(json(call("GET", "/shows/" + id + "/queue")).at("items").as_array().size(), 1U);
}

}  // namespace
}  // namespace shelcaster::control
