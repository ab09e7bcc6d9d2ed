#include <gtest/gtest.h>

#include "control/test_world.hpp"

namespace shelcaster::control {
namespace {

namespace json = boost::json;

class LinksTest : public testing::Test, public TestWorld {
 protected:
  json::object links(const std::string& token = "admin-secret") {
    return json(call("GET", "/shows/" + show_ + "/links", "", token));
  }
  std::string person(const std::string& id, const std::string& action) const {
    return "/shows/" + show_ + "/participants/" + id + action;
  }
  Response join_from(const std::string& address, const std::string& invitation) {
    Request r = request("POST", "/shows/" + show_ + "/join", R"({"username":"X"})", invitation);
    r.remote_address = address;
    return send(r);
  }
  void expect_the_owner_stays(const Response& response) {
    EXPECT_EQ(response.status, 403);
    EXPECT_NE(response.body.find("owner"), std::string::npos);
  }

  const std::string show_ = make_show();
  const std::string owner_token_ = text(links(), "hostToken");
  const std::string owner_ = text(json(call("GET", "/shows/" + show_)), "hostUserId");
  const json::object co_host_ =
      json(call("POST", "/shows/" + show_ + "/host-tokens", R"({"username":"Co"})"));
};

TEST_F(LinksTest, GiveTheAskersOwnToken) {
  const std::string co_token = text(co_host_, "token");
  const auto me = [&](const std::string& token) {
    const auto answer = json(call("GET", "/shows/" + show_ + "/me", "", token));
    return text(answer.at("participant").as_object(), "participantId");
  };
  EXPECT_EQ(me(text(links(co_token), "hostToken")), text(co_host_, "participantId"));
  EXPECT_EQ(me(text(links(owner_token_), "hostToken")), owner_);
  EXPECT_EQ(me(text(links(), "hostToken")), owner_) << "an admin has no seat";
  const auto started = json(call("POST", "/shows/" + show_ + "/start", "", co_token));
  EXPECT_EQ(me(text(started, "hostToken")), text(co_host_, "participantId"));
  const auto session = json(call("POST", "/sessions", R"({"showId":")" + show_ + "\"}", co_token));
  EXPECT_EQ(me(text(session, "hostToken")), text(co_host_, "participantId"));
}

TEST_F(LinksTest, HaveTheirTokensWhereNoServerLogsThem) {
  const json::object all = links();
  EXPECT_TRUE(text(all, "studioUrl").ends_with("#token=" + text(all, "hostToken")));
  EXPECT_TRUE(text(all, "joinUrl").ends_with("#token=" + text(all, "callerToken")));
  EXPECT_TRUE(text(co_host_, "studioUrl").ends_with("#token=" + text(co_host_, "token")));
  const auto caller =
      json(call("POST", "/shows/" + show_ + "/caller-tokens", R"({"username":"Ann"})"));
  EXPECT_TRUE(text(caller, "joinUrl").ends_with("#token=" + text(caller, "token")));
}

TEST_F(LinksTest, KeepTheOwnerFromBeingRemovedOrSilenced) {
  const std::string co_token = text(co_host_, "token");
  expect_the_owner_stays(call("POST", person(owner_, "/kick"), "", co_token));
  expect_the_owner_stays(call("POST", person(owner_, "/kick"), R"({"ban":true})", co_token));
  expect_the_owner_stays(call("PATCH", person(owner_, ""), R"({"muted":true})", co_token));
  expect_the_owner_stays(call("PATCH", person(owner_, ""), R"({"volume":0})", co_token));
  expect_the_owner_stays(call("PATCH", person(owner_, ""), R"({"username":"Nobody"})", co_token));
  expect_the_owner_stays(call("POST", person(owner_, "/toggle-on-air"), "", co_token));
  EXPECT_EQ(call("PATCH", person(owner_, ""), R"({"volume":80})", co_token).status, 200);
  EXPECT_EQ(call("PATCH", person(owner_, ""), R"({"muted":true})", owner_token_).status, 200);
  EXPECT_EQ(call("PATCH", person(owner_, ""), R"({"muted":false})", co_token).status, 200);
  EXPECT_EQ(call("POST", person(owner_, "/kick")).status, 409) << "by nobody at all";
  EXPECT_EQ(call("POST", person(text(co_host_, "participantId"), "/kick"), "", owner_token_).status,
            200);
  const auto people = json::parse(call("GET", "/shows/" + show_ + "/participants").body).as_array();
  for (const json::value& person : people) {
    EXPECT_EQ(person.at("isOwner").as_bool(), person.at("participantId") == json::value(owner_));
  }
}

TEST_F(LinksTest, SeatAnOwnerAgainWhomAnOlderProgramRemoved) {
  const store::Key key{store::Collection::kParticipants, show_, owner_};
  json::object body = (*store.get(key))->body;
  body["isKicked"] = true;
  store::Write write;
  write.puts.push_back({key, std::move(body), std::nullopt});
  ASSERT_TRUE(store.commit(write).has_value());
  EXPECT_EQ(call("GET", "/shows/" + show_ + "/me", "", owner_token_).status, 403);
  restart();
  EXPECT_EQ(call("GET", "/shows/" + show_ + "/me", "", text(links(), "hostToken")).status, 200);
}

TEST_F(LinksTest, AreRotatedSoThatEarlierInvitationsAreRefused) {
  const std::string old = text(links(), "callerToken");
  const auto seat = json(join_from("192.0.2.7", old));
  EXPECT_EQ(call("POST", "/shows/" + show_ + "/links/rotate", "", text(seat, "token")).status, 403);
  const auto rotated = json(call("POST", "/shows/" + show_ + "/links/rotate", "", owner_token_));
  const Response refused = join_from("192.0.2.7", old);
  EXPECT_EQ(refused.status, 401);
  EXPECT_NE(refused.body.find("replaced by a new one"), std::string::npos);
  EXPECT_EQ(join_from("192.0.2.7", text(rotated, "callerToken")).status, 201);
  EXPECT_EQ(join_from("192.0.2.7", text(links(), "callerToken")).status, 201);
  EXPECT_EQ(call("GET", "/shows/" + show_ + "/me", "", text(seat, "token")).status, 200)
      << "seats that are taken keep working";
}

TEST_F(LinksTest, DoNotLetABannedPersonBackInFromWhereTheyWere) {
  const std::string invitation = text(links(), "callerToken");
  const auto seat = json(join_from("192.0.2.7", invitation));
  EXPECT_EQ(call("POST", person(text(seat, "participantId"), "/kick")).status, 200);
  EXPECT_EQ(join_from("192.0.2.7", invitation).status, 201) << "a kick is for the seat alone";
  EXPECT_EQ(call("POST", person(text(seat, "participantId"), "/kick"), R"({"ban":true})").status,
            200);
  const Response refused = join_from("192.0.2.7", invitation);
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find("removed from this show"), std::string::npos);
  EXPECT_EQ(join_from("192.0.2.8", invitation).status, 201);
  EXPECT_EQ(call("POST", "/shows/" + show_ + "/caller-tokens", R"({"username":"By name"})").status,
            201);
}

