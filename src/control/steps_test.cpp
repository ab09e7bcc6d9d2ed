#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "control/hooked_store_for_tests.hpp"
#include "control/test_world.hpp"
#include "store/documents.hpp"

// Work that is more than one write holds: with more than a hundred of everything, and with a
// process that ends between two of its steps.
namespace shelcaster::control {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using enum store::Collection;
using store::Key;

constexpr int kMany = 130;
constexpr std::size_t kAll = 130;

class StepsTest : public testing::Test, public TestWorld {
 protected:
  StepsTest() {
    config.participants_max = 150;
    config.joins_per_minute_max = 1'000;
    used_store = &hooked_;
    restart();
  }

  /// Documents of one kind, made from the one that stands there.
  void multiply(const Key& from, const std::string& id_field,
                const std::function<void(json::object&)>& change = {}) {
    const json::object body = (*store.get(from))->body;
    for (int i = 0; i < kMany; ++i) {
      json::object another = body;
      const std::string id = fmt::format("{}-{:03}", from.id, i);
      another[id_field] = id;
      if (change) change(another);
      ASSERT_TRUE(store.commit({{{{from.collection, from.scope, id}, another, 0}}, {}, {}, {}}));
    }
  }
  std::string make_track(const std::string& token = "admin-secret") {
    return text(json(call("POST", "/tracks", R"({"url":"https://a.example/x"})", token)),
                "trackId");
  }
  std::string make_list(const std::string& token = "admin-secret") {
    return text(json(call("POST", "/tracklists", R"({"title":"L"})", token)), "tracklistId");
  }
  std::string host_of(const std::string& show) {
    return text(json(call("GET", "/shows/" + show + "/links")), "hostToken");
  }
  /// Many people in the mixer, all of them on the air.
  void fill_seats(const std::string& show) {
    const auto [person, token] = join(show, "Ada");
    multiply({kParticipants, show, person}, "participantId", [](json::object& body) {
      body["isSeated"] = body["isOnAir"] = body["hasBeenOnAir"] = true;
    });
  }
  void fill_commands(const std::string& show) {
    for (int i = 0; i < kMany; ++i) {
      const std::string id = fmt::format("{:012}-cmd-{}", i + 1, i);
      json::object body{
          {"type", "command"}, {"id", fmt::format("cmd-{}", i)}, {"command", "pause"}};
      ASSERT_TRUE(store.commit({{{{kCommands, show, id}, body, 0}}, {}, {}, {}}));
    }
  }
  /// As a process that ends before its next write but so many.
  void end_process_after(int commits) {
    hooked_.before_commit = [this, left = commits](const store::Write&) mutable {
      is_cut_off_ = is_cut_off_ || left == 0;
      return left-- > 0 ? base::Result<void>() : base::fail("the process has ended");
    };
  }
  void start_process() {
    hooked_.before_commit = {};
    restart();
  }
  std::vector<store::Document> all(store::Collection collection, const std::string& scope) {
    return *store.list(collection, scope);
  }
  std::size_t count(store::Collection collection, const std::string& scope) {
    return *store.count(collection, scope);
  }
  /// Callers who have a seat or are on the air.
  std::size_t seated(const std::string& show) {
    std::size_t count = 0;
    for (const auto& person : all(kParticipants, show)) {
      const bool is_caller = person.body.at("role").as_string() == "CALLER";
      const bool is_there =
          person.body.at("isSeated").as_bool() || person.body.at("isOnAir").as_bool();
      if (is_caller && is_there) ++count;
    }
    return count;
  }
  int events(const std::string& show, const std::string& kind) {
    store::EventQuery query{.show_id = show, .limit = 10'000, .bytes_max = 1U << 30U};
    query.kinds = {kind};
    return static_cast<int>(store.events(query)->events.size());
  }

  HookedStore hooked_{store};
  bool is_cut_off_ = false;
};

TEST_F(StepsTest, ADeletedShowIsGoneAtOnceAndAllThatItHadInStepsThatASecondProcessEnds) {
  const auto session = json(call("POST", "/sessions", R"({"title":"T"})"));
  const std::string show = text(session, "showId");
  const std::string session_id = text(session, "sessionId");
  from_keeper(show, {{"type", "stopped"}});
  const auto [person, caller] = join(show, "Ada");
  const std::string host = host_of(show);
  multiply({kParticipants, show, person}, "participantId");
  json::object past = (*store.get({kParticipants, show, person}))->body;
  ASSERT_TRUE(store.commit({{{{kPastParticipants, show, "past"}, past, 0}}, {}, {}, {}}));
  multiply({kPastParticipants, show, "past"}, "participantId");
  fill_commands(show);
  call("PUT", "/shows/" + show + "/outputs/rtmp", R"({"url":"rtmp://ingest.example.org/app"})");
  multiply({kOutputs, show, "rtmp"}, "id");
  multiply({kSessions, "", session_id}, "sessionId");
  multiply({kTracks, "", make_track(host)}, "trackId");
  multiply({kTracklists, "", make_list(host)}, "tracklistId");
  call("POST", "/shows/" + show + "/stop");
  from_keeper(show, {{"type", "stopped"}});

  end_process_after(2);
  EXPECT_EQ(call("DELETE", "/shows/" + show).status, 204);
  EXPECT_EQ(call("GET", "/shows/" + show).status, 404);
  EXPECT_GT(count(kPastParticipants, show), 0U) << "not all of it at once";
  for (const std::string& token : {caller, host}) {
    EXPECT_EQ(call("GET", "/shows/" + show + "/me", "", token).status, 401);
    EXPECT_EQ(call("GET", "/tracks", "", token).status, 401) << "nobody is of a show that is gone";
  }
  EXPECT_EQ(call("GET", "/sessions/" + session_id + "-129").status, 404);
  pass(1s);
  EXPECT_TRUE(is_cut_off_);
  start_process();
  pass(30s);
  for (const auto collection : {kParticipants, kPastParticipants, kRouting, kDecks, kQueues,
                                kOutputs, kDesired, kCommands, kShowSessions}) {
    EXPECT_EQ(count(collection, show), 0U) << store::name_of(collection);
  }
  for (const auto collection : {kShows, kSessions, kTracks, kTracklists, kEndedShows}) {
    EXPECT_EQ(count(collection, ""), 0U) << store::name_of(collection);
  }
}

TEST_F(StepsTest, TheEndOfAShowWithManySeatsAndCommandsIsEndedByTheNextProcess) {
  const std::string show = make_live_show();
  fill_seats(show);
  fill_commands(show);
  restart();
  connect(show);
  report_running(show);
  call("POST", "/shows/" + show + "/stop");
  end_process_after(2);
  from_keeper(show, {{"type", "stopped"}});
  EXPECT_TRUE(is_cut_off_);
  EXPECT_GT(seated(show), 0U) << "it was cut off in between";
  EXPECT_EQ(status_of(show), "STOPPING") << "the last step makes it so";
  stages.gone.insert(show);
  start_process();
  EXPECT_EQ(status_of(show), "STOPPED");
  EXPECT_EQ(seated(show), 0U);
  EXPECT_EQ(count(kCommands, show), 0U);
  EXPECT_EQ(events(show, "participant_left"), kMany) << "each is told once";
  EXPECT_EQ(events(show, "participant_off_air"), kMany);
  EXPECT_EQ(events(show, "show_stopped"), 1);
}

TEST_F(StepsTest, AShowThatFailsWithManySeatsIsInErrorWithNobodyOnTheAir) {
  const std::string show = make_live_show();
  fill_seats(show);
  call("POST", "/shows/" + show + "/stop");
  from_keeper(show, {{"type", "stopped"}});
  fill_seats(show);
  stages.launch_error = "no";
  EXPECT_EQ(call("POST", "/shows/" + show + "/start").status, 503);
  EXPECT_EQ(status_of(show), "ERROR");
  EXPECT_EQ(seated(show), 0U);
}

TEST_F(StepsTest, ACrowdThatNobodyHearsGoesOffTheAir) {
  const std::string show = make_live_show();
  fill_seats(show);
  restart();
  connect(show);
  report_running(show);
  for (int i = 0; i < 13; ++i) {
    pass(5s);
    report_running(show);
  }
  EXPECT_EQ(events(show, "participant_off_air"), kMany);
}

TEST_F(StepsTest, ACrowdIsPutOnTheAirAndTakenOffByOneCall) {
  const std::string show = make_live_show();
  const auto [person, token] = join(show, "Ada");
  multiply({kParticipants, show, person}, "participantId");
  restart();
  json::array ids;
  for (const auto& one : all(kParticipants, show)) {
    if (one.body.at("role").as_string() == "CALLER") ids.emplace_back(one.key.id);
  }
  ASSERT_EQ(ids.size(), kAll + 1);
  const std::string body =
      json::serialize(json::object{{"onAirCallerIds", ids}, {"hostVolume", 7}});
  end_process_after(1);
  EXPECT_EQ(call("PUT", "/shows/" + show + "/audio-routing", body).status, 503);
  EXPECT_TRUE(is_cut_off_);
  start_process();
  EXPECT_EQ(call("PUT", "/shows/" + show + "/audio-routing", body).status, 200) << "asked again";
  EXPECT_EQ(seated(show), kAll + 1);
  EXPECT_EQ(events(show, "participant_on_air"), kMany + 1) << "each once";
  EXPECT_EQ(call("POST", "/shows/" + show + "/audio-routing/reset").status, 200);
  EXPECT_EQ(events(show, "participant_off_air"), kMany + 1);
}

TEST_F(StepsTest, ManyWhoLeftLongAgoMoveOut) {
  const std::string show = make_live_show();
  const auto [person, token] = join(show, "Ada");
  multiply({kParticipants, show, person}, "participantId");
  restart();
  connect(show);
  report_running(show);
  pass(11min);
  EXPECT_EQ(count(kPastParticipants, show), kAll + 1);
}

TEST_F(StepsTest, ANewcomerFindsAPlaceWhereManyMoreWereThanMayBe) {
  const std::string show = make_live_show();
  const auto [person, token] = join(show, "Ada");
  multiply({kParticipants, show, person}, "participantId");
  config.participants_max = 20;
  restart();
  EXPECT_FALSE(join(show, "Bob").first.empty());
  EXPECT_LE(count(kParticipants, show), 20U);
}

TEST_F(StepsTest, ATrackThatManyListsAndQueuesHaveGoesFromAllOfThemAndThenItself) {
  const std::string track = make_track();
  const std::string list = make_list();
  call("PUT", "/tracklists/" + list + "/tracks", R"({"trackIds":[")" + track + "\"]}");
  multiply({kTracklists, "", list}, "tracklistId");
  std::vector<std::string> shows;
  for (int i = 0; i < kMany; ++i) {
    shows.push_back(make_show());
    call("POST", "/shows/" + shows.back() + "/queue", R"({"trackId":")" + track + "\"}");
  }
  end_process_after(2);
  EXPECT_EQ(call("DELETE", "/tracks/" + track).status, 503);
  EXPECT_TRUE(is_cut_off_);
  start_process();
  EXPECT_EQ(call("GET", "/tracks/" + track).status, 200) << "the last step makes it so";
  EXPECT_EQ(call("DELETE", "/tracks/" + track).status, 204);
  for (const auto& one : all(kTracklists, "")) {
    EXPECT_TRUE(one.body.at("trackIds").as_array().empty());
  }
  for (const std::string& show : shows) {
    EXPECT_TRUE((*store.get({kQueues, show, "QUEUE"}))->body.at("items").as_array().empty());
    EXPECT_EQ(events(show, "queue_changed"), 2) << "told once";
  }
}

TEST_F(StepsTest, AListThatManyShowsBeginWithGoesFromAllOfThem) {
  const std::string list = make_list();
  std::vector<std::string> shows;
  for (int i = 0; i < kMany; ++i) {
    shows.push_back(make_show());
    call("PATCH", "/shows/" + shows.back(), R"({"tracklistId":")" + list + "\"}");
  }
  end_process_after(1);
  EXPECT_EQ(call("DELETE", "/tracklists/" + list).status, 503);
  start_process();
  EXPECT_EQ(call("GET", "/tracklists/" + list).status, 200);
  EXPECT_EQ(call("DELETE", "/tracklists/" + list).status, 204);
  for (const std::string& show : shows) {
    EXPECT_TRUE(json(call("GET", "/shows/" + show)).at("tracklistId").is_null());
  }
}

TEST_F(StepsTest, TheEndOfAnImportIsToldToManyShowsAndTakenUpWhenItWasCutOff) {
  const std::string track = make_track();
  std::vector<std::string> shows;
  for (int i = 0; i < kMany; ++i) {
    shows.push_back(make_show());
    call("POST", "/shows/" + shows.back() + "/queue", R"({"trackId":")" + track + "\"}");
  }
  ImportProgress ready;
  ready.track_id = studio::TrackId(track);
  ready.state = ImportProgress::State::kReady;
  end_process_after(2);
  api->handle_import(ready);
  EXPECT_TRUE(is_cut_off_);
  start_process();
  EXPECT_EQ(media.jobs.size(), 2U) << "it counts as not imported";
  api->handle_import(ready);
  EXPECT_EQ(text(json(call("GET", "/tracks/" + track)), "status"), "READY");
  for (const std::string& show : shows) {
    EXPECT_GE(events(show, "track_ready"), 1);
    EXPECT_GE((*store.get({kDesired, show, "DESIRED"}))->version, 3) << "its mixer learns it";
  }
  const std::int64_t version = (*store.get({kDesired, shows[0], "DESIRED"}))->version;
  const std::string owner = R"({"owner":")" + shows[0] + "\"}";
  EXPECT_EQ(call("PATCH", "/tracks/" + track, owner).status, 200);
  EXPECT_EQ((*store.get({kDesired, shows[0], "DESIRED"}))->version, version + 1);
  EXPECT_GE((*store.get({kDesired, shows[129], "DESIRED"}))->version, 4);
}

