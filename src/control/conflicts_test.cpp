#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "control/hooked_store_for_tests.hpp"
#include "control/routes.hpp"
#include "control/test_world.hpp"

// Somebody else writes between what a handler or the runner has read and what it writes: both
// changes are there afterwards.
namespace shelcaster::control {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using enum store::Collection;
using store::Key;

class ConflictsTest : public testing::Test, public TestWorld {
 protected:
  ConflictsTest() {
    used_store = &hooked_;
    restart();
    show_ = make_live_show();
    std::tie(caller_, token_) = join(show_, "Ada");
    sit_down(show_, token_);
    track_ = make_track();
    list_ = text(json(call("POST", "/tracklists", R"({"title":"L"})")), "tracklistId");
    for (int i = 0; i < 2; ++i) {
      call("POST", "/shows/" + show_ + "/queue", R"({"trackId":")" + track_ + "\"}");
    }
    item_ = text(body_of(key(kQueues)).at("items").as_array()[0].as_object(), "itemId");
    session_ = text(json(call("POST", "/sessions", R"({"showId":")" + show_ + "\"}")), "sessionId");
    EXPECT_EQ(call("PUT", "/shows/" + show_ + "/outputs/rtmp",
                   R"({"url":"rtmp://ingest.example.org/app","streamKey":"k"})")
                  .status,
              200);
  }

