#include <gtest/gtest.h>

#include "control/problem.hpp"
#include "control/test_world.hpp"
#include "link/messages.hpp"

// What goes to and comes from a show's keeper: media offers, the deck, seats, events.
namespace shelcaster::control {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

class ApiStageTest : public testing::Test, public TestWorld {
 protected:
  Response offer(const std::string& path, const std::string& token,
                 const std::string& type = "application/sdp") {
    Request r = request("POST", path, "v=0\r\na=ice-ufrag:abcd\r\n", token);
    r.headers.back() = {"Content-Type", type};
    return send(r);
  }
  Response patch(const std::string& path, const std::string& ufrag, const std::string& if_match) {
    Request r = request("PATCH", path, "a=ice-ufrag:" + ufrag + "\r\na=ice-pwd:x\r\n", "");
    r.headers = {{"Content-Type", "application/trickle-ice-sdpfrag"}};
    if (!if_match.empty()) r.headers.emplace_back("If-Match", if_match);
    return send(r);
  }
  std::string import_track() {
    const auto track =
        json(call("POST", "/tracks", R"({"url":"https://example.org/My%20Song.mp3"})"));
    ImportProgress ready;
    ready.track_id = studio::TrackId(text(track, "trackId"));
    ready.state = ImportProgress::State::kReady;
    ready.duration_ms = 1000;
    ready.loudness_lufs = -10;
    ready.true_peak_db = 0;
    api->handle_import(ready);
    return text(track, "trackId");
  }
};

TEST_F(ApiStageTest, CarriesAnOfferToTheStageAndItsAnswerBack) {
  const std::string id = make_live_show();
  const auto [ada, token] = join(id, "Ada");
  EXPECT_EQ(offer("/whip/" + id, token).status, 0);
  const auto waiting = later;
  const auto sent = stages.last("offer");
  EXPECT_EQ(text(sent, "participantId"), ada);
  EXPECT_EQ(text(sent, "kind"), "whip");
  from_keeper(id, {{"type", "answer"},
                   {"requestId", sent.at("requestId")},
                   {"sdp", "v=0\r\nanswer"},
                   {"etag", "e1"}});
  EXPECT_EQ(waiting->status, 201);
  EXPECT_EQ(waiting->body, "v=0\r\nanswer");
  EXPECT_EQ(header_of(waiting->headers, "ETag"), "\"e1\"");
  EXPECT_EQ(header_of(waiting->headers, "Content-Type"), "application/sdp");
  const std::string location(header_of(waiting->headers, "Location"));
  EXPECT_EQ(location, "/whip/" + id + "/" + text(sent, "sessionId"));
  EXPECT_NE(header_of(waiting->headers, "Access-Control-Expose-Headers").find("Location"),
            std::string_view::npos);

  EXPECT_EQ(patch(location, "abcd", "").status, 204) << "trickled candidates";
  const std::vector<std::pair<std::string, std::string>> matches = {
      {"", ""}, {"*", "*"}, {"\"*\"", "*"}, {"\"e1\"", "e1"}, {"e1", "e1"}, {"W/\"e1\"", "e1"}};
  int restarts = 0;
  for (const auto& [given, meant] : matches) {
    EXPECT_EQ(patch(location, "new" + std::to_string(restarts++), given).status, 0);
    EXPECT_EQ(text(stages.last("ice_restart"), "etag"), meant);
    from_keeper(id, {{"type", "answer"},
                     {"requestId", stages.last("ice_restart").at("requestId")},
                     {"sdp", "frag"},
                     {"etag", "e2"}});
    EXPECT_EQ(later->status, 200);
    EXPECT_EQ(header_of(later->headers, "Content-Type"), "application/trickle-ice-sdpfrag");
  }
  EXPECT_EQ(patch(location, "new5", "").status, 204) << "candidates of the restart";
  EXPECT_EQ(call("GET", location, "", "").status, 204);
  EXPECT_EQ(call("DELETE", location, "", "").status, 200);
  EXPECT_EQ(stages.last("close_session").at("sessionId"), sent.at("sessionId"));
}

TEST_F(ApiStageTest, ARestartWhoseAnswerWasLostOrRefusedCanBeAskedForAgain) {
  const std::string id = make_live_show();
  EXPECT_EQ(offer("/whip/" + id, join(id, "Ada").second).status, 0);
  const json::value request = stages.last("offer").at("requestId");
  const std::string location = "/whip/" + id + "/" + text(stages.last("offer"), "sessionId");
  from_keeper(id, {{"type", "answer"}, {"requestId", request}, {"sdp", "v=0"}, {"etag", "e1"}});
  const auto answer = [&](const json::object& said) {
    json::object message = said;
    message["requestId"] = stages.last("ice_restart").at("requestId");
    from_keeper(id, message);
    return later->status;
  };
  EXPECT_EQ(patch(location, "AAAA", "*").status, 0);
  EXPECT_EQ(answer({{"type", "answer"}, {"sdp", "frag"}, {"etag", "e2"}}), 200);
  EXPECT_EQ(patch(location, "AAAA", "*").status, 0) << "the stage answers once more";
  EXPECT_EQ(answer({{"type", "answer"}, {"sdp", "frag"}, {"etag", "e2"}}), 200);
  EXPECT_EQ(later->body, "frag");

  EXPECT_EQ(patch(location, "BBBB", "\"e1\"").status, 0);
  EXPECT_EQ(answer({{"type", "refuse"}, {"status", 412}, {"detail", "another generation"}}), 412);
  EXPECT_EQ(patch(location, "BBBB", "").status, 0) << "it was refused, so it is not known";
  EXPECT_EQ(answer({{"type", "answer"}, {"sdp", "frag"}, {"etag", "e3"}}), 200);
}

TEST_F(ApiStageTest, TakesTheTypeOfAnOfferInAnyCaseAndWithParameters) {
  const std::string id = make_live_show();
  for (const char* type :
       {"application/SDP", "Application/Sdp; charset=utf-8", "application/sdp\t;a=b"}) {
    EXPECT_EQ(offer("/whip/" + id, join(id, "Ada").second, type).status, 0) << type;
  }
}

TEST_F(ApiStageTest, RefusesOffersThatCannotSucceed) {
  const std::string idle = make_show();
  const auto early = join(idle, "Ada");
  EXPECT_EQ(offer("/whip/" + idle, early.second).status, 409);
  const std::string id = make_live_show();
  const auto seat = join(id, "Ada");
  EXPECT_EQ(offer("/whip/" + id, seat.second, "text/plain").status, 415);
  EXPECT_EQ(offer("/whip/" + id, "").status, 401);
  EXPECT_EQ(offer("/whip/" + id, "admin-secret").status, 403) << "the admin has no seat";
  EXPECT_EQ(offer("/whip/" + id, early.second).status, 403) << "a token of another show";
  EXPECT_EQ(offer("/whep/nope", "").status, 404);
  Request empty = request("POST", "/whep/" + id, "hello", "");
  empty.headers = {{"Content-Type", "application/sdp"}};
  EXPECT_EQ(send(empty).status, 400);

  EXPECT_EQ(offer("/whep/" + id, "").status, 0) << "the programme is public";
  EXPECT_EQ(text(stages.last("offer"), "participantId"), "");
  from_keeper(id, {{"type", "refuse"},
                   {"requestId", stages.last("offer").at("requestId")},
                   {"status", 422},
                   {"detail", "no audio"}});
  EXPECT_EQ(later->status, 422);
  EXPECT_EQ(offer("/whep/" + id, "").status, 0);
  const auto late = later;
  pass(9s);
  EXPECT_EQ(late->status, 504);
  EXPECT_EQ(stages.count("close_session"), 1);
  stages.connected.clear();
  EXPECT_EQ(offer("/whep/" + id, "").status, 503);
}

TEST_F(ApiStageTest, ShowsPeopleAsTheStageReportsThem) {
  const std::string id = make_live_show();
  const auto [ada, token] = join(id, "Ada");
  const auto seat_is = [&, who = ada, &by = token](const std::string& session,
                                                   const std::string& connection, bool publishing) {
    from_keeper(id, {{"type", "seat"},
                     {"participantId", who},
                     {"sessionId", session},
                     {"connection", connection},
                     {"isPublishing", publishing},
                     {"stats", {{"rttMs", 4}}}});
    return json(call("GET", "/shows/" + id + "/me", "", by)).at("participant").as_object();
  };
  EXPECT_EQ(text(seat_is("s1", "connecting", false), "state"), "JOINING");
  EXPECT_EQ(text(seat_is("s1", "connected", true), "state"), "PUBLISHING");
  call("POST", "/shows/" + id + "/participants/" + ada + "/toggle-on-air");
  EXPECT_EQ(text(seat_is("s2", "connected", true), "state"), "ON_AIR");
  EXPECT_EQ(text(seat_is("s1", "disconnected", false), "state"), "ON_AIR")
      << "the end of a replaced session";
  EXPECT_EQ(json(call("GET", "/shows/" + id + "/status")).at("participantCount"), 1);
  from_keeper(id, link::to_json(link::Sessions{.ids = {"s0", "s2"}, .is_deck_kept = true}));
  EXPECT_EQ(text(json(call("GET", "/shows/" + id + "/me", "", token)).at("participant").as_object(),
                 "state"),
            "ON_AIR")
      << "a new mixer has taken it over";
  from_keeper(id, link::to_json(link::Sessions{.ids = {"s1"}, .is_deck_kept = true}));
  const auto lost =
      json(call("GET", "/shows/" + id + "/me", "", token)).at("participant").as_object();
  EXPECT_EQ(text(lost, "state"), "DISCONNECTED");
  EXPECT_TRUE(lost.contains("leftAt"));
  EXPECT_EQ(lost.at("isOnAir"), true) << "they come back on air";
  EXPECT_EQ(json::parse(call("GET", "/shows/" + id + "/participants").body).as_array().size(), 2U);
}

TEST_F(ApiStageTest, SendsDeckCommandsUntilTheyAreAcknowledged) {
  const std::string id = make_live_show();
  const std::string track = import_track();
  const auto queue =
      json(call("POST", "/shows/" + id + "/queue", R"({"trackId":")" + track + "\"}"));
  const std::string item = text(queue.at("items").at(0).as_object(), "itemId");
  const auto desired = stages.last("desired");
  EXPECT_EQ(desired.at("queue").at(0).at("path"), json::value("/media/" + track + ".wav"));
  EXPECT_EQ(desired.at("queue").at(0).at("gainDb"), -6.0);
  EXPECT_EQ(desired.at("queue").at(0).at("title"), "My Song");
  const std::string path = "/shows/" + id + "/deck/commands";
  const std::string play = R"({"command":"PLAY","itemId":")" + item + R"(","id":"c1"})";
  EXPECT_EQ(json(call("POST", path, play)).at("accepted"), true);
  EXPECT_EQ(call("POST", path, play).status, 200);
  EXPECT_EQ(stages.count("command"), 1) << "the same id is one command";
  pass(3s);
  EXPECT_EQ(stages.count("command"), 2) << "sent again until acknowledged";
  restart();
  connect(id);
  report_running(id);
  EXPECT_EQ(stages.count("command"), 3) << "it survives a restart";
  EXPECT_EQ(text(stages.last("command"), "command"), "DECK_PLAY");
  from_keeper(id, {{"type", "ack"}, {"id", "c1"}, {"ok", true}});
  pass(5s);
  EXPECT_EQ(stages.count("command"), 3);

  from_keeper(id, {{"type", "deck"},
                   {"state", "PLAYING"},
                   {"itemId", item},
                   {"positionMs", 10},
                   {"durationMs", 1000},
                   {"title", "My Song"}});
  EXPECT_EQ(json(call("GET", "/shows/" + id + "/deck")).at("state"), "PLAYING");
  from_keeper(id, {{"type", "deck_item_ended"}, {"itemId", item}, {"reason", "END"}});
  EXPECT_TRUE(json(call("GET", "/shows/" + id + "/queue")).at("items").as_array().empty());
  EXPECT_EQ(call("POST", path, R"({"command":"SEEK"})").status, 422);
  EXPECT_EQ(call("POST", path, R"({"command":"PLAY","itemId":"item-x"})").status, 422);
  EXPECT_EQ(call("POST", path, R"({"command":"FLY"})").status, 422);
  EXPECT_EQ(
      call("POST", "/shows/" + make_show() + "/deck/commands", R"({"command":"PLAY"})").status,
      409);
}

TEST_F(ApiStageTest, SkipsWhatIsHeardAndWithEachSkipOneMore) {
  const std::string id = make_live_show();
  const std::string track = import_track();
  std::vector<std::string> items;
  for (int i = 0; i < 4; ++i) {
    const auto queue =
        json(call("POST", "/shows/" + id + "/queue", R"({"trackId":")" + track + "\"}"));
    items.push_back(text(queue.at("items").as_array().back().as_object(), "itemId"));
  }
  const auto plays = [&](const std::string& item) {
    from_keeper(id, {{"type", "deck"}, {"state", "PLAYING"}, {"itemId", item}, {"positionMs", 1}});
  };
  const auto skip = [&] {
    call("POST", "/shows/" + id + "/deck/commands", R"({"command":"SKIP"})");
    return text(stages.last("command"), "itemId");
  };
  plays(items[0]);
  EXPECT_EQ(skip(), items[0]);
  EXPECT_EQ(skip(), items[1]) << "the first is still on its way";
  restart();
  connect(id);
  report_running(id);
  EXPECT_EQ(skip(), items[2]) << "both are, after a restart";
  plays(items[1]);
  from_keeper(id, {{"type", "deck_item_ended"}, {"itemId", items[0]}, {"reason", "SKIP"}});
  EXPECT_EQ(skip(), items[3]);
}

// The deck may have gone on while nobody was there to note it: a skip named after what is stored
// would be acknowledged and do nothing.
TEST_F(ApiStageTest, TakesNoSkipWhileItIsNotKnownWhatPlays) {
  const std::string id = make_live_show();
  const std::string path = "/shows/" + id + "/deck/commands";
  const std::string skip = R"({"command":"SKIP","id":"skip-1"})";
  from_keeper(id, {{"type", "deck"}, {"state", "PLAYING"}, {"itemId", "a"}, {"positionMs", 1}});
  restart();
  EXPECT_EQ(call("POST", path, skip).status, 503);
  EXPECT_EQ(call("POST", path, R"({"command":"PAUSE"})").status, 200);
  connect(id);
  EXPECT_EQ(call("POST", path, skip).status, 503);
  from_keeper(id, {{"type", "deck"}, {"state", "PLAYING"}, {"itemId", "b"}, {"positionMs", 1}});
  report_running(id);
  EXPECT_EQ(call("POST", path, skip).status, 200);
  EXPECT_EQ(text(stages.last("command"), "itemId"), "b");
}

TEST_F(ApiStageTest, PutsWhatWasPlayedWithoutAQueueOnANewDeckAfterAPowerCut) {
  const auto session = json(call("POST", "/sessions", R"({"title":"Night"})"));
  const std::string id = text(session, "showId");
  connect(id);
  report_running(id);
  call("POST", "/sessions/" + text(session, "sessionId") + "/program/commands",
       R"({"command":"PLAY_MEDIA","program_url":"https://example.org/a.mp3"})");
  const auto play = stages.last("command");
  const std::string item = text(play.at("item").as_object(), "itemId");
  from_keeper(id, {{"type", "ack"}, {"id", play.at("id")}, {"ok", true}});
  call("POST", "/shows/" + id + "/deck/commands", R"({"command":"PAUSE"})");
  stages.gone = {id};
  restart();
  stages.sent.clear();
  connect(id);
  from_keeper(id,
              {{"type", "deck"}, {"state", "PLAYING"}, {"itemId", item}, {"positionMs", 61'000}});
  from_keeper(id, link::to_json(link::Sessions{}));
  report_running(id);
  std::vector<boost::json::object> commands;
  for (const auto& message : stages.sent) {
    if (message.at("type") == "command") commands.push_back(message);
  }
  ASSERT_EQ(commands.size(), 2U);
  EXPECT_EQ(commands[0].at("command"), "DECK_PLAY") << "first what the deck had done already";
  EXPECT_EQ(commands[0].at("positionMs"), 61'000);
  EXPECT_EQ(commands[1].at("command"), "DECK_PAUSE");
}

TEST_F(ApiStageTest, DoesNotTakeADeckFromAKeeperThatFoundAnOldNote) {
  const std::string id = make_live_show();
  const auto report = [&](const char* state, std::int64_t number) {
    from_keeper(id, {{"type", "deck"},
                     {"state", state},
                     {"itemId", nullptr},
                     {"positionMs", 0},
                     {"durationMs", nullptr},
                     {"title", ""},
                     {"number", number}});
    return text(json(call("GET", "/shows/" + id + "/deck")), "state");
  };
  EXPECT_EQ(report("PAUSED", 7), "PAUSED");
  EXPECT_EQ(report("PLAYING", 8), "PLAYING");
  EXPECT_EQ(report("PAUSED", 7), "PLAYING");
  EXPECT_EQ(report("PAUSED", 8), "PAUSED");
}

/// Whom a serve told that died with what it had only in memory.
TEST_F(ApiStageTest, IsAheadOfAKeeperThatKnowsVersionsWhichTheStoreNeverHad) {
  const std::string id = make_live_show();
  const auto [person, token] = join(id, "ada");
  const auto version = [&] {
    return stages.last("desired").at("version").to_number<std::int64_t>();
  };
  const auto hello = [&](std::int64_t known) {
    from_keeper(id, {{"type", "hello"},
                     {"showId", id},
                     {"pid", 7},
                     {"desiredVersion", known},
                     {"epochUnixMs", 0}});
  };
  const std::int64_t before = version();
  hello(before);
  EXPECT_EQ(version(), before);
  hello(before + 5);
  EXPECT_GT(version(), before + 5);
  const std::int64_t ahead = version();
  call("POST", "/shows/" + id + "/participants/" + person + "/toggle-on-air");
  EXPECT_EQ(version(), ahead + 1);
  hello(ahead + 1);
  EXPECT_EQ(version(), ahead + 1);
}

TEST_F(ApiStageTest, TakesTheEndOfAnItemThatAnotherKeeperTellsOnce) {
  const std::string id = make_live_show();
  const auto queue =
      json(call("POST", "/shows/" + id + "/queue", R"({"trackId":")" + import_track() + "\"}"));
  const std::string item = text(queue.at("items").at(0).as_object(), "itemId");
  const json::object ended{
      {"type", "deck_item_ended"}, {"itemId", item}, {"reason", "END"}, {"isRepeated", true}};
  const auto told = [&] {
    int count = 0;
    const auto log = json(call("GET", "/shows/" + id + "/events"));
    for (const auto& event : log.at("events").as_array()) {
      count += event.at("kind") == "deck_item_ended" ? 1 : 0;
    }
    return count;
  };
  from_keeper(id, ended);
  from_keeper(id, ended);
  EXPECT_EQ(told(), 1);
  EXPECT_TRUE(json(call("GET", "/shows/" + id + "/queue")).at("items").as_array().empty());
}

TEST_F(ApiStageTest, StoresWhatAKeeperToldOnAFullDiskWhenThereIsSpaceAgain) {
  const std::string id = make_live_show();
  const auto queue =
      json(call("POST", "/shows/" + id + "/queue", R"({"trackId":")" + import_track() + "\"}"));
  const auto item = queue.at("items").at(0).at("itemId");
  call("POST", "/shows/" + id + "/deck/commands", R"({"command":"PLAY","id":"c1"})");
  store.commit_error = "disk full";
  from_keeper(id, {{"type", "ack"}, {"id", "c1"}, {"ok", true}});
  from_keeper(id, {{"type", "deck_item_ended"}, {"itemId", item}, {"reason", "END"}});
  pass(1s);
  EXPECT_EQ(json(call("GET", "/shows/" + id + "/queue")).at("items").as_array().size(), 1U);
  store.commit_error.clear();
  pass(1s);
  EXPECT_TRUE(json(call("GET", "/shows/" + id + "/queue")).at("items").as_array().empty());
  const int sent = stages.count("command");
  pass(5s);
  EXPECT_EQ(stages.count("command"), sent) << "nothing is left to be acknowledged";
}

TEST_F(ApiStageTest, TellsTheMixerOfDeclaredSilenceAndLogsWhatItDoesAboutDeadAir) {
  const std::string id = make_live_show();
  const std::string path = "/shows/" + id + "/silence";
  const auto told = [&] { return stages.last("desired").at("deadAir").at("silenceUntilMs"); };
  EXPECT_EQ(stages.last("desired").at("deadAir").at("afterMs"), 15'000);
  EXPECT_EQ(told(), 0);
  const Response declared = call("POST", path, R"({"seconds":60})");
  EXPECT_EQ(declared.status, 200);
  EXPECT_EQ(json(declared).at("silenceUntil"), told());
  EXPECT_GT(told().to_number<std::int64_t>(), 0);
  EXPECT_EQ(call("POST", path, R"({"seconds":3601})").status, 422);
  EXPECT_EQ(call("POST", path, R"({})").status, 422);
  EXPECT_TRUE(json(call("POST", path, R"({"seconds":0})")).at("silenceUntil").is_null());
  EXPECT_EQ(told(), 0);

  from_keeper(id, {{"type", "dead_air"}, {"started", "bed"}, {"isFalse", false}});
  from_keeper(id, {{"type", "dead_air_ended"}, {"reason", "voice"}, {"lastedMs", 2000}});
  const std::string log = call("GET", "/shows/" + id + "/events").body;
  for (const char* kind : {"silence_declared", "\"dead_air\"", "dead_air_ended"}) {
    EXPECT_NE(log.find(kind), std::string::npos) << kind;
  }
}

TEST_F(ApiStageTest, HoldsACommandGivenWhileStartingUntilTheShowRuns) {
  const std::string id = make_show();
  call("POST", "/shows/" + id + "/start");
  EXPECT_EQ(call("POST", "/shows/" + id + "/deck/commands", R"({"command":"PLAY"})").status, 200);
  connect(id);
  EXPECT_EQ(stages.count("command"), 0);
  report_running(id);
  EXPECT_EQ(stages.count("command"), 1);
}

TEST_F(ApiStageTest, PlaysAUrlBeforeItsImportIsFinished) {
  const auto session = json(call("POST", "/sessions", R"({"title":"Night"})"));
  const std::string id = text(session, "showId");
  connect(id);
  report_running(id);
  const std::string path = "/sessions/" + text(session, "sessionId") + "/program/commands";
  const std::string play =
      R"({"command":"PLAY_MEDIA","programId":"p1","program_url":"https://example.org/a.mp3"})";
  EXPECT_EQ(call("POST", path, play).body, R"({"command":"PLAY_MEDIA","message":"Command sent"})");
  ASSERT_EQ(media.jobs.size(), 1U);
  const auto command = stages.last("command");
  EXPECT_EQ(text(command, "command"), "DECK_PLAY");
  EXPECT_EQ(command.at("item").at("path"),
            json::value("/media/" + media.jobs[0].track_id.str() + ".wav"));
  call("POST", path, play);
  EXPECT_EQ(media.jobs.size(), 1U) << "fetched once";
  EXPECT_EQ(call("POST", path, R"({"command":"PAUSE_MEDIA"})").status, 200);
  EXPECT_EQ(text(stages.last("command"), "command"), "DECK_PAUSE");
  for (const char* url : {"http://127.0.0.1/a.mp3", "file:///a", "/tracks/nope"}) {
    EXPECT_EQ(call("POST", path,
                   json::serialize(json::object{{"command", "PLAY_MEDIA"}, {"program_url", url}}))
                  .status,
              422);
  }
  EXPECT_EQ(call("GET", "/sessions/" + text(session, "sessionId")).status, 200);
  EXPECT_EQ(call("DELETE", "/sessions/" + text(session, "sessionId")).status, 204);
  EXPECT_EQ(status_of(id), "STOPPING");
  EXPECT_EQ(call("POST", path, play).status, 409);
}

TEST_F(ApiStageTest, TellsTheKeeperWhetherAnybodyLooksAtLevels) {
  const std::string id = make_live_show();
  EXPECT_EQ(stages.last("watch").at("levels"), json::value(false));
  const auto [ada, token] = join(id, "Ada");
  api->subscribe({studio::ShowId(id), token, {}, std::make_shared<FakeSink>()});
  EXPECT_EQ(stages.count("watch"), 1) << "callers get no levels";
  const auto desk =
      api->subscribe({studio::ShowId(id), "admin-secret", {}, std::make_shared<FakeSink>()});
  EXPECT_EQ(stages.last("watch").at("levels"), json::value(true)) << "at once";
  const auto other =
      api->subscribe({studio::ShowId(id), "admin-secret", {}, std::make_shared<FakeSink>()});
  api->unsubscribe(std::get<SubscriptionId>(desk));
  pass(1s);
  EXPECT_EQ(stages.count("watch"), 2) << "somebody is still there";
  connect(id);
  EXPECT_EQ(stages.count("watch"), 3) << "a keeper that has dialled again";
  EXPECT_EQ(stages.last("watch").at("levels"), json::value(true));
  api->unsubscribe(std::get<SubscriptionId>(other));
  pass(1s);
  EXPECT_EQ(stages.count("watch"), 4);
  EXPECT_EQ(stages.last("watch").at("levels"), json::value(false));
}

TEST_F(ApiStageTest, StreamsEventsResumesThemAndHidesTheDeskFromCallers) {
  const std::string id = make_live_show();
  const auto [ada, token] = join(id, "Ada");
  auto desk = std::make_shared<FakeSink>();
  auto caller = std::make_shared<FakeSink>();
  api->subscribe({studio::ShowId(id), "admin-secret", {}, desk});
  api->subscribe({studio::ShowId(id), token, {}, caller});
  ASSERT_EQ(desk->frames.size(), 1U);
  EXPECT_TRUE(desk->frames[0].contains("participants"));
  EXPECT_FALSE(caller->frames[0].contains("participants"));
  EXPECT_EQ(caller->frames[0].at("me").at("participantId"), json::value(ada));
  join(id, "Bob");
  call("PUT", "/shows/" + id + "/audio-routing", R"({"hostVolume":50})");
  call("POST", "/shows/" + id + "/participants/" + ada + "/toggle-on-air");
  from_keeper(
      id, {{"type", "levels"}, {"at", 1}, {"master", json::object()}, {"sources", json::array()}});
  EXPECT_EQ(desk->count("event"), 3);
  EXPECT_EQ(desk->droppable_count, 1);
  EXPECT_EQ(caller->count("event"), 1) << "their own toggle";
  EXPECT_EQ(caller->count("levels"), 0);

  const auto after = desk->frames[0].at("eventNumber").to_number<std::uint64_t>();
  auto again = std::make_shared<FakeSink>();
  api->subscribe({studio::ShowId(id), "admin-secret", after, again});
  EXPECT_EQ(again->count("event"), 3) << "what happened since";
  EXPECT_EQ(json(call("GET", "/shows/" + id + "/events?after=" + std::to_string(after)))
                .at("events")
                .as_array()
                .size(),
            3U);
  EXPECT_EQ(
      json(call("GET", "/shows/" + id + "/events?after=0&limit=2")).at("events").as_array().size(),
      2U);
  EXPECT_EQ(call("GET", "/shows/" + id + "/events?after=x").status, 422);
  const auto refused = api->subscribe({studio::ShowId(id), "bad", {}, again});
  EXPECT_EQ(std::get<Response>(refused).status, 401);
}

TEST_F(ApiStageTest, DecidesAboutUploadsFromTheirHeads) {
  Request head = request("POST", "/tracks?title=Song");
  const auto policy_of = [&](const std::string& type, const std::string& length) {
    Request r = head;
    r.headers.emplace_back("Content-Type", type);
    r.headers.emplace_back("Content-Length", length);
    return api->body_policy(r);
  };
  EXPECT_TRUE(std::get<BodyPolicy>(policy_of("audio/mpeg", "1000")).to_file);
  EXPECT_FALSE(std::get<BodyPolicy>(policy_of("application/json", "100")).to_file);
  EXPECT_EQ(std::get<Response>(policy_of("audio/mpeg", "2147483648")).status, 413);
  EXPECT_EQ(std::get<Response>(policy_of("audio/mpeg", "99999999999999999999999")).status, 413);
  EXPECT_EQ(std::get<Response>(policy_of("text/html", "10")).status, 415);
  head.headers.clear();
  EXPECT_EQ(std::get<Response>(policy_of("audio/mpeg", "10")).status, 401);
}

TEST_F(ApiStageTest, ManagesTracksTracklistsAndQueues) {
  const std::string id = make_show();
  const std::string a = import_track();
  const auto list = json(call("POST", "/tracklists", R"({"title":"Mix"})"));
  const std::string list_path = "/tracklists/" + text(list, "tracklistId");
  EXPECT_EQ(call("PUT", list_path + "/tracks", R"({"trackIds":[")" + a + R"(","track-x"]})").status,
            422);
  EXPECT_EQ(
      call("PUT", list_path + "/tracks", R"({"trackIds":[")" + a + R"(",")" + a + R"("]})").status,
      200);
  const std::string queue_path = "/shows/" + id + "/queue";
  EXPECT_EQ(call("POST", queue_path, "{}").status, 422);
  const auto queue =
      json(call("POST", queue_path, R"({"tracklistId":")" + text(list, "tracklistId") + "\"}"));
  ASSERT_EQ(queue.at("items").as_array().size(), 2U);
  const std::string first = text(queue.at("items").at(0).as_object(), "itemId");
  const std::string second = text(queue.at("items").at(1).as_object(), "itemId");
  const auto reordered =
      json(call("PUT", queue_path, R"({"itemIds":[")" + second + R"(",")" + first + R"("]})"));
  EXPECT_EQ(reordered.at("items").at(0).at("itemId"), json::value(second));
  EXPECT_EQ(call("PUT", queue_path, R"({"itemIds":[")" + second + R"("]})").status, 409);
  EXPECT_EQ(call("DELETE", queue_path + "/" + first).status, 200);
  EXPECT_EQ(call("DELETE", queue_path + "/" + first).status, 404);
  EXPECT_EQ(call("DELETE", "/tracks/" + a).status, 204);
  EXPECT_EQ(media.removed, std::vector<std::string>{a});
  EXPECT_TRUE(json(call("GET", queue_path)).at("items").as_array().empty());
  EXPECT_TRUE(json(call("GET", list_path)).at("trackIds").as_array().empty());
  EXPECT_EQ(call("DELETE", list_path).status, 204);
}

TEST_F(ApiStageTest, NeverGivesAStreamKeyBack) {
  const std::string id = make_live_show();
  const std::string path = "/shows/" + id + "/outputs";
  const Response set =
      call("PUT", path + "/rtmp", R"({"url":"rtmps://h:443/app","streamKey":"s3cret"})");
  EXPECT_EQ(set.status, 200);
  EXPECT_EQ(json(set).at("streamKeySet"), true);
  EXPECT_EQ(text(stages.last("desired").at("outputs").at(0).as_object(), "url"),
            "rtmps://h:443/app/s3cret");
  for (const std::string& seen :
       {set.body, call("GET", path).body, call("GET", "/shows/" + id + "/events").body}) {
    EXPECT_EQ(seen.find("s3cret"), std::string::npos);
  }
  call("PUT", path + "/rtmp", R"({"url":"rtmps://h:443/app"})");
  EXPECT_EQ(text(stages.last("desired").at("outputs").at(0).as_object(), "url"),
            "rtmps://h:443/app/s3cret")
      << "the same URL keeps its key";
  EXPECT_EQ(call("PUT", path + "/rtmp", R"({"url":"http://h/app"})").status, 422);
  EXPECT_EQ(call("DELETE", path + "/rtmp").status, 204);
  EXPECT_EQ(call("DELETE", path + "/rtmp").status, 404);
}

TEST_F(ApiStageTest, CountsForPrometheus) {
  make_live_show();
  const Response metrics = call("GET", "/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_NE(metrics.body.find("shelcaster_shows{status=\"LIVE\"} 1"), std::string::npos);
  EXPECT_NE(metrics.body.find("route=\"/shows/{showId}/start\",status=\"200\"} 1"),
            std::string::npos);
}

}  // namespace
}  // namespace shelcaster::control