TEST_F(StepsTest, ALibraryWithoutOwnersIsSettledInSteps) {
  const std::string track = make_track();
  multiply({kTracks, "", track}, "trackId", [](json::object& body) { body["owner"] = nullptr; });
  const std::string list = make_list();
  multiply({kTracklists, "", list}, "tracklistId",
           [](json::object& body) { body["owner"] = nullptr; });
  end_process_after(1);
  restart();
  start_process();
  for (const auto collection : {kTracks, kTracklists}) {
    for (const auto& one : all(collection, "")) {
      EXPECT_FALSE(one.body.at("owner").is_null()) << one.key.id;
    }
  }
}

TEST_F(StepsTest, ManyEndedSessionsMakeRoomForNewOnes) {
  config.sessions_max = 100;
  restart();
  const std::string show = make_live_show();
  const std::string body = R"({"showId":")" + show + "\"}";
  const std::string session = text(json(call("POST", "/sessions", body)), "sessionId");
  multiply({kSessions, "", session}, "sessionId", [](json::object& one) { one["endedAt"] = 1; });
  multiply({kShowSessions, show, session}, "sessionId");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(call("POST", "/sessions", body).status, 201);
  EXPECT_LE(count(kShowSessions, show), 100U);
  EXPECT_EQ(call("GET", "/sessions/" + session).status, 200);
}

}  // namespace
}  // namespace shelcaster::control