  std::string make_track() {
    return text(json(call("POST", "/tracks", R"({"url":"https://a.example/x"})")), "trackId");
  }
  Key key(store::Collection collection) const {
    const std::map<store::Collection, Key> keys{
        {kShows, {kShows, "", show_}},           {kParticipants, {kParticipants, show_, caller_}},
        {kRouting, {kRouting, show_, "CONFIG"}}, {kQueues, {kQueues, show_, "QUEUE"}},
        {kTracks, {kTracks, "", track_}},        {kTracklists, {kTracklists, "", list_}},
        {kSessions, {kSessions, "", session_}},  {kOutputs, {kOutputs, show_, "rtmp"}}};
    return keys.at(collection);
  }
  json::object body_of(const Key& of) {
    const auto found = *store.get(of);
    return found ? found->body : json::object();
  }
  void write_foreign(const Key& of, const std::function<void(json::object&)>& foreign) {
    json::object body = body_of(of);
    if (body.empty()) return;
    foreign(body);
    ASSERT_TRUE(store.commit({{{of, body, {}}}, {}, {}, {}}));
  }
  /// Once, before the next commit that changes this document.
  void interfere(const Key& of, std::function<void(json::object&)> foreign,
                 bool is_always = false) {
    has_come_ = 0;
    hooked_.before_commit = [this, of, foreign = std::move(foreign),
                             is_always](const store::Write& write) -> base::Result<void> {
      bool concerns = false;
      for (const auto& put : write.puts) concerns |= put.key == of;
      for (const auto& remove : write.removes) concerns |= remove.key == of;
      if (concerns && (is_always || has_come_ == 0)) {
        ++has_come_;
        write_foreign(of, foreign);
      }
      return {};
    };
  }
  std::string filled(std::string text) const {
    const std::map<std::string, std::string> values{
        {"{showId}", show_},   {"{participantId}", caller_}, {"{callerId}", caller_},
        {"{trackId}", track_}, {"{tracklistId}", list_},     {"{sessionId}", session_},
        {"{itemId}", item_}};
    for (const auto& [name, value] : values) {
      for (auto at = text.find(name); at != std::string::npos; at = text.find(name)) {
        text.replace(at, name.size(), value);
      }
    }
    return text;
  }

  HookedStore hooked_{store};
  std::string show_, caller_, token_, track_, list_, item_, session_;
  int has_come_ = 0;
};

std::function<void(json::object&)> sets(std::string field, json::value value) {
  return [field = std::move(field), value = std::move(value)](json::object& body) {
    body[field] = value;
  };
}
std::function<bool(const json::object&)> has(std::string field, json::value value) {
  return [field = std::move(field), value = std::move(value)](const json::object& body) {
    return body.contains(field) && body.at(field) == value;
  };
}
void add_item(json::object& body) {
  body["items"].as_array().push_back({{"itemId", "item-foreign"}, {"trackId", "track-1"}});
}
/// What a row expects of the queue: that item is the last, and there are so many.
std::function<bool(const json::object&)> has_items(std::size_t count) {
  return [count](const json::object& body) {
    std::set<std::string> ids;
    for (const auto& item : body.at("items").as_array()) {
      ids.insert(std::string(item.at("itemId").as_string()));
    }
    return ids.size() == count && ids.contains("item-foreign");
  };
}
bool is_gone(const json::object& body) { return body.empty(); }

struct Row {
  std::string method, pattern, body;
  store::Collection collection;
  std::function<void(json::object&)> foreign;
  std::function<bool(const json::object&)> has_foreign;
  std::function<bool(const json::object&)> has_ours;
  bool is_by_caller = false;
  bool needs_stopped = false;
};

/// A row for each handler that changes what stands already.
std::vector<Row> rows() {
  const auto title = sets("title", "Foreign");
  const auto has_title = has("title", "Foreign");
  const auto volume = sets("volume", 11);
  const auto has_volume = has("volume", 11);
  const std::string person = "/shows/{showId}/participants/{participantId}";
  return {
      {"PATCH", "/shows/{showId}", R"({"title":"Ours"})", kShows, sets("invitationNumber", 7),
       has("invitationNumber", 7), has("title", "Ours")},
      {"DELETE", "/shows/{showId}", "", kShows, title, is_gone, is_gone, false, true},
      {"POST", "/shows/{showId}/links/rotate", "", kShows, title, has_title,
       has("invitationNumber", 1)},
      {"DELETE", "/shows/{showId}/bans", "", kShows, title, has_title,
       has("bannedNetworks", json::array())},
      {"POST", "/shows/{showId}/start", "", kShows, title, has_title, has("status", "STARTING"),
       false, true},
      {"POST", "/shows/{showId}/composition/start", "", kShows, title, has_title,
       has("status", "STARTING"), false, true},
      {"POST", "/shows/{showId}/start-composition", "", kShows, title, has_title,
       has("status", "STARTING"), false, true},
      {"POST", "/shows/{showId}/stop", "", kShows, title, has_title, has("status", "STOPPING")},
      {"POST", "/shows/{showId}/composition/stop", "", kShows, title, has_title,
       has("status", "STOPPING")},
      {"POST", "/shows/{showId}/stop-composition", "", kShows, title, has_title,
       has("status", "STOPPING")},
      {"PATCH", "/shows/{showId}/me", R"({"selfMuted":true})", kParticipants, volume, has_volume,
       has("selfMuted", true), true},
      {"PATCH", person, R"({"muted":true})", kParticipants, volume, has_volume, has("muted", true)},
      {"DELETE", person + "/name", "", kParticipants, volume, has_volume,
       has("username", "(name erased)")},
      {"POST", person + "/kick", R"({"ban":true})", kParticipants, volume, has_volume,
       has("isKicked", true)},
      {"POST", person + "/kick", R"({"ban":true})", kShows, title, has_title,
       [](const json::object& body) { return body.at("bannedNetworks").as_array().size() == 2; }},
      {"POST", person + "/leave", "", kParticipants, volume, has_volume, has("isSeated", false)},
      {"POST", person + "/toggle-on-air", "", kParticipants, volume, has_volume,
       has("isOnAir", true)},
      {"POST", "/shows/{showId}/callers/{callerId}/toggle-on-air", "", kParticipants, volume,
       has_volume, has("isOnAir", true)},
      {"PUT", "/shows/{showId}/audio-routing", R"({"hostVolume":12})", kRouting,
       sets("masterVolume", 33), has("masterVolume", 33), has("hostVolume", 12)},
      {"PUT", "/shows/{showId}/audio-routing", R"({"onAirCallerIds":["{callerId}"]})",
       kParticipants, volume, has_volume, has("isOnAir", true)},
      {"POST", "/shows/{showId}/queue", R"({"trackId":"{trackId}"})", kQueues, add_item,
       has_items(4), has_items(4)},
      {"DELETE", "/shows/{showId}/queue/{itemId}", "", kQueues, add_item, has_items(2),
       has_items(2)},
      {"PUT", "/shows/{showId}/outputs/rtmp", R"({"url":"rtmp://ingest.example.org/other"})",
       kOutputs, sets("revision", 4'000'000'000'000), has("revision", 4'000'000'000'001),
       has("constantRate", false)},
      {"DELETE", "/shows/{showId}/outputs/rtmp", "", kOutputs, sets("revision", 9), is_gone,
       is_gone},
      {"PATCH", "/tracks/{trackId}", R"({"title":"Ours"})", kTracks, sets("artist", "Foreign"),
       has("artist", "Foreign"), has("title", "Ours")},
      {"DELETE", "/tracks/{trackId}", "", kTracks, sets("artist", "Foreign"), is_gone, is_gone},
      {"DELETE", "/tracks/{trackId}", "", kQueues, add_item,
       [](const json::object& body) { return body.at("items").as_array().size() == 1; },
       has_items(1)},
      {"PATCH", "/tracklists/{tracklistId}", R"({"title":"Ours"})", kTracklists,
       sets("createdAt", 5), has("createdAt", 5), has("title", "Ours")},
      {"DELETE", "/tracklists/{tracklistId}", "", kTracklists, title, is_gone, is_gone},
      {"PUT", "/tracklists/{tracklistId}/tracks", R"({"trackIds":["{trackId}"]})", kTracklists,
       title, has_title,
       [](const json::object& body) { return body.at("trackIds").as_array().size() == 1; }},
      {"DELETE", "/sessions/{sessionId}", "", kSessions, sets("createdAt", 5), has("createdAt", 5),
       [](const json::object& body) { return body.at("endedAt").is_int64(); }},
      {"DELETE", "/sessions/{sessionId}", "", kShows, title, has_title, has("status", "STOPPING")},
      {"POST", "/whip/{showId}", "v=0\r\n", kParticipants, volume, has_volume,
       has("isSeated", true), true},
      {"POST", "/whep/{showId}", "v=0\r\n", kParticipants, volume, has_volume,
       has("isSeated", true), true},
  };
}

/// Handlers that change nothing that stands already, or replace it whole, and why there is nothing
/// to be lost.
const std::set<std::string> kWithoutRow{
    "POST /shows",
    "POST /tracks",
    "POST /tracklists",
    "POST /sessions",  // new things
    "POST /shows/{showId}/join",
    "POST /shows/{showId}/caller-tokens",
    "POST /shows/{showId}/host-tokens",                 // new people
    "POST /shows/{showId}/audio-routing/reset",         // all of it, whatever it was
    "POST /shows/{showId}/silence",                     // the same
    "PUT /shows/{showId}/queue",                        // refused: see below
    "POST /shows/{showId}/deck/commands",               // a new command
    "POST /sessions/{sessionId}/program/commands",      // the same
    "DELETE /shows/{showId}/recordings/{recordingId}",  // only an event
    "PATCH /whip/{showId}/{sessionId}",
    "DELETE /whip/{showId}/{sessionId}",  // write nothing
    "PATCH /whep/{showId}/{sessionId}",
    "DELETE /whep/{showId}/{sessionId}"};

class RowsOfConflicts : public ConflictsTest, public testing::WithParamInterface<std::size_t> {};

TEST_P(RowsOfConflicts, AForeignChangeAndOursAreBothThere) {
  const Row row = rows()[GetParam()];
  SCOPED_TRACE(row.method + " " + row.pattern);
  const Key of = key(row.collection);
  const bool is_offer = row.body.starts_with("v=0");
  if (row.pattern.ends_with("/bans") || row.collection == kShows) {
    write_foreign(key(kShows), sets("bannedNetworks", json::array{"one"}));
  }
  if (row.needs_stopped) {
    call("POST", "/shows/" + show_ + "/stop");
    from_keeper(show_, {{"type", "stopped"}});
  }
  if (is_offer) write_foreign(of, sets("isSeated", false));
  restart();
  if (!row.needs_stopped) {
    connect(show_);
    report_running(show_);
  }
  interfere(of, row.foreign);
  Request asked = request(row.method, filled(row.pattern), filled(row.body),
                          row.is_by_caller ? token_ : "admin-secret");
  if (is_offer) asked.headers.back() = {"Content-Type", "application/sdp"};
  const Response response = send(std::move(asked));
  EXPECT_LT(response.status, 300) << response.body;
  EXPECT_EQ(has_come_, 1) << "it wrote what the row says";
  const json::object body = body_of(of);
  EXPECT_TRUE(row.has_foreign(body)) << body;
  EXPECT_TRUE(row.has_ours(body)) << body;
}

INSTANTIATE_TEST_SUITE_P(Routes, RowsOfConflicts, testing::Range(std::size_t{0}, rows().size()));

TEST(ConflictRows, AreThereForEveryRouteThatChangesWhatStandsAlready) {
  std::set<std::string> known = kWithoutRow;
  for (const Row& row : rows()) known.insert(row.method + " " + row.pattern);
  for (const Route& route : routes()) {
    if (route.method == "GET") continue;
    EXPECT_EQ(known.count(fmt::format("{} {}", route.method, route.pattern)), 1U)
        << route.method << " " << route.pattern;
  }
}

TEST_F(ConflictsTest, AQueueThatHasChangedIsNotReordered) {
  const json::array items = body_of(key(kQueues)).at("items").as_array();
  json::array order{items[1].at("itemId"), items[0].at("itemId")};
  interfere(key(kQueues), add_item);
  const Response refused =
      call("PUT", "/shows/" + show_ + "/queue", json::serialize(json::object{{"itemIds", order}}));
  EXPECT_EQ(refused.status, 409) << "the order was for another queue";
  EXPECT_TRUE(has_items(3)(body_of(key(kQueues))));
}

TEST_F(ConflictsTest, AShowThatWasStartedMeanwhileIsNotDeleted) {
  call("POST", "/shows/" + show_ + "/stop");
  from_keeper(show_, {{"type", "stopped"}});
  interfere(key(kShows), sets("status", "STARTING"));
  EXPECT_EQ(call("DELETE", "/shows/" + show_).status, 409);
  EXPECT_TRUE(has("status", "STARTING")(body_of(key(kShows))));
}

TEST_F(ConflictsTest, WhoeverIsAlwaysLateIsToldAfterAFewAttempts) {
  interfere(
      key(kRouting),
      [](json::object& body) { body["masterVolume"] = body["masterVolume"].as_int64() - 1; },
      /*is_always=*/true);
  const Response refused =
      call("PUT", "/shows/" + show_ + "/audio-routing", R"({"hostVolume":12})");
  EXPECT_EQ(refused.status, 503);
  EXPECT_NE(refused.body.find("same moment"), std::string::npos) << refused.body;
  EXPECT_EQ(has_come_, 5);
  EXPECT_FALSE(has("hostVolume", 12)(body_of(key(kRouting))));
}

TEST_F(ConflictsTest, CountsACallOnceHoweverOftenItIsRun) {
  config.joins_per_minute_max = 1;
  restart();
  const std::string invitation =
      text(json(call("GET", "/shows/" + show_ + "/links")), "callerToken");
  bool has_come = false;
  hooked_.before_commit = [&](const store::Write&) -> base::Result<void> {
    if (std::exchange(has_come, true)) return {};
    return tl::unexpected(store::conflict("it"));
  };
  EXPECT_EQ(call("POST", "/shows/" + show_ + "/join", R"({"username":"Bob"})", invitation).status,
            201);
  EXPECT_EQ(call("POST", "/shows/" + show_ + "/join", R"({"username":"Eve"})", invitation).status,
            429);
}

TEST_F(ConflictsTest, GivesTheRememberedAnswerWhenTheSameRequestWasFirst) {
  Request twice = request("POST", "/shows", R"({"title":"T"})");
  twice.headers.emplace_back("Idempotency-Key", "a-key");
  const std::size_t before = *store.count(kShows, "");
  std::string first;
  bool has_come = false;
  hooked_.before_commit = [&](const store::Write& write) -> base::Result<void> {
    if (!write.answer || std::exchange(has_come, true)) return {};
    // Another process took the same request at the same moment.
    store::Write other;
    other.answer = write.answer;
    other.answer->body = R"({"showId":"show-of-the-other"})";
    EXPECT_TRUE(store.commit(other));
    return {};
  };
  const Response answer = send(twice);
  EXPECT_EQ(text(json(answer), "showId"), "show-of-the-other");
  EXPECT_EQ(*store.count(kShows, ""), before) << "nothing was made twice";
}

// What keepers report.

TEST_F(ConflictsTest, AReportOfASeatKeepsWhatADeskHasChanged) {
  const json::object seat{{"type", "seat"},
                          {"participantId", caller_},
                          {"sessionId", "sess-1"},
                          {"connection", "connected"},
                          {"isPublishing", true}};
  interfere(key(kParticipants), sets("volume", 11));
  from_keeper(show_, seat);
  EXPECT_EQ(has_come_, 1);
  const json::object person = body_of(key(kParticipants));
  EXPECT_TRUE(has("volume", 11)(person));
  EXPECT_TRUE(has("hasBeenConnected", true)(person));
  EXPECT_TRUE(has("sessions", json::array{"sess-1"})(person));
  EXPECT_EQ(json(call("GET", "/shows/" + show_ + "/me", "", token_)).at("participant").at("volume"),
            11)
      << "nothing old is kept at hand";
}

TEST_F(ConflictsTest, TheEndOfAnItemKeepsWhatWasQueuedMeanwhile) {
  interfere(key(kQueues), add_item);
  from_keeper(show_, {{"type", "deck_item_ended"}, {"itemId", item_}, {"reason", "END"}});
  EXPECT_EQ(has_come_, 1);
  pass(1s);
  EXPECT_TRUE(has_items(2)(body_of(key(kQueues))));
}

TEST_F(ConflictsTest, AShowThatStopsFailsOrIsLaunchedAnewKeepsItsNewTitle) {
  interfere(key(kShows), sets("title", "Of the relaunch"));
  api->handle_stage_exit(studio::ShowId(show_), "killed");
  EXPECT_EQ(has_come_, 1);
  EXPECT_TRUE(has("title", "Of the relaunch")(body_of(key(kShows))));
  EXPECT_TRUE(has("taskNumber", 2)(body_of(key(kShows))));
  interfere(key(kShows), sets("title", "Of its running"));
  connect(show_);
  report_running(show_);
  report_running(show_);
  EXPECT_TRUE(has("title", "Of its running")(body_of(key(kShows))));
  EXPECT_TRUE(has("compositionServiceStatus", "RUNNING")(body_of(key(kShows))));
  call("POST", "/shows/" + show_ + "/stop");
  interfere(key(kShows), sets("title", "Of the end"));
  from_keeper(show_, {{"type", "stopped"}});
  EXPECT_TRUE(has("title", "Of the end")(body_of(key(kShows))));
  EXPECT_TRUE(has("status", "STOPPED")(body_of(key(kShows))));
  interfere(key(kShows), sets("title", "Of the start"));
  stages.launch_error = "no";
  EXPECT_EQ(call("POST", "/shows/" + show_ + "/start").status, 503);
  interfere(key(kShows), sets("title", "Of the failure"));
  call("POST", "/shows/" + show_ + "/start");
  EXPECT_EQ(has_come_, 1);
  EXPECT_TRUE(has("status", "ERROR")(body_of(key(kShows))));
  EXPECT_TRUE(has("title", "Of the failure")(body_of(key(kShows))));
}

TEST_F(ConflictsTest, TheEndOfAnImportKeepsTheTitleThatWasGivenMeanwhile) {
  interfere(key(kTracks), [](json::object& body) {
    body["title"] = "Given";
    body["isTitleGiven"] = true;
  });
  ImportProgress progress;
  progress.track_id = studio::TrackId(track_);
  progress.state = ImportProgress::State::kReady;
  progress.title = "Of the file";
  api->handle_import(progress);
  pass(3s);
  EXPECT_EQ(has_come_, 1);
  EXPECT_TRUE(has("title", "Given")(body_of(key(kTracks))));
  EXPECT_TRUE(has("status", "READY")(body_of(key(kTracks))));
}

TEST_F(ConflictsTest, SeesWhatSomebodyElseHasWrittenOfPeopleBeforeLong) {
  const auto volume = [&] {
    const auto people =
        boost::json::parse(call("GET", "/shows/" + show_ + "/participants").body).as_array();
    for (const auto& person : people) {
      if (person.at("participantId").as_string() == caller_) return person.at("volume").as_int64();
    }
    return std::int64_t{-1};
  };
  EXPECT_EQ(volume(), 100);
  write_foreign(key(kParticipants), sets("volume", 11));
  pass(11s);
  EXPECT_EQ(volume(), 11);
}

}  // namespace
}  // namespace shelcaster::control
