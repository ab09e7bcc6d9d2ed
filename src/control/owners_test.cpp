#include <gtest/gtest.h>

#include "control/test_world.hpp"

namespace shelcaster::control {
namespace {

namespace json = boost::json;

class OwnersTest : public testing::Test, public TestWorld {
 protected:
  struct Station {
    std::string show, host;
  };
  Station make_station() {
    Station made;
    made.show = make_show();
    made.host = text(json(call("GET", "/shows/" + made.show + "/links")), "hostToken");
    return made;
  }
  std::string make_track(const std::string& token, const std::string& url = "https://a.example/x") {
    return text(json(call("POST", "/tracks", R"({"url":")" + url + "\"}", token)), "trackId");
  }
  std::string make_list(const std::string& token) {
    return text(json(call("POST", "/tracklists", R"({"title":"L"})", token)), "tracklistId");
  }
  std::set<std::string> seen(const std::string& what, const std::string& token) {
    std::set<std::string> ids;
    const auto answer = json(call("GET", "/" + what, "", token));
    for (const json::value& one : answer.at(what).as_array()) {
      ids.insert(text(one.as_object(), what == "tracks" ? "trackId" : "tracklistId"));
    }
    return ids;
  }
  /// As a database of a program that knew no owners has it.
  void forget_owner(store::Collection collection, const std::string& id) {
    const store::Key key{collection, "", id};
    json::object body = (*store.get(key))->body;
    body.erase("owner");
    store::Write write;
    write.puts.push_back({key, std::move(body), std::nullopt});
    ASSERT_TRUE(store.commit(write).has_value());
  }
  std::string owner(const std::string& path) { return text(json(call("GET", path)), "owner"); }

  Station one_ = make_station();
  Station two_ = make_station();
};

TEST_F(OwnersTest, AsksForRoomForAnUploadInTheNameOfWhoseItIs) {
  const auto [show, host] = make_station();
  Request by_host = request("POST", "/tracks", "", host);
  by_host.headers.emplace_back("Content-Type", "audio/mpeg");
  by_host.headers.emplace_back("Content-Length", "1000");
  EXPECT_EQ(std::get<BodyPolicy>(api->body_policy(by_host)).owner, show);
  Request by_admin = request("POST", "/tracks");
  by_admin.headers.emplace_back("Content-Type", "audio/mpeg");
  EXPECT_EQ(std::get<BodyPolicy>(api->body_policy(by_admin)).owner, "");
  // Without a length it is looked at as it comes.
  EXPECT_EQ(media.room_asked,
            (std::vector<std::pair<std::string, std::uint64_t>>{{show, 1'000}, {"", 0}}));
}

TEST_F(OwnersTest, GiveAHostTheirOwnThingsAndTheStationsAndNoOthers) {
  const std::string mine = make_track(one_.host);
  const std::string theirs = make_track(two_.host);
  const std::string stations = make_track("admin-secret");
  EXPECT_EQ(seen("tracks", one_.host), (std::set{mine, stations}));
  EXPECT_EQ(seen("tracks", two_.host), (std::set{theirs, stations}));
  EXPECT_EQ(seen("tracks", "admin-secret"), (std::set{mine, theirs, stations}));
  EXPECT_EQ(owner("/tracks/" + mine), one_.show);
  EXPECT_EQ(owner("/tracks/" + stations), "station");
  for (const auto& [method, body] :
       {std::pair("GET", ""), {"PATCH", R"({"title":"hijacked"})"}, {"DELETE", ""}}) {
    EXPECT_EQ(call(method, "/tracks/" + theirs, body, one_.host).status, 404) << method;
  }
  EXPECT_EQ(call("PATCH", "/tracks/" + stations, R"({"title":"x"})", one_.host).status, 403);
  EXPECT_EQ(call("DELETE", "/tracks/" + stations, "", one_.host).status, 403);
  EXPECT_EQ(call("PATCH", "/tracks/" + mine, R"({"title":"x"})", one_.host).status, 200);
  EXPECT_EQ(call("DELETE", "/tracks/" + mine, "", one_.host).status, 204);
}

TEST_F(OwnersTest, LetAShowPlayItsOwnAndTheStationsTracks) {
  const std::string mine = make_track(one_.host);
  const std::string theirs = make_track(two_.host);
  const std::string stations = make_track("admin-secret");
  const auto queue = [&](const std::string& track) {
    return call("POST", "/shows/" + one_.show + "/queue", R"({"trackId":")" + track + "\"}",
                one_.host)
        .status;
  };
  EXPECT_EQ(queue(mine), 201);
  EXPECT_EQ(queue(stations), 201);
  EXPECT_EQ(queue(theirs), 422);
  const std::string list = make_list(one_.host);
  const auto fill = [&](const std::string& track, const std::string& token) {
    return call("PUT", "/tracklists/" + list + "/tracks", R"({"trackIds":[")" + track + "\"]}",
                token)
        .status;
  };
  EXPECT_EQ(fill(theirs, one_.host), 422);
  EXPECT_EQ(fill(mine, two_.host), 404);
  EXPECT_EQ(fill(mine, one_.host), 200);
  EXPECT_EQ(call("DELETE", "/tracklists/" + list, "", two_.host).status, 404);
  EXPECT_EQ(call("PATCH", "/shows/" + two_.show, R"({"tracklistId":")" + list + "\"}").status, 422);
  EXPECT_EQ(call("PATCH", "/shows/" + one_.show, R"({"tracklistId":")" + list + "\"}").status, 200);
  const std::string general = make_list("admin-secret");
  EXPECT_EQ(
      call("PUT", "/tracklists/" + general + "/tracks", R"({"trackIds":[")" + mine + "\"]}").status,
      422)
      << "what is for every show has no track of one";
  EXPECT_EQ(call("PATCH", "/tracklists/" + general, R"({"title":"x"})", one_.host).status, 403);
}

