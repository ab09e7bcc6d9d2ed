#include "control/api.hpp"

#include <gtest/gtest.h>

#include "control/problem.hpp"
#include "control/test_world.hpp"

namespace shelcaster::control {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

class ApiTest : public testing::Test, public TestWorld {};

TEST_F(ApiTest, MakesListsEditsAndDeletesShows) {
  const Response made = call("POST", "/shows", R"({"title":"Früh"})");
  EXPECT_EQ(made.status, 201);
  const std::string id = text(json(made), "showId");
  EXPECT_EQ(text(json(made), "status"), "CREATING");
  EXPECT_EQ(json(made).at("compositionServiceTaskArn"), nullptr);
  EXPECT_EQ(json(call("GET", "/shows")).at("shows").as_array().size(), 1U);
  EXPECT_EQ(text(json(call("PATCH", "/shows/" + id, R"({"title":"Spät"})")), "title"), "Spät");
  EXPECT_EQ(json(call("GET", "/shows/" + id + "/public", "", "")).size(), 5U);
  EXPECT_EQ(call("DELETE", "/shows/" + id).status, 204);
  EXPECT_EQ(call("GET", "/shows/" + id).status, 404);
}

TEST_F(ApiTest, TakesAShowThroughItsLife) {
  const std::string id = make_show();
  const Response started = call("POST", "/shows/" + id + "/start");
  EXPECT_EQ(started.status, 200);
  for (const char* field : {"stageArn", "channelArn", "hostToken", "callerToken"}) {
    EXPECT_FALSE(text(json(started), field).empty());
  }
  EXPECT_EQ(stages.launched, std::vector<std::string>{id});
  EXPECT_EQ(status_of(id), "STARTING");
  connect(id);
  EXPECT_EQ(stages.count("desired"), 1);
  report_running(id);
  EXPECT_EQ(status_of(id), "LIVE");
  const auto status = json(call("GET", "/shows/" + id + "/status"));
  EXPECT_EQ(status.at("composition").at("status"), "RUNNING");
  EXPECT_EQ(status.at("viewerCount"), 3);
  EXPECT_EQ(call("POST", "/shows/" + id + "/stop").body, R"({"status":"STOPPING"})");
  EXPECT_EQ(stages.count("stop"), 1);
  from_keeper(id, {{"type", "stopped"}});
  EXPECT_EQ(status_of(id), "STOPPED");
  EXPECT_EQ(call("POST", "/shows/" + id + "/start").status, 200) << "a stopped show starts again";
}

TEST_F(ApiTest, AnswersAnIllegalTransitionWithWhatIsAllowed) {
  const std::string id = make_live_show();
  const Response refused = call("POST", "/shows/" + id + "/start");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(json(refused).at("allowed"), (json::array{"STOPPING", "ERROR"}));
  EXPECT_EQ(header_of(refused.headers, "content-type"), "application/problem+json");
  EXPECT_EQ(call("DELETE", "/shows/" + id).status, 409);
  EXPECT_EQ(call("POST", "/shows/" + make_show() + "/stop").status, 409);
}

TEST_F(ApiTest, PutsAShowThatDoesNotComeUpIntoErrorAndLetsItTryAgain) {
  const std::string id = make_show();
  call("POST", "/shows/" + id + "/start");
  pass(14s);
  EXPECT_EQ(status_of(id), "STARTING");
  pass(2s);
  EXPECT_EQ(status_of(id), "ERROR");
  EXPECT_EQ(stages.killed, std::vector<std::string>{id});
  EXPECT_EQ(call("POST", "/shows/" + id + "/start").status, 200);
  stages.launch_error = "no memory";
  const std::string other = make_show();
  EXPECT_EQ(call("POST", "/shows/" + other + "/start").status, 503);
  EXPECT_EQ(status_of(other), "ERROR");
}

TEST_F(ApiTest, KillsAShowThatDoesNotStopInTime) {
  const std::string id = make_live_show();
  call("POST", "/shows/" + id + "/stop");
  pass(16s);
  EXPECT_EQ(status_of(id), "STOPPED");
  EXPECT_EQ(stages.killed.size(), 1U);
}

TEST_F(ApiTest, RelaunchesALiveShowsKeeperUntilItFailsTooOften) {
  const std::string id = make_live_show();
  for (int i = 0; i < 3; ++i) {
    api->handle_stage_exit(studio::ShowId(id), "signal 9");
    EXPECT_EQ(status_of(id), "LIVE");
    connect(id);
    report_running(id);
  }
  EXPECT_EQ(stages.launched.size(), 4U);
  api->handle_stage_exit(studio::ShowId(id), "signal 9");
  EXPECT_EQ(status_of(id), "ERROR");
}

TEST_F(ApiTest, RelaunchesTheKeeperOfAShowThatStartsUntilItFailsTooOften) {
  const std::string id = make_show();
  call("POST", "/shows/" + id + "/start");
  api->handle_stage_exit(studio::ShowId(id), "signal 9");
  EXPECT_EQ(status_of(id), "STARTING");
  EXPECT_EQ(stages.launched.size(), 2U);
  connect(id);
  report_running(id);
  EXPECT_EQ(status_of(id), "LIVE");
  const std::string other = make_show();
  call("POST", "/shows/" + other + "/start");
  for (int i = 0; i < 4; ++i) api->handle_stage_exit(studio::ShowId(other), "signal 9");
  EXPECT_EQ(status_of(other), "ERROR");
}

TEST_F(ApiTest, PlaysNothingInAShowThatHasFailed) {
  const std::string id = make_live_show();
  from_keeper(id, {{"type", "deck"},
                   {"state", "PLAYING"},
                   {"itemId", "item-1"},
                   {"title", "Song"},
                   {"positionMs", 1}});
  EXPECT_FALSE(json(call("GET", "/shows/" + id + "/public", "", "")).at("nowPlaying").is_null());
  for (int i = 0; i < 4; ++i) api->handle_stage_exit(studio::ShowId(id), "signal 9");
  ASSERT_EQ(status_of(id), "ERROR");
  EXPECT_TRUE(json(call("GET", "/shows/" + id + "/public", "", "")).at("nowPlaying").is_null());
  EXPECT_EQ(json(call("GET", "/shows/" + id + "/deck")).at("state"), "STOPPED");
  restart();
  EXPECT_EQ(json(call("GET", "/shows/" + id + "/deck")).at("state"), "STOPPED");
}

TEST_F(ApiTest, RelaunchesAShowThatRunsInBetweenForEver) {
  const std::string id = make_live_show();
  for (int i = 0; i < 20; ++i) {
    pass(2s);
    api->handle_stage_exit(studio::ShowId(id), "signal 9");
    EXPECT_TRUE(stages.resumed.back());
    connect(id);
    report_running(id);
  }
  EXPECT_EQ(status_of(id), "LIVE");
  EXPECT_EQ(stages.launched.size(), 21U);
}

TEST_F(ApiTest, LaunchesWhatNoKeeperRunsForAtOnceAfterAPowerCut) {
  const std::string live = make_live_show();
  const std::string starting = make_show();
  call("POST", "/shows/" + starting + "/start");
  const std::string stopping = make_live_show();
  call("POST", "/shows/" + stopping + "/stop");
  stages.connected.clear();
  stages.gone = {live, starting, stopping};
  stages.launched.clear();
  stages.resumed.clear();
  restart();
  ASSERT_EQ(stages.launched.size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(stages.resumed[i], stages.launched[i] == live) << "a show begins where it never was";
  }
  EXPECT_EQ(status_of(stopping), "STOPPED");
  for (const std::string& id : {live, starting}) {
    connect(id);
    report_running(id);
    EXPECT_EQ(status_of(id), "LIVE");
  }
}

TEST_F(ApiTest, TakesUpRunningShowsAfterItsOwnRestart) {
  const std::string id = make_live_show();
  const std::string lost = make_live_show();
  restart();
  connect(id);
  report_running(id);
  pass(7s);
  EXPECT_EQ(status_of(id), "LIVE");
  EXPECT_EQ(status_of(lost), "LIVE");
  EXPECT_EQ(stages.launched.size(), 3U) << "only the keeper that didn't dial back is launched anew";
  EXPECT_EQ(stages.launched.back(), lost);
}

TEST_F(ApiTest, StopsACompositionAndAnswersWhenItHasStopped) {
  const std::string id = make_live_show();
  EXPECT_EQ(json(call("POST", "/shows/" + id + "/composition/start")).at("status"), "RUNNING");
  EXPECT_EQ(call("POST", "/shows/" + id + "/stop-composition").status, 0);
  const auto waiting = later;
  from_keeper(id, {{"type", "stopped"}});
  EXPECT_EQ(waiting->body, R"({"status":"STOPPED"})");
}

TEST_F(ApiTest, GivesEveryJoinerASeatAndKeepsCallersFromCommanding) {
  const std::string id = make_show();
  const auto [ada, ada_token] = join(id, "Ada");
  const auto [bob, bob_token] = join(id, "Bob");
  EXPECT_NE(ada, bob);
  const auto people = json::parse(call("GET", "/shows/" + id + "/participants").body).as_array();
  ASSERT_EQ(people.size(), 3U);
  EXPECT_EQ(people[0].at("role"), "HOST");
  EXPECT_EQ(people[0].at("isOnAir"), true);
  EXPECT_EQ(people[1].at("isOnAir"), false);
  EXPECT_EQ(people[1].at("state"), "JOINING");
  for (const auto& [method, path] : std::vector<std::pair<std::string, std::string>>{
           {"POST", "/shows/" + id + "/start"},
           {"GET", "/shows/" + id + "/participants"},
           {"PUT", "/shows/" + id + "/audio-routing"},
           {"POST", "/shows/" + id + "/participants/" + ada + "/toggle-on-air"},
           {"POST", "/tracks"},
           {"GET", "/metrics"}}) {
    EXPECT_EQ(call(method, path, "", ada_token).status, 403) << path;
    EXPECT_EQ(call(method, path, "", "").status, 401) << path;
    EXPECT_EQ(call(method, path, "", "x.y.z").status, 401) << path;
  }
  EXPECT_EQ(
      json(call("GET", "/shows/" + id + "/me", "", ada_token)).at("participant").at("username"),
      "Ada");
  EXPECT_EQ(call("GET", "/shows/" + make_show() + "/me", "", ada_token).status, 403);
}

// Behind a proxy that nobody told of, everybody comes from this machine.
TEST_F(ApiTest, KeepsMetricsFromThisMachineToo) {
  Request asked = request("GET", "/metrics", "", "");
  asked.remote_address = "127.0.0.1";
  EXPECT_EQ(send(asked).status, 401);
  EXPECT_EQ(call("GET", "/metrics").status, 200);
}

TEST(ApiOfATrustedMachine, GivesMetricsToThatMachineOnly) {
  ApiConfig config;
  config.trusts_loopback = true;
  TestWorld world(config);
  Request asked = world.request("GET", "/metrics", "", "");
  EXPECT_EQ(world.send(asked).status, 401);
  for (const char* address : {"127.0.0.1", "::1"}) {
    asked.remote_address = address;
    EXPECT_EQ(world.send(asked).status, 200);
  }
}

TEST_F(ApiTest, RefusesExpiredTokens) {
  const std::string id = make_show();
  const auto seat = join(id, "Ada");
  clock.elapsed += std::chrono::hours(24 * 15);
  EXPECT_EQ(call("GET", "/shows/" + id + "/me", "", seat.second).status, 401);
}

TEST_F(ApiTest, TogglesOnAirAndTellsTheStage) {
  const std::string id = make_live_show();
  const auto [ada, token] = join(id, "Ada");
  sit_down(id, token);
  const std::string path = "/shows/" + id + "/participants/" + ada + "/toggle-on-air";
  const auto before = stages.last("desired").at("version").as_int64();
  EXPECT_EQ(call("POST", path).body, R"({"isOnAir":true})");
  const auto desired = stages.last("desired");
  EXPECT_EQ(desired.at("version").as_int64(), before + 1);
  EXPECT_EQ(desired.at("seats").as_array().back().at("isOnAir"), true);
  EXPECT_EQ(call("POST", path, R"({"isOnAir":true})").body, R"({"isOnAir":true})");
  EXPECT_EQ(stages.last("desired").at("version").as_int64(), before + 1) << "nothing changed";
  EXPECT_EQ(json(call("GET", "/shows/" + id + "/audio-routing")).at("onAirCallerIds"),
            (json::array{ada}));
  EXPECT_EQ(call("POST", "/shows/" + id + "/callers/" + ada + "/toggle-on-air").body,
            R"({"isOnAir":false})");
}

TEST_F(ApiTest, KicksForGood) {
  const std::string id = make_live_show();
  const auto [ada, token] = join(id, "Ada");
  sit_down(id, token);
  EXPECT_EQ(stages.last("desired").at("seats").as_array().size(), 1U);
  auto sink = std::make_shared<FakeSink>();
  ASSERT_TRUE(std::holds_alternative<SubscriptionId>(
      api->subscribe({studio::ShowId(id), token, {}, sink})));
  EXPECT_EQ(call("POST", "/shows/" + id + "/participants/" + ada + "/kick").body,
            R"({"success":true,"banned":false})");
  EXPECT_EQ(sink->closed_with, 4403);
  EXPECT_TRUE(stages.last("desired").at("seats").as_array().empty());
  EXPECT_EQ(call("GET", "/shows/" + id + "/me", "", token).status, 403);
  auto offer = request("POST", "/whip/" + id, "v=0\r\n", token);
  offer.headers.back() = {"Content-Type", "application/sdp"};
  EXPECT_EQ(send(offer).status, 403);
  EXPECT_EQ(call("POST", "/shows/" + id + "/participants/" + ada + "/toggle-on-air").status, 409);
  EXPECT_EQ(call("POST", "/shows/" + id + "/participants/" + ada + "/kick").status, 200);
}

TEST_F(ApiTest, KeepsTheRoutingOfTheSeedWithPartialUpdates) {
  const std::string id = make_show();
  const std::string path = "/shows/" + id + "/audio-routing";
  auto routing = json(call("GET", path));
  EXPECT_EQ(routing.at("tracklistVolume"), 30);
  EXPECT_EQ(routing.at("limiter").at("ceiling"), -1.0);
  routing = json(call("PUT", path, R"({"hostVolume":55,"compression":{"ratio":6}})"));
  EXPECT_EQ(routing.at("hostVolume"), 55);
  EXPECT_EQ(routing.at("compression").at("threshold"), -20.0);
  EXPECT_EQ(call("PUT", path, json::serialize(routing)).status, 200) << "what GET gave";
  const auto ada = join(id, "Ada").first;
  routing = json(call("PUT", path, R"({"onAirCallerIds":[")" + ada + "\"]}"));
  EXPECT_EQ(routing.at("onAirCallerIds"), (json::array{ada}));
  routing = json(call("POST", path + "/reset"));
  EXPECT_EQ(routing.at("hostVolume"), 100);
  EXPECT_EQ(routing.at("onAirCallerIds"), json::array());
}

