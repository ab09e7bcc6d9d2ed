#include <gtest/gtest.h>

#include "control/problem.hpp"
#include "control/test_world.hpp"
#include "link/messages.hpp"

// Endpoints around the seed's: people's tokens and seats, the composition under both of its names,
// what is played by URL, and what must stay bounded.
namespace shelcaster::control {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

class ApiEndpointsTest : public testing::Test, public TestWorld {
 protected:
  Response offer(const std::string& path, const std::string& token) {
    Request r = request("POST", path, "v=0\r\na=ice-ufrag:abcd\r\n", token);
    r.headers.back() = {"Content-Type", "application/sdp"};
    return send(r);
  }
  std::string session_of_offer() { return text(stages.last("offer"), "sessionId"); }
  Response patch(const std::string& path) {
    Request r = request("PATCH", path, "a=ice-ufrag:abcd\r\na=ice-pwd:x\r\n", "");
    r.headers = {{"Content-Type", "application/trickle-ice-sdpfrag"}};
    return send(r);
  }
  /// A show on the air that plays a URL; {show, track}.
  std::pair<std::string, std::string> play_url(const std::string& url) {
    const std::string show = make_live_show();
    const auto session = json(call("POST", "/sessions", R"({"showId":")" + show + "\"}"));
    const Response played =
        call("POST", "/sessions/" + text(session, "sessionId") + "/program/commands",
             R"({"command":"PLAY_MEDIA","programId":"p","program_url":")" + url + "\"}");
    EXPECT_EQ(played.status, 200) << played.body;
    const auto command = stages.last("command");
    return {show, text(command.at("item").as_object(), "trackId")};
  }
  std::string played_item() {
    return text(stages.last("command").at("item").as_object(), "itemId");
  }
  ImportProgress progress_of(const std::string& track) {
    ImportProgress progress;
    progress.track_id = studio::TrackId(track);
    return progress;
  }
  void report_deck(const std::string& show, const std::string& item, int position_ms) {
    from_keeper(show, {{"type", "deck"},
                       {"state", "PLAYING"},
                       {"itemId", item},
                       {"positionMs", position_ms},
                       {"durationMs", nullptr},
                       {"title", "a"}});
  }
  json::array events(const std::string& show, std::string_view kind) {
    json::array found;
    const auto all = json(call("GET", "/shows/" + show + "/events?limit=1000"));
    for (const auto& event : all.at("events").as_array()) {
      if (event.at("kind").as_string() == kind) found.push_back(event);
    }
    return found;
  }
};

TEST_F(ApiEndpointsTest, InvitesOnePersonByName) {
  const std::string show = make_live_show();
  const Response response =
      call("POST", "/shows/" + show + "/caller-tokens", R"({"username":"Ada"})");
  ASSERT_EQ(response.status, 201) << response.body;
  const auto seat = json(response);
  const std::string token = text(seat, "token");
  EXPECT_EQ(text(seat, "joinUrl").rfind("http://radio.test/join/" + show, 0), 0U);
  const auto me = json(call("GET", "/shows/" + show + "/me", "", token));
  EXPECT_EQ(text(me.at("participant").as_object(), "participantId"), text(seat, "participantId"));
  EXPECT_EQ(call("POST", "/shows/" + show + "/stop", "", token).status, 403);
  EXPECT_EQ(
      call("POST", "/shows/" + show + "/caller-tokens", R"({"username":"Eve"})", token).status,
      403);
  EXPECT_EQ(call("POST", "/shows/" + show + "/caller-tokens", "{}").status, 422);
}

TEST_F(ApiEndpointsTest, TellsACallerTheFadersThatTheyGoThrough) {
  const std::string show = make_live_show();
  const auto seat =
      json(call("POST", "/shows/" + show + "/caller-tokens", R"({"username":"Ada"})"));
  ASSERT_EQ(call("PUT", "/shows/" + show + "/audio-routing",
                 R"({"callersVolume":0,"hostVolume":40,"masterVolume":70})")
                .status,
            200);
  const auto me = json(call("GET", "/shows/" + show + "/me", "", text(seat, "token")));
  EXPECT_EQ(me.at("groupVolume"), boost::json::value(0));
  EXPECT_EQ(me.at("masterVolume"), boost::json::value(70));
}