TEST_F(OwnersTest, MergeWhatASessionPlaysWithinOneShowOnly) {
  const auto play = [&](const Station& station, const std::string& url) {
    const auto session =
        json(call("POST", "/sessions", R"({"showId":")" + station.show + "\"}", station.host));
    return call("POST", "/sessions/" + text(session, "sessionId") + "/program/commands",
                R"({"command":"PLAY_MEDIA","program_url":")" + url + "\"}", station.host)
        .status;
  };
  const std::string url = "https://a.example/song.mp3";
  EXPECT_EQ(play(one_, url), 200);
  EXPECT_EQ(play(one_, url), 200);
  EXPECT_EQ(seen("tracks", one_.host).size(), 1U);
  EXPECT_EQ(play(two_, url), 200);
  EXPECT_EQ(seen("tracks", two_.host).size(), 1U);
  EXPECT_EQ(seen("tracks", "admin-secret").size(), 2U);
  const std::string theirs = *seen("tracks", two_.host).begin();
  EXPECT_EQ(play(one_, "/tracks/" + theirs), 422);
  EXPECT_EQ(play(one_, "/tracks/" + make_track("admin-secret")), 200);
}

TEST_F(OwnersTest, AreDecidedForADatabaseThatKnewNone) {
  const std::string queued_by_one = make_track(one_.host);
  const std::string queued_by_both = make_track("admin-secret");
  const std::string unused = make_track(one_.host);
  const std::string in_list_of_one = make_track(one_.host);
  const std::string list_of_one = make_list(one_.host);
  const std::string unused_list = make_list(one_.host);
  const auto queue = [&](const Station& station, const std::string& track) {
    call("POST", "/shows/" + station.show + "/queue", R"({"trackId":")" + track + "\"}");
  };
  queue(one_, queued_by_one);
  queue(one_, queued_by_both);
  queue(two_, queued_by_both);
  call("PUT", "/tracklists/" + list_of_one + "/tracks",
       R"({"trackIds":[")" + in_list_of_one + "\"]}");
  call("PATCH", "/shows/" + one_.show, R"({"tracklistId":")" + list_of_one + "\"}");
  for (const std::string& id : {queued_by_one, queued_by_both, unused, in_list_of_one}) {
    forget_owner(store::Collection::kTracks, id);
  }
  for (const std::string& id : {list_of_one, unused_list}) {
    forget_owner(store::Collection::kTracklists, id);
  }
  restart();
  EXPECT_EQ(owner("/tracks/" + queued_by_one), one_.show);
  EXPECT_EQ(owner("/tracks/" + queued_by_both), "station");
  EXPECT_EQ(owner("/tracks/" + unused), "station");
  EXPECT_EQ(owner("/tracks/" + in_list_of_one), one_.show);
  EXPECT_EQ(owner("/tracklists/" + list_of_one), one_.show);
  EXPECT_EQ(owner("/tracklists/" + unused_list), "station");
  restart();
  EXPECT_EQ(owner("/tracks/" + unused), "station") << "decided once";
}