TEST_F(ApiTest, RefusesBadBodiesWithAllTheirErrors) {
  const std::string path = "/shows/" + make_show() + "/audio-routing";
  const Response refused =
      call("PUT", path,
           R"({"hostVolume":101,"callersVolume":"x","nope":1,"compression":{"ratio":99,"a/b":1}})");
  EXPECT_EQ(refused.status, 422);
  std::set<std::string> pointers;
  const auto problem = json(refused);
  for (const auto& error : problem.at("errors").as_array()) {
    pointers.emplace(error.at("pointer").as_string());
  }
  EXPECT_EQ(pointers, (std::set<std::string>{"/hostVolume", "/callersVolume", "/nope",
                                             "/compression/ratio", "/compression/a~1b"}));
  struct Case {
    const char* body;
    int status;
  };
  for (const Case& c : {Case{"{", 400}, Case{"[]", 422}, Case{"{\"hostVolume\":1.5}", 422},
                        Case{"{\"hostVolume\":-1}", 422}, Case{"{\"hostVolume\":1e999}", 422},
                        Case{"{\"hostVolume\":null}", 422},
                        Case{"{\"onAirCallerIds\":[\"x\"]}", 422}, Case{"{\"x\":\"\xff\"}", 400}}) {
    EXPECT_GE(call("PUT", path, c.body).status, 400) << c.body;
    EXPECT_LT(call("PUT", path, c.body).status, 500) << c.body;
  }
  EXPECT_EQ(call("PUT", path, "{").status, 400);
  EXPECT_EQ(call("PUT", path, "[]").status, 422);
  auto typed = request("PUT", path, "{}");
  typed.headers.back().second = "text/plain";
  EXPECT_EQ(send(typed).status, 415);
  EXPECT_EQ(call("POST", "/shows", R"({"title":""})").status, 422);
  EXPECT_EQ(call("POST", "/shows", R"({"title":"a\u0007"})").status, 422);
  EXPECT_EQ(call("POST", "/shows", "{}").status, 422);
  EXPECT_EQ(call("PUT", path, std::string(300'000, ' ')).status, 413);
  EXPECT_EQ(call("PUT", path, std::string(40, '[')).status, 400);
}

TEST_F(ApiTest, AnswersUnknownPathsMethodsAndPreflights) {
  EXPECT_EQ(call("GET", "/nope").status, 404);
  const Response wrong = call("PUT", "/shows");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(header_of(wrong.headers, "Allow"), "POST, GET, OPTIONS");
  const Response preflight = call("OPTIONS", "/whip/show-1/sess-1", "", "");
  EXPECT_EQ(preflight.status, 204);
  EXPECT_NE(header_of(preflight.headers, "Access-Control-Allow-Methods").find("PATCH"),
            std::string_view::npos);
  EXPECT_EQ(header_of(call("OPTIONS", "/whip/x", "", "").headers, "Accept-Post"),
            "application/sdp");
  EXPECT_EQ(call("GET", "/healthz", "", "").body, R"({"status":"ok"})");
}

TEST_F(ApiTest, AppliesAnIdempotencyKeyOnce) {
  auto first = request("POST", "/shows", R"({"title":"A"})");
  first.headers.emplace_back("Idempotency-Key", "k1");
  const Response one = send(first);
  const Response two = send(first);
  EXPECT_EQ(one.body, two.body);
  EXPECT_EQ(two.status, 201);
  EXPECT_EQ(json(call("GET", "/shows")).at("shows").as_array().size(), 1U);
  first.body = R"({"title":"B"})";
  EXPECT_EQ(send(first).status, 422);
}

TEST_F(ApiTest, ChangesNothingWhenTheStoreFails) {
  const std::string id = make_live_show();
  const auto sent = stages.sent.size();
  store.commit_error = "disk full";
  EXPECT_EQ(call("PUT", "/shows/" + id + "/audio-routing", R"({"hostVolume":1})").status, 503);
  EXPECT_EQ(call("POST", "/shows/" + id + "/deck/commands", R"({"command":"PLAY"})").status, 503);
  EXPECT_EQ(stages.sent.size(), sent);
  store.commit_error.clear();
  pass(3s);
  EXPECT_EQ(stages.count("command"), 0) << "a refused command is never sent";
}

TEST_F(ApiTest, KeepsAShowOnTheAirWhileNothingCanBeStored) {
  const std::string id = make_show();
  call("POST", "/shows/" + id + "/start");
  store.commit_error = "disk full";
  connect(id);
  report_running(id);
  pass(20s);
  EXPECT_TRUE(stages.killed.empty()) << "it runs, whether that can be written down or not";
  store.commit_error.clear();
  report_running(id);
  EXPECT_EQ(status_of(id), "LIVE");

  store.commit_error = "disk full";
  api->handle_stage_exit(studio::ShowId(id), "signal 9");
  EXPECT_EQ(stages.launched.size(), 2U) << "and is launched anew";
  connect(id);
  report_running(id);
  const Response refused = call("PUT", "/shows/" + id + "/audio-routing", R"({"hostVolume":1})");
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.body.find("disk full"), std::string::npos) << "it says what is wrong";
  store.commit_error.clear();
  EXPECT_EQ(call("PUT", "/shows/" + id + "/audio-routing", R"({"hostVolume":1})").status, 200);
}

TEST_F(ApiTest, CapsParticipantsAndJoinsPerAddress) {
  ApiConfig small;
  small.participants_max = 2;
  TestWorld world(small);
  const std::string id = world.make_show();
  world.call("POST", "/shows/" + id + "/start");
  world.connect(id);
  world.report_running(id);
  world.sit_down(id, world.join(id, "Ada").second);
  const std::string invitation =
      text(json(world.call("GET", "/shows/" + id + "/links")), "callerToken");
  EXPECT_EQ(world.call("POST", "/shows/" + id + "/join", R"({"username":"B"})", invitation).status,
            409);
  small.participants_max = 100;
  small.joins_per_minute_max = 1;
  TestWorld slow(small);
  const std::string other = slow.make_show();
  slow.join(other, "Ada");
  const std::string ticket =
      text(json(slow.call("GET", "/shows/" + other + "/links")), "callerToken");
  EXPECT_EQ(slow.call("POST", "/shows/" + other + "/join", R"({"username":"B"})", ticket).status,
            429);
}

}  // namespace
}  // namespace shelcaster::control