TEST_F(ApiEndpointsTest, MakesAnotherHostWhoMayCommand) {
  const std::string show = make_live_show();
  const Response response =
      call("POST", "/shows/" + show + "/host-tokens", R"({"username":"Grace"})");
  ASSERT_EQ(response.status, 201) << response.body;
  const auto seat = json(response);
  const std::string token = text(seat, "token");
  EXPECT_EQ(text(seat, "studioUrl").rfind("http://radio.test/studio/" + show, 0), 0U);
  EXPECT_EQ(call("GET", "/shows/" + show + "/participants", "", token).status, 200);
  const std::string other = make_show();
  EXPECT_EQ(call("GET", "/shows/" + other, "", token).status, 403);
  const auto [caller, caller_token] = join(show, "Ada");
  EXPECT_EQ(
      call("POST", "/shows/" + show + "/host-tokens", R"({"username":"Eve"})", caller_token).status,
      403);
}

TEST_F(ApiEndpointsTest, SetsOnesFaderMuteAndName) {
  const std::string show = make_live_show();
  const auto [ada, token] = join(show, "Ada");
  sit_down(show, token);
  const std::string path = "/shows/" + show + "/participants/" + ada;
  const Response changed =
      call("PATCH", path, R"({"volume":40,"muted":true,"pan":-0.5,"username":"Ada L."})");
  ASSERT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(json(changed).at("pan").as_double(), -0.5);
  EXPECT_EQ(json(changed).at("volume").as_int64(), 40);
  EXPECT_TRUE(json(changed).at("muted").as_bool());
  EXPECT_EQ(text(json(changed), "username"), "Ada L.");
  bool is_in_desired = false;
  const json::object desired = stages.last("desired");
  for (const auto& seat : desired.at("seats").as_array()) {
    if (seat.at("participantId").as_string() != ada) continue;
    is_in_desired = seat.at("volume").as_int64() == 40 && seat.at("muted").as_bool() &&
                    seat.at("pan").as_double() == -0.5;
  }
  EXPECT_TRUE(is_in_desired);
  for (const char* wrong :
       {R"({"volume":101})", R"({"volume":-1})", R"({"volume":"loud"})", R"({"muted":1})",
        R"({"pan":1.01})", R"({"pan":-2})", R"({"pan":"left"})", R"({"colour":"red"})"}) {
    EXPECT_EQ(call("PATCH", path, wrong).status, 422) << wrong;
  }
  EXPECT_EQ(call("PATCH", path, R"({"volume":1})", token).status, 403);
  EXPECT_EQ(call("PATCH", "/shows/" + show + "/participants/part-no", R"({"volume":1})").status,
            404);
}

TEST_F(ApiEndpointsTest, TellsTheCompositionsHealthUnderBothNames) {
  const std::string show = make_show();
  const auto before = json(call("GET", "/shows/" + show + "/composition/health"));
  EXPECT_EQ(text(before, "status"), "STOPPED");
  EXPECT_TRUE(before.at("lastHeartbeat").is_null());
  const Response started = call("POST", "/shows/" + show + "/start-composition");
  ASSERT_EQ(started.status, 200) << started.body;
  EXPECT_EQ(text(json(started), "status"), "STARTING");
  EXPECT_EQ(text(json(started), "taskArn"), "arn:shelcaster:task:local:0:task/" + show + "/1");
  EXPECT_EQ(stages.launched, std::vector<std::string>{show});
  // Asked again under the other name: the same task.
  EXPECT_EQ(text(json(call("POST", "/shows/" + show + "/composition/start")), "taskArn"),
            text(json(started), "taskArn"));
  EXPECT_EQ(stages.launched.size(), 1U);
  connect(show);
  report_running(show);
  const auto health = json(call("GET", "/shows/" + show + "/composition/health"));
  EXPECT_EQ(text(health, "status"), "RUNNING");
  EXPECT_EQ(health.at("lastHeartbeat").as_int64(), clock.wall().unix_ms());
  EXPECT_TRUE(health.at("metrics").is_object());
  const auto status = json(call("GET", "/shows/" + show + "/composition-status"));
  EXPECT_EQ(text(status, "status"), "RUNNING");
  EXPECT_EQ(status.at("participantCount").as_int64(), 0);
  EXPECT_EQ(status.at("audioRouting").at("tracklistVolume").as_int64(), 30);
  EXPECT_EQ(status.at("lastHeartbeat").as_int64(), clock.wall().unix_ms());
}