TEST_F(OwnersTest, AreDecidedBesideWhatCannotBeRead) {
  const auto spoil = [&](const store::Key& key, const std::string& field) {
    json::object body = (*store.get(key))->body;
    body[field] = 7;
    ASSERT_TRUE(store.commit({{{key, body, {}}}, {}, {}, {}}).has_value());
  };
  const auto seat_of_owner = [&](const Station& station) {
    return store::Key{store::Collection::kParticipants, station.show,
                      text(json(call("GET", "/shows/" + station.show)), "hostUserId")};
  };
  const std::string bad = make_track(one_.host);
  const std::string good = make_track(one_.host);
  const std::string bad_list = make_list(one_.host);
  const std::string good_list = make_list(one_.host);
  call("POST", "/shows/" + one_.show + "/queue", R"({"trackId":")" + good + "\"}");
  call("PATCH", "/shows/" + one_.show, R"({"tracklistId":")" + good_list + "\"}");
  for (const std::string& id : {bad, good}) forget_owner(store::Collection::kTracks, id);
  for (const std::string& id : {bad_list, good_list}) {
    forget_owner(store::Collection::kTracklists, id);
  }
  spoil({store::Collection::kTracks, "", bad}, "status");
  spoil({store::Collection::kTracklists, "", bad_list}, "title");
  const json::object bad_before = (*store.get({store::Collection::kTracks, "", bad}))->body;
  // The first show's owner can't be read; the other's was removed, as an older program let one be.
  spoil(seat_of_owner(one_), "role");
  json::object kicked = (*store.get(seat_of_owner(two_)))->body;
  kicked["isKicked"] = true;
  ASSERT_TRUE(store.commit({{{seat_of_owner(two_), kicked, {}}}, {}, {}, {}}).has_value());
  restart();
  EXPECT_EQ(owner("/tracks/" + good), one_.show);
  EXPECT_EQ(owner("/tracklists/" + good_list), one_.show);
  EXPECT_EQ(call("GET", "/shows/" + two_.show + "/me", "", two_.host).status, 200);
  EXPECT_EQ((*store.get({store::Collection::kTracks, "", bad}))->body, bad_before);
}

TEST_F(OwnersTest, AreChangedByAnAdminAlone) {
  const std::string track = make_track(one_.host);
  const std::string move = R"({"owner":")" + two_.show + "\"}";
  EXPECT_EQ(call("PATCH", "/tracks/" + track, move, one_.host).status, 422);
  EXPECT_EQ(call("PATCH", "/tracks/" + track, R"({"owner":"show-none"})").status, 422);
  EXPECT_EQ(text(json(call("PATCH", "/tracks/" + track, move)), "owner"), two_.show);
  EXPECT_EQ(call("GET", "/tracks/" + track, "", one_.host).status, 404);
  EXPECT_EQ(text(json(call("PATCH", "/tracks/" + track, R"({"owner":"station"})")), "owner"),
            "station");
}

