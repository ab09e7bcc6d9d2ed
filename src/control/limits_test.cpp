#include <gtest/gtest.h>

#include "control/test_world.hpp"

// How much a library and a show may hold, and what is left of a show that was deleted.
namespace shelcaster::control {
namespace {

namespace json = boost::json;

class LimitsTest : public testing::Test, public TestWorld {
 protected:
  Response session_of(const std::string& show) {
    return call("POST", "/sessions", R"({"showId":")" + show + "\"}");
  }
};

TEST_F(LimitsTest, RefusesMoreTracksAndTracklistsThanItCounts) {
  config.tracks_max = 2;
  config.tracklists_max = 1;
  restart();
  const std::string url = R"({"url":"https://example.org/a"})";
  const std::string first = text(json(call("POST", "/tracks", url)), "trackId");
  EXPECT_EQ(call("POST", "/tracks", url).status, 202);
  const Response refused = call("POST", "/tracks", url);
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.body.find("2 tracks"), std::string::npos) << refused.body;
  call("DELETE", "/tracks/" + first);
  EXPECT_EQ(call("POST", "/tracks", url).status, 202);
  EXPECT_EQ(call("POST", "/tracklists", R"({"title":"a"})").status, 201);
  EXPECT_EQ(call("POST", "/tracklists", R"({"title":"b"})").status, 409);
}

TEST_F(LimitsTest, KeepsABoundedNumberOfSessionsOfAShow) {
  config.sessions_max = 3;
  restart();
  const std::string id = make_live_show();
  const std::string first = text(json(session_of(id)), "sessionId");
  EXPECT_EQ(session_of(id).status, 201);
  EXPECT_EQ(session_of(id).status, 201);
  EXPECT_EQ(session_of(id).status, 409);
  EXPECT_EQ(session_of(make_live_show()).status, 201) << "another show has its own";
  store::Key key{store::Collection::kSessions, "", first};
  json::object body = (*store.get(key))->body;
  body["endedAt"] = 1;
  ASSERT_TRUE(store.commit({{{key, body, {}}}, {}, {}, {}}));
  EXPECT_EQ(session_of(id).status, 201);
  EXPECT_EQ(call("GET", "/sessions/" + first).status, 404);
}

TEST_F(LimitsTest, LeavesNothingOfADeletedShow) {
  const auto session = json(call("POST", "/sessions", R"({"title":"T"})"));
  const std::string id = text(session, "showId");
  const std::string another = text(json(session_of(make_show())), "sessionId");
  connect(id);
  report_running(id);
  call("POST", "/sessions/" + text(session, "sessionId") + "/program/commands",
       R"({"command":"PLAY_MEDIA","program_url":"https://example.org/a.mp3"})");
  (void)join(id, "Ada");
  call("POST", "/shows/" + id + "/stop");
  from_keeper(id, {{"type", "stopped"}});
  EXPECT_EQ(call("DELETE", "/shows/" + id).status, 204);
  using enum store::Collection;
  for (const auto collection : {kParticipants, kPastParticipants, kRouting, kDecks, kQueues,
                                kOutputs, kDesired, kCommands, kShowSessions}) {
    EXPECT_EQ(*store.count(collection, id), 0U) << store::name_of(collection);
  }
  EXPECT_EQ(call("GET", "/sessions/" + text(session, "sessionId")).status, 404);
  EXPECT_EQ(call("GET", "/sessions/" + another).status, 200);
  pass(std::chrono::seconds(1));
  EXPECT_EQ(show_files.removed, std::vector<std::string>{id});
}

}  // namespace
}  // namespace shelcaster::control
