#include <gtest/gtest.h>

#include <set>

#include "control/problem.hpp"
#include "control/test_world.hpp"

// Who has a place in a show, and who goes off the air since they are gone.
namespace shelcaster::control {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

class SeatingTest : public testing::Test, public TestWorld {
 protected:
  int offer(const std::string& id, const std::string& token, const std::string& address = {}) {
    Request r = request("POST", "/whip/" + id, "v=0\r\na=ice-ufrag:abcd\r\n", token);
    if (!address.empty()) r.remote_address = address;
    r.headers.back() = {"Content-Type", "application/sdp"};
    return send(r).status;
  }
  void seat_is(const std::string& id, const std::string& who, const std::string& connection) {
    from_keeper(id, {{"type", "seat"},
                     {"participantId", who},
                     {"sessionId", "s-" + who},
                     {"connection", connection},
                     {"isPublishing", connection == "connected"},
                     {"stats", json::object()}});
  }
  /// Joined by the link, connected.
  std::pair<std::string, std::string> come(const std::string& id, const std::string& name) {
    auto seat = join(id, name);
    EXPECT_EQ(offer(id, seat.second), 0) << name;
    seat_is(id, seat.first, "connected");
    return seat;
  }
  int try_join(const std::string& id) {
    const std::string invitation =
        text(json(call("GET", "/shows/" + id + "/links")), "callerToken");
    return call("POST", "/shows/" + id + "/join", R"({"username":"x"})", invitation).status;
  }
  int invite(const std::string& id, const std::string& how) {
    return call("POST", "/shows/" + id + "/" + how, R"({"username":"x"})").status;
  }
  std::set<std::string> seated() {
    std::set<std::string> ids;
    const auto desired = stages.last("desired");
    for (const json::value& seat : desired.at("seats").as_array()) {
      ids.insert(text(seat.as_object(), "participantId"));
    }
    return ids;
  }
  json::array listed(const std::string& id) {
    return json::parse(call("GET", "/shows/" + id + "/participants").body).as_array();
  }
  json::object person(const std::string& id, const std::string& who) {
    for (const json::value& one : listed(id)) {
      if (one.at("participantId") == json::value(who)) return one.as_object();
    }
    return {};
  }
  void put_on_air(const std::string& id, const std::string& who) {
    EXPECT_EQ(call("POST", "/shows/" + id + "/participants/" + who + "/toggle-on-air",
                   R"({"isOnAir":true})")
                  .status,
              200);
  }
  bool is_on_air(const std::string& id, const std::string& who) {
    return person(id, who).at("isOnAir").as_bool();
  }
  int leave(const std::string& id, const std::string& who, const std::string& token) {
    return call("POST", "/shows/" + id + "/participants/" + who + "/leave", "", token).status;
  }
  std::vector<std::string> reasons(const std::string& id) {
    std::vector<std::string> found;
    const auto log = json(call("GET", "/shows/" + id + "/events"));
    for (const json::value& event : log.at("events").as_array()) {
      if (event.at("kind") != "participant_left") continue;
      found.push_back(text(event.at("data").as_object(), "reason"));
    }
    return found;
  }
};

TEST_F(SeatingTest, GivesAPlaceInTheMixerWithTheFirstOffer) {
  const std::string id = make_live_show();
  const auto [ada, token] = join(id, "Ada");
  call("PUT", "/shows/" + id + "/audio-routing", R"({"hostVolume":9})");
  EXPECT_TRUE(seated().empty());
  EXPECT_EQ(offer(id, token), 0);
  EXPECT_EQ(seated(), std::set{ada});
  EXPECT_EQ(stages.sent.back().at("type"), "offer") << "the mixer knows the seat by then";
}

TEST_F(SeatingTest, KeepsThePlaceOfWhoOnlyListensWhileTheyDo) {
  const std::string id = make_live_show();
  const auto [ada, token] = join(id, "Ada");
  Request r = request("POST", "/whep/" + id, "v=0\r\na=ice-ufrag:abcd\r\n", token);
  r.headers.back() = {"Content-Type", "application/sdp"};
  EXPECT_EQ(send(r).status, 0);
  for (int i = 0; i < 400; ++i) {
    from_keeper(id, {{"type", "listens"}, {"participantId", ada}});
    pass(2s);
  }
  EXPECT_EQ(seated(), std::set{ada});
  pass(14s);
  EXPECT_EQ(person(id, ada).at("participantId"), json::value(ada));
  pass(11s);
  EXPECT_TRUE(person(id, ada).empty());
  EXPECT_TRUE(seated().empty());
}

TEST_F(SeatingTest, LetsAFloodOfJoinsFillNothing) {
  config.joins_per_minute_max = 10'000;
  config.participants_max = 20;
  restart();
  const std::string id = make_live_show();
  const auto [first, token] = join(id, "first");
  for (int i = 0; i < 300; ++i) ASSERT_EQ(try_join(id), 201) << i;
  EXPECT_LE(listed(id).size(), 20U);
  EXPECT_EQ(offer(id, token), 0) << "who was crowded out regains a place";
  for (int i = 0; i < 30; ++i) {
    ASSERT_EQ(invite(id, "caller-tokens"), 201) << i;
    ASSERT_EQ(invite(id, "host-tokens"), 201) << i;
  }
  EXPECT_TRUE(seated().contains(first)) << "and keeps it while they connect";
}

TEST_F(SeatingTest, IsFullOfWhoIsThereAndKeepsPlacesForWhoIsInvitedByName) {
  config.participants_max = 10;
  restart();
  const std::string id = make_live_show();
  std::vector<std::pair<std::string, std::string>> people;
  for (int i = 0; i < 8; ++i) people.push_back(come(id, "caller"));
  EXPECT_EQ(try_join(id), 409);
  EXPECT_EQ(invite(id, "caller-tokens"), 201);
  EXPECT_EQ(invite(id, "caller-tokens"), 201) << "the one before hasn't come";
  seat_is(id, people[0].first, "disconnected");
  EXPECT_EQ(try_join(id), 409) << "a short loss keeps a place";
  for (int second = 0; second < 61; ++second) {
    for (int i = 1; i < 8; ++i) seat_is(id, people[static_cast<std::size_t>(i)].first, "connected");
    pass(1s);
  }
  EXPECT_EQ(try_join(id), 201);
  EXPECT_TRUE(person(id, people[0].first).empty());
  EXPECT_EQ(call("GET", "/shows/" + id + "/me", "", people[0].second).status, 200);
}

TEST_F(SeatingTest, LeavesTheDesksRoomWhileCallersComeAndGoOnAFullDisk) {
  used_store = &patient_store;
  restart();
  const std::string id = make_live_show();
  const auto [who, token] = join(id, "caller");
  ASSERT_EQ(offer(id, token), 0);
  store.commit_error = "disk full";
  std::size_t waiting = 0;
  std::size_t before = 0;
  int session = 0;
  do {
    before = waiting;
    for (int i = 0; i < 500; ++i) {
      from_keeper(id, {{"type", "seat"},
                       {"participantId", who},
                       {"sessionId", "s" + std::to_string(++session)},
                       {"connection", "connected"},
                       {"isPublishing", true},
                       {"stats", json::object()}});
    }
    waiting = patient_store.waiting().count;
  } while (waiting > before);
  EXPECT_GT(session, 5'000);
  put_on_air(id, who);
}

class CrowdTest : public SeatingTest {
 protected:
  CrowdTest() {
    config.joins_per_minute_max = 10'000;
    config.participants_max = 20;
    restart();
    id_ = make_live_show();
    invitation_ = text(json(call("GET", "/shows/" + id_ + "/links")), "callerToken");
  }
  /// A token; empty: the show is full.
  std::string join_from(const std::string& address) {
    Request r = request("POST", "/shows/" + id_ + "/join", R"({"username":"x"})", invitation_);
    r.remote_address = address;
    const Response response = send(r);
    return response.status == 201 ? text(json(response), "token") : std::string();
  }
  bool waits(const std::string& token, const std::string& address) {
    Request r = request("GET", "/shows/" + id_ + "/me", "", token);
    r.remote_address = address;
    return send(r).status == 200;
  }
  std::vector<std::string> crowd_from(const std::string& address) {
    std::vector<std::string> crowd;
    for (int i = 0; i < 17; ++i) crowd.push_back(join_from(address));
    return crowd;
  }
  /// How many others, each from a network of its own, find a place.
  int newcomers(int count) {
    int came = 0;
    for (int i = 0; i < count; ++i) {
      const std::string address = "203.0.113." + std::to_string(i);
      const std::string token = join_from(address);
      came += !token.empty() && waits(token, address) ? 1 : 0;
    }
    return came;
  }

  std::string id_;
  std::string invitation_;
};

TEST_F(CrowdTest, WaitsOnNobodyElsesPlaces) {
  for (const std::string& token : crowd_from("198.51.100.1")) {
    ASSERT_TRUE(waits(token, "198.51.100.1"));
  }
  ASSERT_EQ(join_from("198.51.100.1"), "") << "full, for more of them";
  EXPECT_EQ(newcomers(8), 8);
  EXPECT_LE(listed(id_).size(), 20U);
}

TEST_F(CrowdTest, HoldsNoPlacesByOffersThatConnectNobody) {
  for (const std::string& token : crowd_from("198.51.100.1")) {
    ASSERT_EQ(offer(id_, token, "198.51.100.1"), 0);
  }
  ASSERT_EQ(join_from("198.51.100.1"), "") << "full, for more of them";
  EXPECT_EQ(newcomers(8), 8);
  EXPECT_LE(seated().size(), 20U);
}

TEST_F(CrowdTest, KeepsItsPlacesOnceItsPeopleAreConnected) {
  for (int i = 0; i < 17; ++i) {
    const std::string token = join_from("198.51.100.1");
    const auto person = json(call("GET", "/shows/" + id_ + "/me", "", token));
    ASSERT_EQ(offer(id_, token, "198.51.100.1"), 0);
    seat_is(id_, text(person.at("participant").as_object(), "participantId"), "connected");
  }
  EXPECT_EQ(newcomers(8), 0);
}

TEST_F(SeatingTest, TakesThousandsOfCallersOverTheLifeOfAShow) {
  config.joins_per_minute_max = 1'000'000;
  restart();
  const std::string id = make_live_show();
  std::vector<std::pair<std::string, std::string>> first;
  for (int i = 0; i < 3'000; ++i) {
    const auto seat = come(id, "caller");
    if (i == 0) first.push_back(seat);
    seat_is(id, seat.first, "disconnected");
    clock.elapsed += 10s;
    api->handle_tick();
    stages.sent.clear();
  }
  call("PUT", "/shows/" + id + "/audio-routing", R"({"hostVolume":9})");
  EXPECT_LE(seated().size(), 100U);
  EXPECT_LE(listed(id).size(), 100U);
  EXPECT_LE(store.list(store::Collection::kParticipants, id)->size(), 100U)
      << "a fader reads no more than these";
  std::set<std::string> everybody;
  std::string path = "/shows/" + id + "/participants?all=true";
  for (std::size_t before = 1; before != everybody.size();) {
    before = everybody.size();
    std::string last;
    const auto page = json::parse(call("GET", path).body).as_array();
    for (const json::value& one : page) {
      last = text(one.as_object(), "participantId");
      everybody.insert(last);
    }
    path = "/shows/" + id + "/participants?all=true&after=" + last;
    if (page.empty()) break;
  }
  EXPECT_EQ(everybody.size(), 3'001U) << "with the host";
  EXPECT_EQ(offer(id, first[0].second), 0);
  EXPECT_TRUE(seated().contains(first[0].first));
}

TEST_F(SeatingTest, KeepsPeopleOfAnOlderDatabaseInTheirSeats) {
  const std::string id = make_live_show();
  const auto [ada, token] = come(id, "Ada");
  const store::Key key{store::Collection::kParticipants, id, ada};
  json::object body = (*store.get(key))->body;
  for (const char* name : {"isSeated", "invitedByName", "selfMuted"}) body.erase(name);
  ASSERT_TRUE(store.commit({{{key, body, {}}}, {}, {}, {}}));
  restart();
  connect(id);
  EXPECT_EQ(seated(), std::set{ada});
}

TEST_F(SeatingTest, TakesACallerWhoLeavesOffTheAirForGood) {
  const std::string id = make_live_show();
  const auto [ada, token] = come(id, "Ada");
  const auto [bob, other] = come(id, "Bob");
  put_on_air(id, ada);
  EXPECT_EQ(leave(id, ada, other), 403);
  EXPECT_TRUE(is_on_air(id, ada));
  EXPECT_EQ(leave(id, ada, token), 200);
  EXPECT_EQ(seated(), std::set{bob}) << "their sessions end with their place";
  seat_is(id, ada, "disconnected");
  EXPECT_FALSE(is_on_air(id, ada));
  EXPECT_TRUE(person(id, ada).contains("leftAt"));
  EXPECT_EQ(reasons(id), std::vector<std::string>{"leave"});
  EXPECT_EQ(offer(id, token), 0);
  seat_is(id, ada, "connected");
  EXPECT_FALSE(is_on_air(id, ada));
  put_on_air(id, ada);
  EXPECT_EQ(leave(id, ada, "admin-secret"), 200) << "the desk can do it for them";
  EXPECT_FALSE(is_on_air(id, ada));
}

TEST_F(SeatingTest, TakesEverybodyButHostsOffTheAirWhenTheShowStops) {
  const std::string id = make_live_show();
  const auto [ada, token] = come(id, "Ada");
  put_on_air(id, ada);
  call("POST", "/shows/" + id + "/stop");
  from_keeper(id, {{"type", "stopped"}});
  EXPECT_FALSE(is_on_air(id, ada));
  EXPECT_EQ(reasons(id), std::vector<std::string>{"stopped"});
  for (const json::value& one : listed(id)) {
    EXPECT_EQ(one.at("isOnAir"), one.at("role") == "HOST");
  }
  put_on_air(id, ada);
  call("POST", "/shows/" + id + "/start");
  connect(id);
  report_running(id);
  EXPECT_TRUE(is_on_air(id, ada)) << "what a host has asked for since then stands";
  EXPECT_TRUE(seated().empty());
}

TEST_F(SeatingTest, CountsAMinuteOfAbsenceOnlyWhileTheMixerCouldHear) {
  const std::string id = make_live_show();
  const auto [ada, token] = come(id, "Ada");
  put_on_air(id, ada);
  seat_is(id, ada, "disconnected");
  pass(50s);
  seat_is(id, ada, "connected");
  pass(30s);
  EXPECT_TRUE(is_on_air(id, ada)) << "a short loss changes nothing";
  seat_is(id, ada, "disconnected");
  pass(50s);
  from_keeper(id, {{"type", "sessions"}, {"ids", json::array()}, {"isDeckKept", true}});
  pass(50s);
  EXPECT_TRUE(is_on_air(id, ada)) << "a new mixer gives them their time again";
  from_keeper(id, {{"type", "status"},
                   {"state", "RUNNING"},
                   {"mix", {{"state", "RESTARTING"}}},
                   {"publish", {{"state", "RUNNING"}}}});
  pass(120s);
  EXPECT_TRUE(is_on_air(id, ada)) << "nobody could hear them";
  report_running(id);
  pass(50s);
  restart();
  connect(id);
  report_running(id);
  pass(58s);
  EXPECT_TRUE(is_on_air(id, ada)) << "so does a new serve";
  pass(4s);
  EXPECT_FALSE(is_on_air(id, ada));
  EXPECT_EQ(reasons(id), std::vector<std::string>{"absent"});
  seat_is(id, ada, "connected");
  EXPECT_FALSE(is_on_air(id, ada));
}

TEST_F(SeatingTest, ShowsWhoWaitsForTheStart) {
  const std::string id = make_show();
  const auto sink = std::make_shared<FakeSink>();
  (void)api->subscribe({studio::ShowId(id), "admin-secret", {}, sink});
  const auto [ada, token] = join(id, "Ada");
  EXPECT_EQ(person(id, ada).at("waiting"), false);
  call("GET", "/shows/" + id + "/me", "", token);
  EXPECT_EQ(person(id, ada).at("waiting"), true);
  const auto told = [&] {
    json::object last;
    for (const json::object& frame : sink->frames) {
      if (frame.at("type") == "seat") last = frame;
    }
    return last.at("waiting").as_bool();
  };
  EXPECT_TRUE(told());
  pass(30s);
  EXPECT_EQ(person(id, ada).at("waiting"), false);
  EXPECT_FALSE(told());
}

TEST_F(SeatingTest, BoundsHowOftenSomebodyMutesThemselves) {
  const std::string id = make_live_show();
  const auto [ada, token] = join(id, "Ada");
  const auto [bob, other] = join(id, "Bob");
  const auto mute = [&](const std::string& whose, bool is_muted) {
    return call("PATCH", "/shows/" + id + "/me",
                is_muted ? R"({"selfMuted":true})" : R"({"selfMuted":false})", whose);
  };
  int taken = 0;
  while (taken < 100 && mute(token, taken % 2 == 0).status == 200) ++taken;
  EXPECT_EQ(taken, 30);
  EXPECT_EQ(mute(token, false).status, 200) << "which changes nothing";
  EXPECT_EQ(mute(other, true).status, 200);
  pass(2s);
  EXPECT_EQ(mute(token, true).status, 200);
}

TEST_F(SeatingTest, TellsWhoHasMutedThemselves) {
  const std::string id = make_live_show();
  const auto [ada, token] = come(id, "Ada");
  const std::string path = "/shows/" + id + "/me";
  EXPECT_EQ(call("PATCH", path, R"({"selfMuted":true})", "admin-secret").status, 403);
  EXPECT_EQ(call("PATCH", path, R"({"muted":true})", token).status, 422);
  const auto me = json(call("PATCH", path, R"({"selfMuted":true})", token));
  EXPECT_EQ(me.at("participant").at("selfMuted"), true);
  EXPECT_EQ(person(id, ada).at("selfMuted"), true);
  EXPECT_EQ(person(id, ada).at("muted"), false);
  leave(id, ada, token);
  EXPECT_EQ(person(id, ada).at("selfMuted"), false);
}

}  // namespace
}  // namespace shelcaster::control