TEST_F(LinksTest, SayInTheLogThatSomebodyWasBannedWhenThatComesAfterTheKick) {
  const auto seat = json(join_from("192.0.2.7", text(links(), "callerToken")));
  const std::string id = text(seat, "participantId");
  const auto told = [&] {
    std::vector<std::string> kinds;
    const auto log = json(call("GET", "/shows/" + show_ + "/events"));
    for (const json::value& event : log.at("events").as_array()) {
      const json::value* whose = event.at("data").as_object().if_contains("participantId");
      if (whose == nullptr || *whose != json::value(id)) continue;
      if (event.at("kind") != "participant_joined")
        kinds.push_back(text(event.as_object(), "kind"));
    }
    return kinds;
  };
  call("POST", person(id, "/leave"));
  call("POST", person(id, "/kick"));
  EXPECT_EQ(told().back(), "participant_kicked");
  call("POST", person(id, "/kick"), R"({"ban":true})");
  EXPECT_EQ(told().back(), "participant_banned");
  const std::size_t count = told().size();
  call("POST", person(id, "/kick"), R"({"ban":true})");
  call("POST", person(id, "/kick"));
  EXPECT_EQ(told().size(), count) << "nothing has changed";
}

TEST_F(LinksTest, BanEveryAddressThatThePersonCalledFrom) {
  const std::string show = make_live_show();
  const std::string invitation =
      text(json(call("GET", "/shows/" + show + "/links")), "callerToken");
  const auto seat = join(show, "Ann");
  Request offer = request("POST", "/whip/" + show, "v=0\r\n", seat.second);
  offer.headers.back() = {"Content-Type", "application/sdp"};
  offer.remote_address = "2001:db8:1:2::7";
  (void)send(offer);
  call("POST", "/shows/" + show + "/participants/" + seat.first + "/kick", R"({"ban":true})");
  Request again = request("POST", "/shows/" + show + "/join", R"({"username":"X"})", invitation);
  again.remote_address = "2001:db8:1:2::8";
  EXPECT_EQ(send(again).status, 403) << "the same network";
  again.remote_address = "2001:db8:1:3::8";
  EXPECT_EQ(send(again).status, 201);
  const auto stored = *store.get({store::Collection::kParticipants, show, seat.first});
  EXPECT_EQ(json::serialize(stored->body).find("2001:db8"), std::string::npos)
      << "addresses aren't kept";
}

