#include "control/detail/front.hpp"

#include <gtest/gtest.h>

#include <set>

#include "control/detail/embedded.hpp"
#include "control/problem.hpp"
#include "control/test_world.hpp"

// Front and Runners meet in the store, the doorbell, the Live board and Ask only.
namespace shelcaster::control::detail {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using store::Collection;

/// Each request has a Front of its own, with a Core of its own, and both are gone when it has been
/// handled: as in a cloud, where the next one may run on another machine.
class FrontTest : public testing::Test, public TestWorld {
 protected:
  void handle(Request r, Respond respond) override {
    Core core = embedded.make_core();
    Front(embedded.desk_with(core)).handle(std::move(r), std::move(respond));
  }
  void handle_link(const studio::ShowId& show, const link::KeeperToServe& message) override {
    embedded.handle_link(show, message);
  }
  void handle_tick() override { embedded.handle_tick(); }

  Response offer(const std::string& path, const std::string& token) {
    Request r = request("POST", path, "v=0\r\na=ice-ufrag:abcd\r\n", token);
    r.headers.back() = {"Content-Type", "application/sdp"};
    return send(std::move(r));
  }
  Response patch_session(const std::string& path, const std::string& ufrag) {
    Request r = request("PATCH", path, "a=ice-ufrag:" + ufrag + "\r\n", "");
    r.headers = {{"Content-Type", "application/trickle-ice-sdpfrag"}};
    return send(std::move(r));
  }
  void report(const std::string& track, ImportProgress::State state) {
    ImportProgress progress;
    progress.track_id = studio::TrackId(track);
    progress.state = state;
    progress.is_playable = true;
    progress.duration_ms = 60'000;
    embedded.handle_import(progress);
  }
  std::string queue_track(const std::string& id) {
    const std::string track =
        text(json(call("POST", "/tracks", R"({"url":"https://example.org/song"})")), "trackId");
    report(track, ImportProgress::State::kReady);
    const auto queue =
        json(call("POST", "/shows/" + id + "/queue", R"({"trackId":")" + track + "\"}"));
    return text(queue.at("items").as_array().back().as_object(), "itemId");
  }
  void deck_plays(const std::string& id, const std::string& item) {
    from_keeper(id, {{"type", "deck"}, {"state", "PLAYING"}, {"itemId", item}, {"positionMs", 1}});
  }
  void acknowledge(const std::string& id) {
    from_keeper(id, {{"type", "ack"}, {"id", stages.last("command").at("id")}, {"ok", true}});
  }
  json::object seat_of(const std::string& who) {
    const auto desired = stages.last("desired");
    for (const json::value& seat : desired.at("seats").as_array()) {
      if (seat.at("participantId") == json::value(who)) return seat.as_object();
    }
    return {};
  }
  std::string state_of(const std::string& id, const std::string& token) {
    const auto me = json(call("GET", "/shows/" + id + "/me", "", token));
    return text(me.at("participant").as_object(), "state");
  }

  Embedded embedded{config, ApiPorts{store, stages, media, viewers, processes, alarms, recordings,
                                     show_files, clock, random}};
};

TEST_F(FrontTest, SeatsACallerAndTakesThemOnTheAirAndOutOfTheShow) {
  const std::string id = make_show();
  const auto [ada, token] = join(id, "Ada");
  EXPECT_EQ(state_of(id, token), "JOINING") << "she waits for the start";
  const auto host = json::parse(call("GET", "/shows/" + id + "/participants").body).as_array();
  EXPECT_EQ(host.back().at("waiting"), true);
  EXPECT_EQ(call("POST", "/shows/" + id + "/start").status, 200);
  EXPECT_EQ(stages.launched, std::vector{id});
  connect(id);
  report_running(id);
  EXPECT_EQ(status_of(id), "LIVE");

  EXPECT_EQ(offer("/whip/" + id, token).status, 0);
  const auto waiting = later;
  EXPECT_FALSE(seat_of(ada).empty()) << "the mixer knows the seat by then";
  const std::string session = text(stages.last("offer"), "sessionId");
  from_keeper(id, {{"type", "answer"},
                   {"requestId", stages.last("offer").at("requestId")},
                   {"sdp", "v=0"},
                   {"etag", "e1"}});
  EXPECT_EQ(waiting->status, 201);
  const std::string location(header_of(waiting->headers, "Location"));
  EXPECT_EQ(location, "/whip/" + id + "/" + session);
  EXPECT_EQ(patch_session(location, "abcd").status, 204) << "candidates";
  EXPECT_EQ(patch_session(location, "efgh").status, 0) << "a restart";
  from_keeper(id, {{"type", "answer"},
                   {"requestId", stages.last("ice_restart").at("requestId")},
                   {"sdp", "frag"},
                   {"etag", "e2"}});
  EXPECT_EQ(later->status, 200);
  EXPECT_EQ(patch_session(location, "efgh").status, 204) << "candidates of the restart";
  from_keeper(id, {{"type", "seat"},
                   {"participantId", ada},
                   {"sessionId", session},
                   {"connection", "connected"},
                   {"isPublishing", true}});
  EXPECT_EQ(state_of(id, token), "PUBLISHING");

  const std::string person = "/shows/" + id + "/participants/" + ada;
  EXPECT_EQ(call("POST", person + "/toggle-on-air", R"({"isOnAir":true})").status, 200);
  EXPECT_EQ(state_of(id, token), "ON_AIR");
  EXPECT_EQ(seat_of(ada).at("isOnAir"), true);
  EXPECT_EQ(call("PATCH", person, R"({"volume":42})").status, 200);
  EXPECT_EQ(seat_of(ada).at("volume"), 42);
  call("PUT", "/shows/" + id + "/audio-routing", R"({"hostVolume":7})");
  EXPECT_EQ(stages.last("desired").at("routing").at("hostVolume"), 7);
  EXPECT_EQ(json(call("GET", "/shows/" + id + "/status")).at("participantCount"), 1);

  EXPECT_EQ(call("POST", person + "/kick", R"({})").status, 200);
  EXPECT_TRUE(seat_of(ada).empty());
  EXPECT_EQ(call("GET", "/shows/" + id + "/me", "", token).status, 403);
}

TEST_F(FrontTest, PlaysAndSkipsAndPutsMediaOverAQueue) {
  const std::string id = make_live_show();
  const std::string first = queue_track(id);
  const std::string second = queue_track(id);
  const std::string commands = "/shows/" + id + "/deck/commands";
  EXPECT_EQ(call("POST", commands, R"({"command":"PLAY","itemId":")" + first + "\"}").status, 200);
  EXPECT_EQ(stages.last("command").at("item").at("itemId"), json::value(first));
  deck_plays(id, first);
  acknowledge(id);
  EXPECT_EQ(call("POST", commands, R"({"command":"SKIP"})").status, 200);
  EXPECT_EQ(text(stages.last("command"), "itemId"), first);
  deck_plays(id, second);
  acknowledge(id);
  EXPECT_EQ(call("POST", commands, R"({"command":"SKIP"})").status, 200);
  EXPECT_EQ(text(stages.last("command"), "itemId"), second)
      << "what the first did is on the board before it is gone";
  acknowledge(id);
  EXPECT_EQ(*store.count(Collection::kCommands, id), 0U);

  const auto session = json(call("POST", "/sessions", R"({"showId":")" + id + "\"}"));
  const int given = stages.count("command");
  EXPECT_EQ(call("POST", "/sessions/" + text(session, "sessionId") + "/program/commands",
                 R"({"command":"PLAY_MEDIA","program_url":"https://example.org/jingle"})")
                .status,
            200);
  pass(1s);
  EXPECT_EQ(stages.count("command"), given) << "it waits for its first sound";
  EXPECT_EQ(media.jobs.back().wanted, Wanted::kSoon);
  const std::string jingle = media.jobs.back().track_id.str();
  report(jingle, ImportProgress::State::kImporting);
  pass(1s);
  ASSERT_EQ(stages.count("command"), given + 1);
  EXPECT_EQ(stages.last("command").at("item").at("trackId"), json::value(jingle));
  deck_plays(id, text(stages.last("command").at("item").as_object(), "itemId"));
  EXPECT_EQ(json(call("GET", "/shows/" + id + "/deck")).at("state"), "PLAYING");
  pass(2s);
  EXPECT_EQ(media.wanted[jingle], Wanted::kHeard);
}

TEST_F(FrontTest, StopsAndDeletesAShow) {
  const std::string id = make_live_show();
  EXPECT_EQ(call("POST", "/shows/" + id + "/composition/stop").status, 0);
  const auto waiting = later;
  EXPECT_EQ(stages.count("stop"), 1);
  EXPECT_EQ(status_of(id), "STOPPING");
  from_keeper(id, {{"type", "stopped"}});
  EXPECT_EQ(waiting->status, 200);
  EXPECT_EQ(status_of(id), "STOPPED");
  EXPECT_EQ(call("DELETE", "/shows/" + id).status, 204);
  EXPECT_EQ(call("GET", "/shows/" + id).status, 404);
  pass(1s);
  EXPECT_EQ(show_files.removed, std::vector{id});
}

TEST_F(FrontTest, LetsNobodyWaitForEverForAStop) {
  const std::string id = make_live_show();
  EXPECT_EQ(call("POST", "/shows/" + id + "/composition/stop").status, 0);
  const auto waiting = later;
  store.commit_error = "the disk is full";
  pass(59s);
  EXPECT_EQ(waiting->status, 0);
  pass(2s);
  EXPECT_EQ(waiting->status, 503);
  store.commit_error.clear();
  pass(5s);
  EXPECT_EQ(status_of(id), "STOPPED");
}

TEST_F(FrontTest, TellsAtOnceThatAShowCannotBeStarted) {
  const std::string id = make_show();
  stages.launch_error = "no such program";
  const Response refused = call("POST", "/shows/" + id + "/start");
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.body.find("no such program"), std::string::npos);
  EXPECT_EQ(status_of(id), "ERROR");
}

/// As somebody else would write it, whose ring is lost.
TEST_F(FrontTest, ARunnerFindsByAndByWhatNoRingHasTold) {
  const std::string id = make_live_show();
  const store::Key routing{Collection::kRouting, id, "CONFIG"};
  json::object body = (*store.get(routing))->body;
  body["hostVolume"] = 3;
  const json::object pause{{"id", "c1"}, {"command", "DECK_PAUSE"}};
  const store::Key first{Collection::kCommands, id, "000000000001-c1"};
  const store::Key second{Collection::kCommands, id, "000000000002-c2"};
  ASSERT_TRUE(store.commit(
      {{{routing, body, {}}, {{Collection::kDesired, id, "DESIRED"}, {}, {}}, {first, pause, {}}},
       {},
       {},
       {}}));
  pass(6s);
  EXPECT_EQ(stages.last("desired").at("routing").at("hostVolume"), 3);
  EXPECT_EQ(stages.last("command").at("id"), "c1");
  // One that is no longer there is void.
  ASSERT_TRUE(store.commit({{}, {first}, {}, {}}));
  pass(6s);
  stages.sent.clear();
  pass(6s);
  EXPECT_EQ(stages.count("command"), 0);
  EXPECT_EQ(stages.count("desired"), 0) << "it has been told";
}

TEST_F(FrontTest, ASupervisorFindsByAndByWhatNoRingHasTold) {
  const std::string id = make_show();
  const auto write = [&](const char* status, int task_number) {
    const store::Key key{Collection::kShows, "", id};
    json::object body = (*store.get(key))->body;
    body["status"] = status;
    body["taskNumber"] = task_number;
    EXPECT_TRUE(store.commit({{{key, body, {}}}, {}, {}, {}}));
  };
  pass(1s);
  write("STARTING", 1);
  pass(60s);
  EXPECT_EQ(stages.launched, std::vector{id});
  connect(id);
  report_running(id);
  EXPECT_EQ(status_of(id), "LIVE");
  pass(120s);
  EXPECT_EQ(stages.launched.size(), 1U) << "once";
  write("STOPPING", 1);
  pass(6s);
  EXPECT_EQ(stages.count("stop"), 1) << "the Runner looks too";
  pass(80s);
  EXPECT_EQ(stages.killed, std::vector{id}) << "it didn't stop by itself";
  EXPECT_EQ(status_of(id), "STOPPED");
}

TEST_F(FrontTest, ARunnerDoesNothingTwiceForADoubledRing) {
  const std::string id = make_live_show();
  call("POST", "/shows/" + id + "/deck/commands", R"({"command":"PAUSE"})");
  const int launches = static_cast<int>(stages.launched.size());
  stages.sent.clear();
  const Core core = embedded.make_core();
  for (const Changed what : {Changed::kShow, Changed::kPeople, Changed::kMusic, Changed::kCommands,
                             Changed::kLink, Changed::kWatchers}) {
    core.ports.doorbell.ring(studio::ShowId(id), what);
  }
  EXPECT_TRUE(stages.sent.empty());
  EXPECT_EQ(static_cast<int>(stages.launched.size()), launches);
  core.ports.doorbell.ring(studio::ShowId("of-nobody"), Changed::kDesired);
}

}  // namespace
}  // namespace shelcaster::control::detail