TEST_F(OwnersTest, TakeATrackFromTheShowsThatHaveItQueuedWhenItBecomesAnothers) {
  const std::string track = make_track("admin-secret");
  const std::string other = make_track("admin-secret");
  const std::string list = make_list("admin-secret");
  call("PUT", "/tracklists/" + list + "/tracks",
       R"({"trackIds":[")" + track + R"(",")" + other + "\"]}");
  const auto queue = [&](const std::string& body) {
    return call("POST", "/shows/" + one_.show + "/queue", body, one_.host);
  };
  const Response queued = queue(R"({"tracklistId":")" + list + "\"}");
  const std::string item = text(json(queued).at("items").at(0).as_object(), "itemId");
  call("POST", "/shows/" + one_.show + "/start");
  connect(one_.show);
  report_running(one_.show);
  const auto told = [&] { return stages.last("desired").at("queue").as_array().size(); };
  ASSERT_EQ(told(), 2U);
  const auto move = [&](const std::string& owner) {
    EXPECT_EQ(call("PATCH", "/tracks/" + track, R"({"owner":")" + owner + "\"}").status, 200);
  };
  move(two_.show);
  ASSERT_EQ(told(), 1U) << "at once";
  EXPECT_EQ(stages.last("desired").at("queue").at(0).at("trackId"), json::value(other));
  const auto seen = json(call("GET", "/shows/" + one_.show + "/queue", "", one_.host));
  EXPECT_EQ(seen.at("items").at(0).at("title"), "");
  EXPECT_EQ(seen.at("items").at(0).at("status"), "FAILED");
  EXPECT_EQ(call("POST", "/shows/" + one_.show + "/deck/commands",
                 R"({"command":"PLAY","itemId":")" + item + "\"}", one_.host)
                .status,
            422);
  EXPECT_EQ(json(queue(R"({"tracklistId":")" + list + "\"}")).at("items").as_array().size(), 3U)
      << "the list's other track alone";
  call("PATCH", "/shows/" + two_.show, R"({"tracklistId":")" + list + "\"}");
  move(one_.show);
  EXPECT_EQ(told(), 3U) << "it is this show's again";
  call("POST", "/shows/" + two_.show + "/start");
  EXPECT_EQ(json(call("GET", "/shows/" + two_.show + "/queue")).at("items").as_array().size(), 1U)
      << "of its list, what it may play";
}

TEST_F(OwnersTest, ShowWhereATrackCameFromWithoutItsSecrets) {
  const std::string track =
      make_track(one_.host, "https://user:pa55w0rd@a.example/a%20b.mp3?X-Amz-Signature=SECRET");
  const Response seen = call("GET", "/tracks/" + track, "", one_.host);
  EXPECT_EQ(text(json(seen), "source"), "https://***@a.example/a%20b.mp3?X-Amz-Signature=***");
  EXPECT_EQ(text(json(seen), "title"), "a b");
  EXPECT_EQ(media.jobs.back().url,
            "https://user:pa55w0rd@a.example/a%20b.mp3?X-Amz-Signature=SECRET");
  const std::string bare = make_track(one_.host, "https://user:pa55w0rd@a.example");
  EXPECT_EQ(call("GET", "/tracks/" + bare, "", one_.host).body.find("pa55w0rd"), std::string::npos)
      << "nor in its title";
}

TEST_F(OwnersTest, RefuseTitlesThatMisleadAndCleanThoseOfFiles) {
  const std::string track = make_track(one_.host, "https://a.example/x%1b%E2%80%AEy.mp3");
  EXPECT_EQ(text(json(call("GET", "/tracks/" + track)), "title"), "xy");
  for (const char* title : {R"("a\u202eb")", R"("\u200b\u200b")", R"("a\u0007")"}) {
    const Response refused =
        call("PATCH", "/tracks/" + track, std::string(R"({"title":)") + title + "}");
    EXPECT_EQ(refused.status, 422) << title;
    EXPECT_NE(refused.body.find("/title"), std::string::npos);
  }
  ImportProgress ready;
  ready.track_id = studio::TrackId(track);
  ready.state = ImportProgress::State::kReady;
  ready.title = "Red\x1b[31m\nnews\xe2\x80\xae";
  api->handle_import(ready);
  EXPECT_EQ(text(json(call("GET", "/tracks/" + track)), "title"), "Red[31m news");
}

}  // namespace
}  // namespace shelcaster::control