TEST_F(LinksTest, LetEverybodyInAgainWhenBansAreLifted) {
  const std::string invitation = text(links(), "callerToken");
  const auto seat = json(join_from("198.51.100.1", invitation));
  const std::string id = text(seat, "participantId");
  EXPECT_EQ(json(call("POST", person(id, "/kick"), R"({"ban":true})")).at("banned"), true);
  EXPECT_EQ(join_from("198.51.100.1", invitation).status, 403);
  EXPECT_EQ(links().at("bans"), 1);
  const std::string bans = "/shows/" + show_ + "/bans";
  EXPECT_EQ(call("DELETE", bans, "", text(seat, "token")).status, 403);
  EXPECT_EQ(call("DELETE", bans).status, 204);
  EXPECT_EQ(call("DELETE", bans).status, 204) << "of none";
  EXPECT_EQ(join_from("198.51.100.1", invitation).status, 201);
  EXPECT_EQ(links().at("bans"), 0);
  EXPECT_EQ(call("GET", "/shows/" + show_ + "/me", "", text(seat, "token")).status, 403)
      << "who was removed stays removed";
}

TEST_F(LinksTest, SayWhenNoAddressIsKnownThatCouldBeKeptOut) {
  const auto seat =
      json(call("POST", "/shows/" + show_ + "/caller-tokens", R"({"username":"Carl"})"));
  const std::string kick = person(text(seat, "participantId"), "/kick");
  EXPECT_EQ(json(call("POST", kick, R"({"ban":true})")).at("banned"), false);
  const auto other =
      json(call("POST", "/shows/" + show_ + "/caller-tokens", R"({"username":"Dora"})"));
  call("GET", "/shows/" + show_ + "/me", "", text(other, "token"));
  EXPECT_EQ(json(call("POST", person(text(other, "participantId"), "/kick"), R"({"ban":true})"))
                .at("banned"),
            true)
      << "their page was open";
}

TEST_F(LinksTest, WriteNothingForALookAtOnesSeatFromYetAnotherAddress) {
  const auto seat =
      json(call("POST", "/shows/" + show_ + "/caller-tokens", R"({"username":"Eve"})"));
  const store::Key key{store::Collection::kParticipants, show_, text(seat, "participantId")};
  const auto look_from = [&](const std::string& address) {
    Request r = request("GET", "/shows/" + show_ + "/me", "", text(seat, "token"));
    r.remote_address = address;
    EXPECT_EQ(send(r).status, 200);
    return (*store.get(key))->version;
  };
  const std::int64_t version = look_from("198.51.100.1");
  for (int i = 2; i < 20; ++i) {
    EXPECT_EQ(look_from("198.51.100." + std::to_string(i)), version);
  }
}

TEST_F(LinksTest, TakeATokenFromTheQueryWhereNoHeaderHasOne) {
  const std::string path = "/shows/" + show_ + "/me?token=";
  EXPECT_EQ(call("GET", path + owner_token_, "", "").status, 200);
  EXPECT_EQ(call("GET", path + "x.y.z", "", "").status, 401);
  EXPECT_EQ(call("GET", path + "x.y.z", "", owner_token_).status, 200)
      << "the header's comes first";
}

}  // namespace
}  // namespace shelcaster::control
