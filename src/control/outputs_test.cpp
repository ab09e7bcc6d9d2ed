#include <gtest/gtest.h>

#include "control/test_world.hpp"

namespace shelcaster::control {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

class OutputsTest : public testing::Test, public TestWorld {
 protected:
  Response put(const std::string& body) {
    return call("PUT", "/shows/" + show_ + "/outputs/rtmp", body);
  }
  json::object target() const {
    return stages.last("desired").at("outputs").as_array().at(0).as_object();
  }
  void put_as_an_older_program(const std::string& url, const std::string& key) {
    store::Write write;
    write.puts.push_back({{store::Collection::kOutputs, show_, "rtmp"},
                          {{"id", "rtmp"}, {"url", url}, {"streamKey", key}},
                          std::nullopt});
    ASSERT_TRUE(store.commit(write).has_value());
  }
  const std::string show_ = make_live_show();
};

TEST_F(OutputsTest, RefuseAPrivateDestinationAndNameTheKeyThatAllowsIt) {
  for (const char* url :
       {"rtmp://127.0.0.1/app/key", "rtmp://10.0.0.5:1935/app", "rtmps://localhost/app",
        "rtmp://[fd00::1]/app", "rtmp://2130706433/app"}) {
    const Response refused = put(std::string(R"({"url":")") + url + "\"}");
    EXPECT_EQ(refused.status, 422) << url;
    EXPECT_NE(refused.body.find("outputs.allow_private_destinations"), std::string::npos);
  }
  EXPECT_EQ(put(R"({"url":"rtmp://ingest.example.org/app/key"})").status, 200);
  EXPECT_EQ(target().at("allowPrivate"), false) << "its name is judged when it is resolved";
}

TEST_F(OutputsTest, KeepAPrivateDestinationThatStandsAlready) {
  put_as_an_older_program("rtmp://10.0.0.5/app", "key");
  restart();
  connect(show_);
  report_running(show_);
  EXPECT_EQ(target().at("allowPrivate"), true);
  EXPECT_EQ(put(R"({"url":"rtmp://10.0.0.5/app","streamKey":"other"})").status, 200)
      << "with another key too";
  EXPECT_EQ(target().at("allowPrivate"), true);
  EXPECT_EQ(put(R"({"url":"rtmp://10.0.0.6/app","streamKey":"other"})").status, 422);
  EXPECT_EQ(put(R"({"url":"rtmp://10.0.0.5:22/app","streamKey":"other"})").status, 422);
}

TEST(OutputsOfAnAllowingStation, MayBePrivate) {
  ApiConfig config;
  config.allow_private_destinations = true;
  TestWorld world(config);
  const std::string show = world.make_live_show();
  EXPECT_EQ(
      world.call("PUT", "/shows/" + show + "/outputs/rtmp", R"({"url":"rtmp://10.0.0.5/a/k"})")
          .status,
      200);
  const auto target = world.stages.last("desired").at("outputs").as_array().at(0);
  EXPECT_EQ(target.at("allowPrivate"), true);
}

TEST_F(OutputsTest, AreNoPortScanner) {
  int taken = 0;
  for (int port = 1; port <= 100; ++port) {
    taken += put(R"({"url":"rtmp://a.example:)" + std::to_string(port) + "/app\"}").status == 200;
  }
  EXPECT_EQ(taken, 10);
  const Response refused = put(R"({"url":"rtmp://a.example:2000/app"})");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(put(R"({"url":"rtmp://a.example:10/app"})").status, 200) << "what stands is no change";
  pass(6s);
  EXPECT_EQ(put(R"({"url":"rtmp://a.example:2000/app"})").status, 200);
}

TEST_F(OutputsTest, AreIdleUnlessTheShowRuns) {
  const auto state = [&] {
    const auto outputs = json(call("GET", "/shows/" + show_ + "/outputs")).at("outputs");
    return text(outputs.at(0).as_object(), "state");
  };
  put(R"({"url":"rtmp://a.example/app"})");
  EXPECT_EQ(state(), "connecting");
  call("POST", "/shows/" + show_ + "/stop");
  from_keeper(show_, {{"type", "stopped"}});
  EXPECT_EQ(state(), "idle");
  call("PUT", "/shows/" + show_ + "/audio-routing", R"({"hostVolume":9})");
  EXPECT_EQ(state(), "idle") << "touched, and not started";
  call("POST", "/shows/" + show_ + "/start");
  EXPECT_EQ(state(), "connecting");
}

TEST_F(OutputsTest, HideEverySecretWhereverItStands) {
  const std::string given =
      R"({"url":"rtmp://user:PASSWORD@h.example/app/STREAMKEY?psk=PASSPHRASE"})";
  std::string said = put(given).body;
  EXPECT_EQ(target().at("url"), "rtmp://user:PASSWORD@h.example/app/STREAMKEY?psk=PASSPHRASE");
  for (const char* path : {"/outputs", "/events", "/status", "/health", "/composition/health"}) {
    said += call("GET", "/shows/" + show_ + path).body;
  }
  put(R"({"url":"rtmp://h.example/app?psk=PASSPHRASE","streamKey":"STREAMKEY"})");
  put(R"({"url":"rtmp://h.example/app/STREAMKEY","streamKey":""})");
  said += call("GET", "/shows/" + show_ + "/outputs").body;
  said += call("GET", "/shows/" + show_ + "/events").body;
  for (const char* secret : {"PASSWORD", "STREAMKEY", "PASSPHRASE"}) {
    EXPECT_EQ(said.find(secret), std::string::npos) << secret;
  }
}

TEST_F(OutputsTest, TakeBackWhatTheyShowed) {
  put(R"({"url":"rtmp://user:PASSWORD@h.example/app?psk=P","streamKey":"K"})");
  const auto shown = json(call("GET", "/shows/" + show_ + "/outputs"));
  const std::string url = text(shown.at("outputs").as_array().at(0).as_object(), "url");
  EXPECT_EQ(url, "rtmp://***@h.example/app?psk=***");
  EXPECT_EQ(put(R"({"url":")" + url + "\"}").status, 200);
  EXPECT_EQ(target().at("url"), "rtmp://user:PASSWORD@h.example/app?psk=P/K");
  EXPECT_EQ(put(R"({"url":")" + url + R"(","streamKey":"N"})").status, 200);
  EXPECT_EQ(target().at("url"), "rtmp://user:PASSWORD@h.example/app?psk=P/N");
}

TEST_F(OutputsTest, HideTheSecretsOfAnOlderProgramsEvents) {
  store::Write write;
  write.events.push_back({show_,
                          0,
                          clock.wall(),
                          "output_set",
                          "admin",
                          {{"id", "rtmp"}, {"url", "rtmp://user:PASSWORD@h/app"}}});
  ASSERT_TRUE(store.commit(write).has_value());
  const std::string events = call("GET", "/shows/" + show_ + "/events").body;
  EXPECT_NE(events.find("rtmp://***@h/app"), std::string::npos);
  EXPECT_EQ(events.find("PASSWORD"), std::string::npos);
}

TEST_F(OutputsTest, ShowTheStateOfTheDestinationThatIsSetAndOfNoneBefore) {
  const auto shown = [&] {
    return json(call("GET", "/shows/" + show_ + "/outputs"))
        .at("outputs")
        .as_array()
        .at(0)
        .as_object();
  };
  const auto report = [&](const json::value& revision, const char* state, const char* problem) {
    from_keeper(show_, {{"type", "status"},
                        {"state", "RUNNING"},
                        {"publish",
                         {{"state", "RUNNING"},
                          {"outputs",
                           {{{"id", "rtmp"},
                             {"revision", revision},
                             {"state", state},
                             {"problem", problem},
                             {"detail", "in words"},
                             {"delayMs", 120},
                             {"bitrateBps", 140'000},
                             {"framesDropped", 7},
                             {"connections", 1}}}}}}});
  };
  put(R"({"url":"rtmp://a.example/app/key"})");
  const json::value first = target().at("revision");
  EXPECT_EQ(shown().at("state"), "connecting");
  report(first, "live", "too_slow");
  EXPECT_EQ(shown().at("state"), "live");
  EXPECT_EQ(shown().at("problem").at("code"), "too_slow");
  EXPECT_EQ(shown().at("problem").at("text"), "in words");
  EXPECT_EQ(shown().at("delayMs"), 120);
  EXPECT_EQ(shown().at("droppedFrames"), 7);

  put(R"({"url":"rtmp://b.example/app/key"})");
  const json::value second = target().at("revision");
  EXPECT_NE(second, first);
  EXPECT_EQ(shown().at("state"), "connecting") << "of the one before it was live";
  EXPECT_TRUE(shown().at("problem").is_null());
  report(first, "live", "");
  EXPECT_EQ(shown().at("state"), "connecting") << "told too late";
  report(second, "retrying", "unknown_host");
  EXPECT_EQ(shown().at("problem").at("code"), "unknown_host");
  put(R"({"url":"rtmp://b.example/app/key"})");
  EXPECT_EQ(target().at("revision"), second) << "nothing has changed";
}

TEST_F(OutputsTest, AreToldWhereTheirKeyBegins) {
  put(R"({"url":"rtmp://a.example/app/","streamKey":"k/e/y?s=1"})");
  const std::string url = text(target(), "url");
  EXPECT_EQ(url.substr(static_cast<std::size_t>(target().at("keyAt").as_int64())), "k/e/y?s=1");
}

TEST_F(OutputsTest, HaveAConstantRateForIvsOrWhereItIsAskedFor) {
  put(R"({"url":"rtmps://a1b2c3.global-contribute.live-video.net:443/app","streamKey":"sk_1"})");
  EXPECT_EQ(target().at("constantRate"), true);
  put(R"({"url":"rtmps://a.example/app/key"})");
  EXPECT_EQ(target().at("constantRate"), false);
  put(R"({"url":"rtmps://a.example/app/key","constantRate":true})");
  EXPECT_EQ(target().at("constantRate"), true);
}

}  // namespace
}  // namespace shelcaster::control