TEST_F(ApiEndpointsTest, LetsAKickedPersonHangUpButNotComeBack) {
  const std::string show = make_live_show();
  const auto [ada, token] = join(show, "Ada");
  offer("/whip/" + show, token);
  const std::string session = "/whip/" + show + "/" + session_of_offer();
  EXPECT_EQ(call("POST", "/shows/" + show + "/participants/" + ada + "/kick").status, 200);
  EXPECT_EQ(offer("/whip/" + show, token).status, 403);
  EXPECT_EQ(call("DELETE", session, "", token).status, 200);
  EXPECT_EQ(call("DELETE", session, "", "not-a-token").status, 200);
  EXPECT_EQ(stages.count("close_session"), 2);
}

TEST_F(ApiEndpointsTest, ForgetsTheCredentialsOfSessionsThatEnd) {
  const std::string show = make_live_show();
  const auto [ada, token] = join(show, "Ada");
  const auto is_known = [&](const std::string& session) {
    // Known: the candidates of a session. Unknown: taken for an ICE restart, which the stage
    // judges.
    return patch("/whip/" + show + "/" + session).status == 204;
  };
  offer("/whip/" + show, token);
  const std::string first = session_of_offer();
  EXPECT_TRUE(is_known(first));
  from_keeper(show, {{"type", "seat"},
                     {"participantId", ada},
                     {"sessionId", first},
                     {"connection", "disconnected"},
                     {"isPublishing", false}});
  EXPECT_FALSE(is_known(first));
  offer("/whip/" + show, token);
  const std::string second = session_of_offer();
  from_keeper(show, link::to_json(link::Sessions{}));
  EXPECT_FALSE(is_known(second));
}

TEST_F(ApiEndpointsTest, TellsASessionWhoseSeatAnotherOneTookAndNobodyElse) {
  const std::string show = make_live_show();
  const auto [ada, token] = join(show, "Ada");
  const auto connect_by = [&, &ada = ada](const std::string& session) {
    from_keeper(show, {{"type", "seat"},
                       {"participantId", ada},
                       {"sessionId", session},
                       {"connection", "connected"},
                       {"isPublishing", true}});
  };
  connect_by("sess-laptop");
  EXPECT_EQ(offer("/whip/" + show + "?replaces=sess-laptop", token).status, 0)
      << "its own page comes back";
  connect_by("sess-phone");
  for (int process = 0; process < 2; ++process) {
    const Response told = offer("/whip/" + show + "?replaces=sess-laptop", token);
    EXPECT_EQ(told.status, 410);
    EXPECT_EQ(text(json(told), "reason"), "replaced");
    EXPECT_EQ(patch("/whip/" + show + "/sess-laptop").status, 410);
    EXPECT_EQ(call("DELETE", "/whip/" + show + "/sess-laptop", "", "").status, 410);
    EXPECT_EQ(patch("/whip/" + show + "/sess-phone").status, 0) << "for the stage to judge";
    EXPECT_EQ(patch("/whip/" + show + "/sess-of-nobody").status, 0);
    EXPECT_EQ(offer("/whip/" + show + "?replaces=sess-phone", token).status, 0);
    EXPECT_EQ(offer("/whip/" + show, token).status, 0) << "who asks for the seat has it";
    restart();
    connect(show);
  }
}

