#include <gtest/gtest.h>

#include "control/test_world.hpp"
#include "link/messages.hpp"

// What is shown while a show runs and stands in no log: figures of people and processes, and who
// may go on looking.
namespace shelcaster::control {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

class LiveFiguresTest : public testing::Test, public TestWorld {
 protected:
  std::shared_ptr<FakeSink> watch(const std::string& show, const std::string& token) {
    auto sink = std::make_shared<FakeSink>();
    EXPECT_TRUE(std::holds_alternative<SubscriptionId>(
        api->subscribe({studio::ShowId(show), token, {}, sink})));
    return sink;
  }
  static json::object last(const FakeSink& sink, std::string_view type) {
    for (auto at = sink.frames.rbegin(); at != sink.frames.rend(); ++at) {
      if (at->at("type").as_string() == type) return *at;
    }
    return {};
  }
  void report_counters(const std::string& show) {
    from_keeper(
        show,
        {{"type", "status"},
         {"state", "RUNNING"},
         {"mix",
          {{"state", "RUNNING"},
           {"pid", 11},
           {"restarts", 1},
           {"ticks", 900},
           {"lateTicks", 2},
           {"missedTicks", 0},
           {"sessions", 3},
           {"datagrams", {{"passedKnown", 3}, {"droppedStrayMedia", 7}, {"droppedSource", 5}}}}},
         {"publish", {{"state", "RUNNING"}, {"pid", 404}, {"lagMs", 20}}}});
  }
};

TEST_F(LiveFiguresTest, TellTheDeskAndThePersonHowTheirSoundArrives) {
  const std::string id = make_live_show();
  const auto [ada, ada_token] = join(id, "Ada");
  const auto [bob, bob_token] = join(id, "Bob");
  const auto desk = watch(id, "admin-secret");
  const auto own = watch(id, ada_token);
  const auto other = watch(id, bob_token);
  json::object report{{"type", "seat"},
                      {"participantId", ada},
                      {"sessionId", "s1"},
                      {"connection", "connected"},
                      {"isPublishing", true},
                      {"stats", {{"lossPercent", 7}, {"delayMs", 180.5}, {"driftPpm", -190}}},
                      {"sentByANewerMixer", true}};
  from_keeper(id, report);
  for (const auto& sink : {desk, own}) {
    const json::object seat = last(*sink, "seat");
    ASSERT_FALSE(seat.empty());
    EXPECT_EQ(seat.at("stats").at("lossPercent").to_number<double>(), 7);
    EXPECT_EQ(seat.at("stats").at("delayMs").to_number<double>(), 180.5);
    EXPECT_EQ(seat.at("stats").at("driftPpm").to_number<double>(), -190);
    EXPECT_FALSE(seat.contains("sentByANewerMixer"));
  }
  EXPECT_TRUE(last(*other, "seat").empty()) << "nobody else's line is a caller's business";
  const json::object me = json(call("GET", "/shows/" + id + "/me", "", ada_token));
  EXPECT_EQ(me.at("participant").at("stats").at("driftPpm").to_number<double>(), -190);

  from_keeper(id, link::to_json(link::Sessions{}));
  EXPECT_TRUE(last(*desk, "seat").at("stats").as_object().empty())
      << "a line that is gone has no figures";
}

TEST_F(LiveFiguresTest, AreNotGreenWhenListenersHearNothing) {
  const std::string id = make_live_show();
  const auto report = [&](std::string_view publish_state, std::int64_t age_ms, bool ok) {
    from_keeper(id, {{"type", "status"},
                     {"state", "RUNNING"},
                     {"mix", {{"state", "RUNNING"}}},
                     {"publish",
                      {{"state", publish_state},
                       {"hls",
                        {{"lastSegment", 7},
                         {"lastSegmentUnixMs", clock.wall().unix_ms() - age_ms},
                         {"decoded",
                          {{"segment", 7},
                           {"samples", 95'232},
                           {"peakDb", -6.5},
                           {"loudnessLufs", nullptr},
                           {"ok", ok},
                           {"problem", ok ? "" : "segment 7 is not on the disk"}}}}}}}});
  };
  const auto problems = [&] {
    const json::object health = json(call("GET", "/shows/" + id + "/health", "", "admin-secret"));
    const json::object output = health.at("output").as_object();
    EXPECT_EQ(output.at("ok").as_bool(), output.at("problems").as_array().empty());
    const json::object composition =
        json(call("GET", "/shows/" + id + "/composition/health", "", "admin-secret"));
    EXPECT_EQ(composition.at("metrics").at("output"), output);
    return json::serialize(output.at("problems"));
  };
  report("RUNNING", 2'000, true);
  EXPECT_EQ(problems(), "[]");
  report("RUNNING", 2'000, false);
  EXPECT_EQ(problems(), R"(["segment 7 is not on the disk"])");
  report("RUNNING", 11'000, true);
  EXPECT_EQ(problems(), R"(["no segment has been published for more than 10 s"])");
  report("RESTARTING", 2'000, true);
  EXPECT_EQ(problems(), R"(["the publisher is not running; it is started again by itself"])");
  report("RUNNING", 2'000, true);
  clock.elapsed += 11s;
  EXPECT_EQ(problems(), R"(["the show's processes have not reported for more than 10 s"])");
}

TEST_F(LiveFiguresTest, EndAnEventStreamWhenItsTokenExpires) {
  const std::string id = make_show();
  const auto [ada, token] = join(id, "Ada");
  const auto caller = watch(id, token);
  const std::string host = text(json(call("GET", "/shows/" + id + "/links")), "hostToken");
  const auto desk = watch(id, host);
  const auto admin = watch(id, "admin-secret");
  const auto lifetime = std::chrono::seconds(config.token_lifetime_s);
  clock.elapsed += lifetime - 2s;
  pass(1s);
  EXPECT_EQ(caller->closed_with, 0);
  pass(2s);
  EXPECT_EQ(caller->closed_with, 4401);
  EXPECT_EQ(desk->closed_with, 4401);
  EXPECT_EQ(admin->closed_with, 0) << "the configured token has no end";
  const std::size_t frames = desk->frames.size();
  call("PATCH", "/shows/" + id, R"({"title":"Later"})");
  EXPECT_EQ(desk->frames.size(), frames) << "nothing more is sent";
  EXPECT_EQ(admin->count("event"), 1);
}

TEST_F(LiveFiguresTest, EndTheStreamOfAHostWhoIsRemoved) {
  const std::string id = make_show();
  const auto made = json(call("POST", "/shows/" + id + "/host-tokens", R"({"username":"Second"})"));
  const auto desk = watch(id, text(made, "token"));
  call("POST", "/shows/" + id + "/participants/" + text(made, "participantId") + "/kick");
  EXPECT_EQ(desk->closed_with, 4403);
}

TEST_F(LiveFiguresTest, PushViewersAndHeartbeatToDesksOnly) {
  const std::string id = make_live_show();
  const auto [ada, token] = join(id, "Ada");
  const auto desk = watch(id, "admin-secret");
  const auto caller = watch(id, token);
  pass(1250ms);
  EXPECT_EQ(last(*desk, "status").at("viewerCount"), 3);
  EXPECT_EQ(last(*desk, "status").at("composition").at("status"), "RUNNING");
  const int told = desk->count("status");
  pass(3s);
  EXPECT_EQ(desk->count("status"), told) << "nothing has changed";
  viewers.count = 4;
  pass(1250ms);
  EXPECT_EQ(last(*desk, "status").at("viewerCount"), 4);
  EXPECT_EQ(desk->count("status"), told + 1);
  for (int i = 0; i < 8; ++i) {
    report_running(id);
    pass(250ms);
  }
  EXPECT_LE(desk->count("status"), told + 3) << "at most once a second";
  const int before_rest = desk->count("status");
  pass(21s);
  EXPECT_GT(desk->count("status"), before_rest) << "a quiet show says that it is there";
  EXPECT_EQ(caller->count("status"), 0);
}

TEST_F(LiveFiguresTest, TakeTheMemoryOfAProcessThatNobodyMayAskFromItsOwnReport) {
  const std::string id = make_live_show();
  from_keeper(
      id,
      {{"type", "status"},
       {"state", "RUNNING"},
       {"mix",
        {{"state", "RUNNING"}, {"pid", FakeProcesses::kPrivatePid}, {"pssBytes", 11'000'000}}}});
  const json::object health = json(call("GET", "/shows/" + id + "/health"));
  EXPECT_EQ(health.at("processes").at(1).at("pssBytes"), 11'000'000);
  EXPECT_EQ(health.at("processes").at(1).at("cpuSeconds"), 1.5);
}

TEST_F(LiveFiguresTest, ShowAnOperatorCountersDropsAndWhatProcessesUse) {
  const std::string id = make_live_show();
  report_counters(id);
  const json::object health = json(call("GET", "/shows/" + id + "/health"));
  const json::object mixer = health.at("mixer").as_object();
  EXPECT_EQ(mixer.at("ticks"), 900);
  EXPECT_EQ(mixer.at("lateTicks"), 2);
  EXPECT_EQ(mixer.at("missedTicks"), 0);
  EXPECT_EQ(mixer.at("drops"), (json::object{{"strayMedia", 7}, {"source", 5}}));
  EXPECT_EQ(health.at("publisher").at("lagMs"), 20);
  EXPECT_TRUE(health.at("publisher").at("overruns").is_null()) << "not reported is not 0";
  const json::array used = health.at("processes").as_array();
  ASSERT_EQ(used.size(), 3U);
  EXPECT_EQ(used[0].at("role"), "compose");
  EXPECT_EQ(used[1].at("pssBytes"), 11 * 1024);
  EXPECT_EQ(used[1].at("cpuSeconds"), 1.5);
  EXPECT_TRUE(used[2].at("pssBytes").is_null()) << "it has ended meanwhile";

  const std::string metrics = call("GET", "/metrics").body;
  EXPECT_NE(metrics.find("shelcaster_mixer_late_ticks_total{show=\"" + id + "\"} 2\n"),
            std::string::npos);
  EXPECT_NE(
      metrics.find("shelcaster_mixer_drops_total{show=\"" + id + "\",cause=\"strayMedia\"} 7\n"),
      std::string::npos);
}

TEST_F(LiveFiguresTest, AreUnknownForAShowThatDoesNotRun) {
  const std::string id = make_show();
  const json::object health = json(call("GET", "/shows/" + id + "/health"));
  EXPECT_TRUE(health.at("mixer").is_null());
  EXPECT_TRUE(health.at("publisher").is_null());
  EXPECT_TRUE(health.at("processes").as_array().empty());
  const auto [ada, token] = join(id, "Ada");
  EXPECT_EQ(call("GET", "/shows/" + id + "/health", "", token).status, 403);
}

}  // namespace
}  // namespace shelcaster::control
