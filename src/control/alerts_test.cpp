#include <gmock/gmock.h>

#include "control/problem.hpp"
#include "control/test_world.hpp"

// Alerts as operators meet them: in the event log, the health, the metrics and what the Alarms are
// told.
namespace shelcaster::control {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

class AlertsTest : public testing::Test, public TestWorld {
 protected:
  /// The keeper reports each second that all runs, with the output in that state.
  void run(const std::string& id, base::Duration time, std::string_view output = "live") {
    for (base::Duration done{0}; done < time; done += 1s) {
      from_keeper(id, {{"type", "status"},
                       {"state", "RUNNING"},
                       {"mix", {{"state", "RUNNING"}, {"clipMs", clip_ms_}}},
                       {"publish",
                        {{"state", "RUNNING"},
                         {"hls", {{"problem", ""}}},
                         {"outputs", {{{"id", "rtmp"}, {"state", output}, {"detail", ""}}}}}}});
      pass(1s);
    }
  }
  /// "+kind" and "-kind" of what the Alarms were told since this was last asked.
  std::vector<std::string> told() {
    std::vector<std::string> out;
    for (const Alarm& alarm : std::exchange(alarms.told, {})) {
      out.push_back((alarm.is_raised ? "+" : "-") + alarm.kind);
      EXPECT_EQ(alarm.title, "T");
      EXPECT_FALSE(alarm.detail.empty());
    }
    return out;
  }
  std::vector<std::string> logged(const std::string& id) {
    std::vector<std::string> out;
    const json::object answer = json(call("GET", "/shows/" + id + "/events"));
    for (const json::value& event : answer.at("events").as_array()) {
      const std::string kind = text(event.as_object(), "kind");
      if (kind == "alert_raised" || kind == "alert_cleared") {
        out.push_back(kind + " " + text(event.at("data").as_object(), "kind"));
      }
    }
    return out;
  }
  json::array present(const std::string& id) {
    return json(call("GET", "/shows/" + id + "/health")).at("alerts").as_array();
  }
  std::string make_live_show_with_output() {
    const std::string id = make_live_show();
    call("PUT", "/shows/" + id + "/outputs/rtmp",
         R"({"url":"rtmp://ingest.example.org/app","streamKey":"secret"})");
    return id;
  }
  std::string metrics() { return call("GET", "/metrics").body; }

  std::int64_t clip_ms_ = 0;
};

TEST_F(AlertsTest, TellOfAnOutputThatIsDownEverywhereAndOnce) {
  const std::string id = make_live_show_with_output();
  run(id, 30s, "retrying");
  EXPECT_THAT(told(), IsEmpty());
  run(id, 10s, "retrying");
  ASSERT_EQ(alarms.told.size(), 1U);
  EXPECT_EQ(alarms.told[0].output_id, "rtmp");
  EXPECT_EQ(alarms.told[0].show_id.str(), id);
  EXPECT_THAT(told(), ElementsAre("+output_down"));
  const json::array alerts = present(id);
  ASSERT_EQ(alerts.size(), 1U);
  EXPECT_EQ(alerts[0].at("kind"), "output_down");
  EXPECT_EQ(alerts[0].at("outputId"), "rtmp");
  EXPECT_THAT(metrics(), HasSubstr("shelcaster_alerts_active{kind=\"output_down\"} 1\n"));
  EXPECT_THAT(metrics(), HasSubstr("shelcaster_alerts_active{kind=\"clipping\"} 0\n"));
  run(id, 35s, "live");
  EXPECT_THAT(told(), ElementsAre("-output_down"));
  EXPECT_THAT(present(id), IsEmpty());
  EXPECT_THAT(logged(id), ElementsAre("alert_raised output_down", "alert_cleared output_down"));
  EXPECT_THAT(metrics(), HasSubstr("shelcaster_alerts_raised_total{kind=\"output_down\"} 1\n"));
  EXPECT_THAT(metrics(), HasSubstr("shelcaster_alerts_active{kind=\"output_down\"} 0\n"));
}

TEST_F(AlertsTest, AreNeitherRaisedAgainNorForgottenByARestart) {
  const std::string id = make_live_show_with_output();
  run(id, 40s, "retrying");
  EXPECT_THAT(told(), ElementsAre("+output_down"));
  restart();
  EXPECT_EQ(present(id).size(), 1U);
  connect(id);
  run(id, 60s, "retrying");
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(present(id).size(), 1U);
  restart();
  connect(id);
  run(id, 35s, "live");
  EXPECT_THAT(told(), ElementsAre("-output_down"));
  restart();
  EXPECT_THAT(present(id), IsEmpty());
  EXPECT_EQ(logged(id).size(), 2U);
}

TEST_F(AlertsTest, TellOfAKeeperThatIsSilentAndOfItsReturn) {
  const std::string id = make_live_show();
  run(id, 5s);
  pass(12s);
  EXPECT_THAT(told(), ElementsAre("+heartbeat_lost"));
  pass(12s);
  EXPECT_THAT(told(), ElementsAre("+output_silent_or_broken"));
  run(id, 3s);
  EXPECT_THAT(told(), ElementsAre("-heartbeat_lost", "-output_silent_or_broken"));
}

TEST_F(AlertsTest, TellOfClippingByTheMixersCount) {
  const std::string id = make_live_show();
  run(id, 15s);
  for (int i = 0; i < 5; ++i) {
    clip_ms_ += 1'000;
    run(id, 1s);
  }
  EXPECT_THAT(told(), ElementsAre("+clipping"));
  run(id, 15s);
  EXPECT_THAT(told(), ElementsAre("-clipping"));
}

TEST_F(AlertsTest, TellOfDeadAirWhenTheKeeperSaysSo) {
  const std::string id = make_live_show();
  run(id, 2s);
  run(id, 2s);
  EXPECT_THAT(told(), IsEmpty());
  from_keeper(id, {{"type", "dead_air"}, {"started", "bed"}});
  run(id, 2s);
  EXPECT_THAT(told(), ElementsAre("+dead_air"));
  restart();
  connect(id);
  run(id, 20s);
  EXPECT_THAT(told(), IsEmpty()) << "the keeper doesn't say it again";
  from_keeper(id, {{"type", "dead_air_ended"}, {"reason", "VOICE"}});
  run(id, 2s);
  EXPECT_THAT(told(), ElementsAre("-dead_air"));
  from_keeper(id, {{"type", "dead_air"}, {"started", "bed"}});
  run(id, 2s);
  api->handle_stage_exit(studio::ShowId(id), "killed");
  connect(id);
  run(id, 2s);
  EXPECT_THAT(told(), ElementsAre("+dead_air", "-dead_air")) << "another keeper hears for itself";
}

TEST_F(AlertsTest, TellWhatPlaysInTheProgrammesPlace) {
  const std::string id = make_live_show();
  run(id, 2s);
  from_keeper(id, {{"type", "dead_air"}, {"started", "queue"}});
  run(id, 2s);
  const auto composition = [&] {
    return json(call("GET", "/shows/" + id + "/composition/health"));
  };
  EXPECT_EQ(composition().at("deadAir").at("fallback"), "queue");
  EXPECT_EQ(composition().at("alerts").at(0).at("detail"),
            "the programme has been silent; the queue is playing");
  call("POST", "/shows/" + id + "/silence", R"({"seconds":60})");
  EXPECT_EQ(composition().at("deadAir").at("silenceUntil"), clock.wall().unix_ms() + 60'000);
  // A mixer that began anew says so by its figures, for the one before can't.
  from_keeper(id, {{"type", "status"},
                   {"state", "RUNNING"},
                   {"mix", {{"state", "RUNNING"}, {"fallback", ""}}},
                   {"publish", {{"state", "RUNNING"}}}});
  pass(61s);
  EXPECT_EQ(composition().at("deadAir"),
            (json::object{{"fallback", nullptr}, {"silenceUntil", nullptr}}));
  EXPECT_EQ(told()[1], "-dead_air");
}

TEST_F(AlertsTest, TellOfAPublisherThatCantWrite) {
  const std::string id = make_live_show();
  run(id, 2s);
  from_keeper(
      id, {{"type", "status"},
           {"state", "RUNNING"},
           {"mix", {{"state", "RUNNING"}}},
           {"publish", {{"state", "RUNNING"}, {"hls", {{"problem", "can't write seg-7.m4s"}}}}}});
  pass(2s);
  EXPECT_THAT(told(), ElementsAre("+disk_failing"));
  EXPECT_THAT(text(present(id)[0].as_object(), "detail"), HasSubstr("can't write seg-7.m4s"));
  const json::object output =
      json(call("GET", "/shows/" + id + "/health")).at("output").as_object();
  EXPECT_EQ(output.at("problems").at(0), "segments are lost: can't write seg-7.m4s");
}

TEST_F(AlertsTest, TellOfADiskThatIsFullAndTheShowGoesOnTheAirWithoutIt) {
  used_store = &patient_store;
  restart();
  const std::string id = make_show();
  const auto [person, token] = join(id, "Ada");
  store.commit_error = "disk full";
  const Response started = call("POST", "/shows/" + id + "/start");
  EXPECT_EQ(started.status, 200);
  EXPECT_EQ(header_of(started.headers, "Shelcaster-Storage"), "memory");
  connect(id);
  run(id, 2s);
  EXPECT_EQ(status_of(id), "LIVE");
  EXPECT_EQ(call("POST", "/shows/" + id + "/participants/" + person + "/toggle-on-air").status,
            200);
  EXPECT_THAT(told(), ElementsAre("+disk_failing"));
  EXPECT_EQ(text(present(id)[0].as_object(), "kind"), "disk_failing");
  EXPECT_THAT(logged(id), ElementsAre("alert_raised disk_failing"));
  EXPECT_EQ(call("POST", "/tracklists", R"({"title":"L"})").status, 503) << "it can be made later";
  run(id, 60s);
  EXPECT_THAT(told(), IsEmpty());

  store.commit_error.clear();
  run(id, 3s);
  EXPECT_THAT(told(), ElementsAre("-disk_failing"));
  EXPECT_FALSE(call("PUT", "/shows/" + id + "/audio-routing", R"({"hostVolume":50})").body.empty());
  used_store = &store;  // what the disk has
  restart();
  EXPECT_EQ(status_of(id), "LIVE");
  EXPECT_THAT(logged(id), ElementsAre("alert_raised disk_failing", "alert_cleared disk_failing"));
  const auto people = call("GET", "/shows/" + id + "/participants");
  EXPECT_THAT(people.body, HasSubstr("\"isOnAir\":true"));
}

TEST_F(AlertsTest, SayWhatIsTrueNowWithoutBeingToldAgain) {
  const std::string id = make_live_show();
  run(id, 2s);
  from_keeper(id, {{"type", "dead_air"}, {"started", "queue"}});
  run(id, 3s);
  EXPECT_THAT(told(), ElementsAre("+dead_air"));
  from_keeper(id, {{"type", "dead_air"}, {"started", "bed"}});
  run(id, 3s);
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_THAT(text(present(id)[0].as_object(), "detail"), HasSubstr("standby music"));
  restart();
  EXPECT_THAT(text(present(id)[0].as_object(), "detail"), HasSubstr("standby music"));
}

TEST_F(AlertsTest, BeginAnewWithAnotherDestination) {
  const std::string id = make_live_show_with_output();
  run(id, 40s, "retrying");
  EXPECT_THAT(told(), ElementsAre("+output_down"));
  call("PUT", "/shows/" + id + "/outputs/rtmp",
       R"({"url":"rtmp://other.example.org/app","streamKey":"secret"})");
  run(id, 3s, "retrying");
  EXPECT_THAT(told(), ElementsAre("-output_down"));
  run(id, 35s, "retrying");
  EXPECT_THAT(told(), ElementsAre("+output_down"));
}

TEST_F(AlertsTest, AreClearedWhenTheShowEnds) {
  const std::string id = make_live_show_with_output();
  run(id, 40s, "retrying");
  call("POST", "/shows/" + id + "/stop");
  pass(3s);
  EXPECT_THAT(told(), ElementsAre("+output_down")) << "it is still on its way off the air";
  from_keeper(id, {{"type", "stopped"}});
  pass(2s);
  EXPECT_THAT(told(), ElementsAre("-output_down"));
}

TEST_F(AlertsTest, TellOfAShowThatFailsUntilItIsWellAgainOrDeleted) {
  const std::string id = make_live_show();
  run(id, 2s);
  for (int i = 0; i < 5; ++i) {
    api->handle_stage_exit(studio::ShowId(id), "killed");
    pass(1s);
  }
  ASSERT_EQ(status_of(id), "ERROR");
  pass(1s);
  EXPECT_THAT(told(), ElementsAre("+output_silent_or_broken"));
  restart();
  pass(60s);
  EXPECT_THAT(told(), IsEmpty());
  EXPECT_EQ(present(id).size(), 1U);
  EXPECT_EQ(call("DELETE", "/shows/" + id).status, 204);
  EXPECT_THAT(told(), ElementsAre("-output_silent_or_broken"));
  restart();
  EXPECT_THAT(metrics(),
              HasSubstr("shelcaster_alerts_active{kind=\"output_silent_or_broken\"} 0\n"));
}

}  // namespace
}  // namespace shelcaster::control