TEST_F(ApiEndpointsTest, RemembersTheNewestReplacedSessionsOfAShow) {
  const std::string show = make_live_show();
  const auto [ada, token] = join(show, "Ada");
  const auto is_replaced = [&](int number) {
    return call("GET", "/whip/" + show + "/sess-" + std::to_string(number), "", "").status == 410;
  };
  constexpr int kSessions = 4'200;
  for (int i = 0; i < kSessions; ++i) {
    from_keeper(show, {{"type", "seat"},
                       {"participantId", ada},
                       {"sessionId", "sess-" + std::to_string(i)},
                       {"connection", "connected"},
                       {"isPublishing", true}});
    if (i == 1) {
      EXPECT_TRUE(is_replaced(0));
    }
  }
  EXPECT_FALSE(is_replaced(0)) << "its page has asked by now, or never will";
  EXPECT_TRUE(is_replaced(kSessions - 2));
  EXPECT_TRUE(is_replaced(kSessions - 4'000));
}

TEST_F(ApiEndpointsTest, PassesOnThatTheStageKnowsASessionForReplaced) {
  const std::string show = make_live_show();
  const auto [ada, token] = join(show, "Ada");
  EXPECT_EQ(offer("/whip/" + show + "?replaces=sess-old", token).status, 0);
  EXPECT_EQ(text(stages.last("offer"), "replaces"), "sess-old");
  from_keeper(show, link::to_json(link::Refuse{
                        .request_id = std::string(stages.last("offer").at("requestId").as_string()),
                        .status = 410,
                        .detail = "elsewhere",
                        .reason = "replaced"}));
  EXPECT_EQ(later->status, 410);
  EXPECT_EQ(text(json(*later), "reason"), "replaced");
}

TEST_F(ApiEndpointsTest, BoundsHowOftenOneAddressBeginsToListen) {
  config.listener_offers_per_minute_max = 3;
  restart();
  const std::string show = make_live_show();
  const auto [ada, token] = join(show, "Ada");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(offer("/whep/" + show, "").status, 0);
  EXPECT_EQ(offer("/whep/" + show, "").status, 429);
  EXPECT_EQ(offer("/whep/" + show, token).status, 0) << "a seat is no listener";
  EXPECT_EQ(offer("/whip/" + show, token).status, 0);
  pass(60s);
  EXPECT_EQ(offer("/whep/" + show, "").status, 0);
}

TEST_F(ApiEndpointsTest, BoundsHowOftenASessionRestartsIce) {
  const std::string id = make_live_show();
  const auto [ada, token] = join(id, "Ada");
  EXPECT_EQ(offer("/whip/" + id, token).status, 0);
  const std::string location = "/whip/" + id + "/" + text(stages.last("offer"), "sessionId");
  const auto patch = [&](const std::string& path, const std::string& ufrag) {
    Request r = request("PATCH", path, "a=ice-ufrag:" + ufrag + "\r\na=ice-pwd:x\r\n");
    r.headers = {{"Content-Type", "application/trickle-ice-sdpfrag"}};
    return send(r);
  };
  for (int i = 0; i < 30; ++i) {
    ASSERT_EQ(patch(location, "new" + std::to_string(i)).status, 0) << i;
  }
  const Response refused = patch(location, "another");
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(header_of(refused.headers, "Retry-After"), "2");
  EXPECT_EQ(stages.count("ice_restart"), 30);
  EXPECT_EQ(patch(location, "abcd").status, 204) << "candidates cost the stage nothing";
  EXPECT_EQ(patch("/whip/" + id + "/another", "new").status, 0);
  pass(2s);
  EXPECT_EQ(patch(location, "another").status, 0);
}

TEST_F(ApiEndpointsTest, RefusesAnOfferWhoseLaneIsFullAndTellsWhen) {
  const std::string show = make_live_show();
  stages.is_lane_full = true;
  const Response refused = offer("/whep/" + show, "");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(header_of(refused.headers, "Retry-After"), "1");
}

TEST_F(ApiEndpointsTest, RefusesAnOfferThatIsNotText) {
  const std::string show = make_live_show();
  Request binary = request("POST", "/whep/" + show, "v=0\r\ns=\xff\r\n", "");
  binary.headers = {{"Content-Type", "application/sdp"}};
  EXPECT_EQ(send(binary).status, 400) << "it would put the stage's link out of step";
}

TEST_F(ApiEndpointsTest, RemembersOnlySoManySessions) {
  config.media_sessions_max = 3;
  restart();
  const std::string show = make_live_show();
  std::vector<std::string> sessions;
  for (int i = 0; i < 5; ++i) {
    offer("/whep/" + show, "");
    sessions.push_back(session_of_offer());
  }
  EXPECT_EQ(patch("/whep/" + show + "/" + sessions[0]).status, 0);
  EXPECT_EQ(patch("/whep/" + show + "/" + sessions[4]).status, 204);
}

TEST_F(ApiEndpointsTest, CapsTheEventStreamsOfAShow) {
  config.subscriptions_max = 2;
  restart();
  const std::string show = make_live_show();
  const auto subscribe = [&](const std::string& id) {
    return api->subscribe({studio::ShowId(id), "admin-secret", {}, std::make_shared<FakeSink>()});
  };
  const auto first = subscribe(show);
  ASSERT_TRUE(std::holds_alternative<SubscriptionId>(first));
  ASSERT_TRUE(std::holds_alternative<SubscriptionId>(subscribe(show)));
  const auto third = subscribe(show);
  ASSERT_TRUE(std::holds_alternative<Response>(third));
  EXPECT_EQ(std::get<Response>(third).status, 503);
  EXPECT_TRUE(std::holds_alternative<SubscriptionId>(subscribe(make_live_show())));
  api->unsubscribe(std::get<SubscriptionId>(first));
  EXPECT_TRUE(std::holds_alternative<SubscriptionId>(subscribe(show)));
}

TEST_F(ApiEndpointsTest, KnowsHowLongAUrlIsAsSoonAsItsImportDoes) {
  const auto [show, track] = play_url("https://example.org/a.mp3");
  const std::string item = played_item();
  EXPECT_EQ(media.jobs.back().wanted, Wanted::kSoon);
  report_deck(show, item, 10);
  EXPECT_TRUE(json(call("GET", "/shows/" + show + "/deck")).at("durationMs").is_null());
  ImportProgress progress = progress_of(track);
  progress.duration_ms = 60'000;
  progress.progress = 0.1;
  api->handle_import(progress);
  report_deck(show, item, 1'010);
  EXPECT_EQ(json(call("GET", "/shows/" + show + "/deck")).at("durationMs").as_int64(), 60'000);
  EXPECT_EQ(json(call("GET", "/tracks/" + track)).at("durationMs").as_int64(), 60'000);
}

TEST_F(ApiEndpointsTest, GoesOnWhenAUrlFailsBeforeItIsHeard) {
  const auto [show, track] = play_url("https://example.org/a.mp3");
  const std::string item = played_item();
  report_deck(show, item, 0);
  ImportProgress failed = progress_of(track);
  failed.state = ImportProgress::State::kFailed;
  failed.error = "the URL can't be fetched: 404";
  api->handle_import(failed);
  const auto told = events(show, "track_failed");
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told.front().at("data").at("error").as_string(), failed.error);
  const auto skip = stages.last("command");
  EXPECT_EQ(text(skip, "command"), "DECK_SKIP");
  EXPECT_EQ(text(skip, "itemId"), item);
}

TEST_F(ApiEndpointsTest, TellsOfAFailedUrlWhoseItemWasAtItsEndBefore) {
  const std::string show = make_live_show();
  const auto track =
      text(json(call("POST", "/tracks", R"({"url":"https://example.org/a.mp3"})")), "trackId");
  const auto queue =
      json(call("POST", "/shows/" + show + "/queue", R"({"trackId":")" + track + "\"}"));
  const std::string item = text(queue.at("items").at(0).as_object(), "itemId");
  from_keeper(show, {{"type", "deck_item_ended"}, {"itemId", item}, {"reason", "END"}});
  ImportProgress failed = progress_of(track);
  failed.state = ImportProgress::State::kFailed;
  failed.error = "that is no audio file";
  api->handle_import(failed);
  EXPECT_EQ(events(show, "track_failed").size(), 1U);
  EXPECT_EQ(stages.count("command"), 0) << "there is nothing to skip";
}

TEST_F(ApiEndpointsTest, PlaysWhatHasComeOfAUrlThatBreaksOff) {
  const auto [show, track] = play_url("https://example.org/a.mp3");
  report_deck(show, played_item(), 3'000);
  ImportProgress failed = progress_of(track);
  failed.state = ImportProgress::State::kFailed;
  failed.error = "the URL can't be fetched: it broke off";
  api->handle_import(failed);
  EXPECT_EQ(events(show, "track_failed").size(), 1U);
  EXPECT_EQ(text(stages.last("command"), "command"), "DECK_PLAY");
}

TEST_F(ApiEndpointsTest, PlaysAUrlOnWhereItWasAfterTheMixerHasCrashed) {
  const auto [show, track] = play_url("https://example.org/a.mp3");
  const std::string item = played_item();
  report_deck(show, item, 3'000);
  const int before = stages.count("command");
  from_keeper(show, link::to_json(link::Sessions{}));
  ASSERT_EQ(stages.count("command"), before + 1);
  const auto again = stages.last("command");
  EXPECT_EQ(text(again, "command"), "DECK_PLAY");
  EXPECT_EQ(again.at("positionMs").as_int64(), 3'000);
  EXPECT_EQ(played_item(), item);
}

TEST_F(ApiEndpointsTest, EndsAFetchThatNoDeckWantsAnyMore) {
  const auto [show, track] = play_url("https://example.org/endless");
  const std::string item = played_item();
  report_deck(show, item, 3'000);
  pass(10s);
  EXPECT_TRUE(media.cancelled.empty()) << "the deck plays it";
  EXPECT_EQ(media.wanted.at(track), Wanted::kHeard);
  link::Ack done;
  done.id = text(stages.last("command"), "id");
  from_keeper(show, link::to_json(done));
  link::DeckReport stopped;
  stopped.state = "STOPPED";
  stopped.number = 99;
  from_keeper(show, link::to_json(stopped));
  pass(1s);
  EXPECT_TRUE(media.cancelled.empty()) << "its command and the deck's report may cross";
  pass(4s);
  EXPECT_EQ(media.cancelled, std::vector<std::string>{track});
  EXPECT_EQ(call("GET", "/tracks/" + track).status, 404);
}

TEST_F(ApiEndpointsTest, EndsAFetchAtOnceWhenAnotherCommandComesBeforeItIsPlayed) {
  const auto [show, track] = play_url("https://example.org/a.mp3");
  report_deck(show, played_item(), 3'000);
  const auto session = json(call("POST", "/sessions", R"({"showId":")" + show + "\"}"));
  const auto play_over = [&](const std::string& url) {
    call("POST", "/sessions/" + text(session, "sessionId") + "/program/commands",
         R"({"command":"PLAY_MEDIA","program_url":")" + url + "\"}");
    return media.jobs.back().track_id.str();
  };
  const std::string dropped = play_over("https://example.org/b.mp3");
  const std::string meant = play_over("https://example.org/c.mp3");
  ASSERT_NE(dropped, meant);
  pass(200ms);
  EXPECT_EQ(media.cancelled, std::vector<std::string>{dropped});
}

TEST_F(ApiEndpointsTest, KeepsAFetchThatThePeopleOfTheLibraryAskedFor) {
  const std::string track =
      text(json(call("POST", "/tracks", R"({"url":"https://example.org/a.mp3"})")), "trackId");
  EXPECT_EQ(media.jobs.back().wanted, Wanted::kNot);
  const std::string show = make_live_show();
  pass(10s);
  EXPECT_TRUE(media.cancelled.empty());
  // It is what the deck comes to next: it goes before the others.
  const auto queued =
      json(call("POST", "/shows/" + show + "/queue", R"({"trackId":")" + track + R"("})"));
  pass(2s);
  EXPECT_EQ(media.wanted.at(track), Wanted::kSoon);
  report_deck(show, text(queued.at("items").as_array().at(0).as_object(), "itemId"), 0);
  pass(2s);
  EXPECT_EQ(media.wanted.at(track), Wanted::kHeard);
  call("POST", "/shows/" + show + "/stop");
  from_keeper(show, {{"type", "stopped"}});
  pass(2s);
  EXPECT_EQ(media.wanted.at(track), Wanted::kNot);
  EXPECT_TRUE(media.cancelled.empty());
}

TEST_F(ApiEndpointsTest, SkipsATrackThatIsDeletedWhileItIsFetchedAndPlayed) {
  const auto [show, track] = play_url("https://example.org/a.mp3");
  const std::string item = played_item();
  report_deck(show, item, 3'000);
  EXPECT_EQ(call("DELETE", "/tracks/" + track).status, 204);
  EXPECT_EQ(media.cancelled, std::vector<std::string>{track});
  EXPECT_EQ(text(stages.last("command"), "command"), "DECK_SKIP");
  EXPECT_EQ(text(stages.last("command"), "itemId"), item);
}

TEST_F(ApiEndpointsTest, TellsWhatAFileSaysOfItself) {
  const auto [show, track] = play_url("https://example.org/a.mp3");
  ImportProgress report;
  report.track_id = studio::TrackId(track);
  report.title = "Song";
  report.artist = "The Artist";
  report.album = "An Album";
  report.cover = "abc.jpg";
  report.loudness_lufs = -26;
  report.true_peak_db = -20;
  api->handle_import(report);
  const auto listed = json(call("GET", "/tracks/" + track));
  EXPECT_EQ(text(listed, "title"), "Song");
  EXPECT_EQ(text(listed, "artist"), "The Artist");
  EXPECT_EQ(text(listed, "album"), "An Album");
  EXPECT_EQ(text(listed, "coverUrl"), "/covers/abc.jpg");
  // The deck's gain follows what is known so far.
  const auto desired = stages.last("desired");
  EXPECT_EQ(desired.at("played").at("gainDb").to_number<double>(), 10);
  EXPECT_TRUE(json(call("GET", "/shows/" + show + "/public")).at("nowPlaying").is_null());
  report_deck(show, played_item(), 1'000);
  const auto now = json(call("GET", "/shows/" + show + "/public", "", "")).at("nowPlaying");
  EXPECT_EQ(now.at("title").as_string(), "Song");
  EXPECT_EQ(now.at("artist").as_string(), "The Artist");
  EXPECT_EQ(now.at("coverUrl").as_string(), "/covers/abc.jpg");
  EXPECT_EQ(text(json(call("GET", "/shows/" + show + "/deck")), "album"), "An Album");
  EXPECT_EQ(call("DELETE", "/tracks/" + track).status, 204);
  EXPECT_EQ(media.removed_covers, std::vector<std::string>{"abc.jpg"});
}

TEST_F(ApiEndpointsTest, KnowsMusicAgainWhoseUrlIsSignedAnew) {
  const auto [show, first] = play_url("https://example.org/a.mp3?signature=1");
  ImportProgress ready;
  ready.state = ImportProgress::State::kReady;
  ready.content_hash = "same";
  ready.duration_ms = 1'000;
  ready.track_id = studio::TrackId(first);
  api->handle_import(ready);
  const auto [other_show, second] = play_url("https://example.org/a.mp3?signature=2");
  ASSERT_NE(first, second);
  report_deck(other_show, played_item(), 500);
  // Within one owner only: these are two shows'.
  for (const std::string& id : {first, second}) {
    call("PATCH", "/tracks/" + id, R"({"owner":"station"})");
  }
  ready.track_id = studio::TrackId(second);
  api->handle_import(ready);
  EXPECT_EQ(call("GET", "/tracks/" + second).status, 404);
  const auto played = stages.last("desired").at("played");
  EXPECT_EQ(played.at("trackId").as_string(), first);
  EXPECT_EQ(media.removed.back(), second);
}

TEST_F(ApiEndpointsTest, RefusesAnUploadThatTheDiskHasNoRoomFor) {
  media.no_room = "the library is full";
  Request upload = request("POST", "/tracks");
  upload.headers.emplace_back("Content-Type", "audio/mpeg");
  const auto decided = api->body_policy(upload);
  ASSERT_TRUE(std::holds_alternative<Response>(decided));
  EXPECT_EQ(std::get<Response>(decided).status, 507);
  EXPECT_NE(std::get<Response>(decided).body.find("the library is full"), std::string::npos);
}

TEST_F(ApiEndpointsTest, NamesUploadsAsTheirFilesAreNamed) {
  const auto title_of = [&](std::string query, std::string type) {
    Request upload = request("POST", "/tracks" + query);
    upload.headers.emplace_back("Content-Type", std::move(type));
    upload.body_file = "/nowhere/body";
    return text(json(send(upload)), "title");
  };
  media.upload_named = "Artist - Song.mp3";
  EXPECT_EQ(title_of("", "multipart/form-data; boundary=B"), "Artist - Song");
  EXPECT_EQ(title_of("", "audio/mpeg"), "Untitled");
  std::string long_name;
  for (int i = 0; i < 70; ++i) long_name += "%E9%9F%B3";
  EXPECT_EQ(title_of("?filename=" + long_name + ".mp3", "audio/mpeg").size(), 210U);
  for (int i = 0; i < 200; ++i) long_name += "%E9%9F%B3";
  EXPECT_EQ(title_of("?filename=" + long_name + ".mp3", "audio/mpeg").size(), 600U);
}

TEST_F(ApiEndpointsTest, FetchesAUrlOnceAndHurriesWhenItIsWantedAgain) {
  const auto [show, track] = play_url("https://example.org/a.mp3");
  const auto session = json(call("POST", "/sessions", R"({"showId":")" + show + "\"}"));
  call("POST", "/sessions/" + text(session, "sessionId") + "/program/commands",
       R"({"command":"PLAY_MEDIA","program_url":"https://example.org/a.mp3"})");
  EXPECT_EQ(media.jobs.size(), 1U);
  EXPECT_EQ(media.wanted.at(track), Wanted::kSoon);
}

TEST_F(ApiEndpointsTest, TakesTheQueueOfAShowThatDoesNotRunForNothingThatADeckWants) {
  const std::string track =
      text(json(call("POST", "/tracks", R"({"url":"https://example.org/a.mp3"})")), "trackId");
  const std::string show = make_show();
  call("POST", "/shows/" + show + "/queue", R"({"trackId":")" + track + R"("})");
  pass(3s);
  EXPECT_FALSE(media.wanted.contains(track));
}

TEST_F(ApiEndpointsTest, RefusesAnEntityTagThatIsNone) {
  const std::string id = make_live_show();
  for (const std::string& tag : {std::string("\xff"), std::string("a b"), std::string(129, 'a')}) {
    Request r = request("PATCH", "/whip/" + id + "/anything", "a=ice-ufrag:abcd\r\n", "");
    r.headers = {{"Content-Type", "application/trickle-ice-sdpfrag"}, {"If-Match", tag}};
    EXPECT_EQ(send(r).status, 400) << tag;
  }
  EXPECT_EQ(stages.count("ice_restart"), 0);
}

}  // namespace
}  // namespace shelcaster::control
