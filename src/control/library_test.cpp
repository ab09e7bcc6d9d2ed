#include <gtest/gtest.h>

#include <fmt/format.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/thread_cost_for_tests.hpp"
#include "control/test_world.hpp"
#include "store/documents.hpp"

// A library in pages, and what it costs the control thread when it is full, whoever owns it.
namespace shelcaster::control {
namespace {

namespace json = boost::json;
using shelcaster::testing::cost_us;
using shelcaster::testing::kCostFactor;

class LibraryTest : public ::testing::Test, public TestWorld {
 protected:
  static constexpr double kCostUsMax = 15'000;
  static constexpr std::size_t kAnswerBytesMax = std::size_t{256} * 1024;

  std::string host_of(const std::string& show) {
    return text(json(call("GET", "/shows/" + show + "/links")), "hostToken");
  }
  std::string make_list(const std::string& token, const std::string& title = "L") {
    return text(json(call("POST", "/tracklists", R"({"title":")" + title + "\"}", token)),
                "tracklistId");
  }
  static std::string next_of(const Response& response) {
    for (const auto& [name, value] : response.headers) {
      if (name != "Link") continue;
      EXPECT_TRUE(value.starts_with("<") && value.ends_with(">; rel=\"next\"")) << value;
      return value.substr(1, value.find('>') - 1);
    }
    return {};
  }
  /// The ids of all pages; each of them is small.
  std::vector<std::string> ids_of(std::string path, const std::string& name, const std::string& id,
                                  const std::string& token) {
    std::vector<std::string> ids;
    int pages = 0;
    while (!path.empty() && ++pages < 1'000) {
      const Response page = call("GET", path, "", token);
      EXPECT_EQ(page.status, 200) << page.body;
      EXPECT_LE(page.body.size(), kAnswerBytesMax);
      const json::object body = json(page);
      for (const json::value& one : body.at(name).as_array()) {
        ids.emplace_back(one.at(id).as_string());
      }
      path = next_of(page);
    }
    return ids;
  }
  void commit(store::Write& write) {
    ASSERT_TRUE(store.commit(write));
    write = {};
  }
  /// As another process would have written them, owned by `owner`.
  void fill(const std::string& owner, int tracks, int lists, int tracks_of_a_list) {
    store::Write write;
    std::vector<studio::TrackId> ids;
    for (int i = 0; i < tracks; ++i) {
      studio::Track track;
      track.id = studio::TrackId(fmt::format("track-{:012}", i));
      track.title = fmt::format("A song whose title has some words, number {}", i);
      track.artist = "Somebody and the others";
      track.status = studio::TrackStatus::kReady;
      track.source = fmt::format("https://example.org/music/{}.mp3", i);
      track.content_hash = std::string(64, 'a') + std::to_string(i);
      track.owner = studio::ShowId(owner);
      track.created_at = base::WallTime::from_unix_ms(1'000'000 + i / 10);
      ids.push_back(track.id);
      write.puts.push_back(
          {{store::Collection::kTracks, "", track.id.str()}, store::to_document(track), {}});
      if (write.puts.size() == 50) commit(write);
    }
    commit(write);
    for (int i = 0; i < lists; ++i) {
      studio::Tracklist list;
      list.id = studio::TracklistId(fmt::format("tl-{:012}", i));
      list.title = "A list";
      for (int n = 0; n < tracks_of_a_list; ++n) {
        list.track_ids.push_back(ids[static_cast<std::size_t>((i + n) % tracks)]);
      }
      list.owner = studio::ShowId(owner);
      list.created_at = base::WallTime::from_unix_ms(2'000'000 + i);
      write.puts.push_back(
          {{store::Collection::kTracklists, "", list.id.str()}, store::to_document(list), {}});
      commit(write);
    }
    restart();
  }
  void expect_cheap(const std::string& method, const std::string& path, const std::string& token) {
    std::optional<Response> answer;
    const double cost = cost_us([&] { answer = call(method, path, "", token); }, 1, 3);
    EXPECT_LT(answer->status, 500) << path;
    EXPECT_LT(cost, kCostUsMax * kCostFactor) << method << " " << path;
    EXPECT_LE(answer->body.size(), kAnswerBytesMax) << path;
  }
};

TEST_F(LibraryTest, GivesListsInPagesInTheOrderInWhichTheyWereMade) {
  const std::string show = make_show();
  const std::string host = host_of(show);
  const std::string other = host_of(make_show());
  std::vector<std::string> made;
  for (int i = 0; i < 7; ++i) {
    clock.elapsed += std::chrono::milliseconds(i % 2);
    made.push_back(make_list(host));
    make_list(other);
  }
  const auto all = ids_of("/tracklists", "tracklists", "tracklistId", host);
  EXPECT_EQ(std::set(all.begin(), all.end()), std::set(made.begin(), made.end()));
  EXPECT_EQ(ids_of("/tracklists?limit=2", "tracklists", "tracklistId", host), all);
  EXPECT_EQ(ids_of("/tracklists?limit=2", "tracklists", "tracklistId", "admin-secret").size(), 14U);
  const Response first = call("GET", "/tracklists?limit=3", "", host);
  EXPECT_EQ(json(first).at("tracklists").as_array().size(), 3U);
  // Its last one goes before the next page is asked for.
  call("DELETE", "/tracklists/" + all[2], "", host);
  EXPECT_EQ(ids_of(next_of(first), "tracklists", "tracklistId", host),
            std::vector(all.begin() + 3, all.end()));
  EXPECT_EQ(next_of(call("GET", "/tracklists", "", host)), "");
  for (const char* bad : {"limit=0", "limit=1001", "limit=x", "after=", "after=x", "after=1",
                          "after=1.", "after=x.y"}) {
    EXPECT_EQ(call("GET", std::string("/tracklists?") + bad, "", host).status, 422) << bad;
    EXPECT_EQ(call("GET", std::string("/tracks?") + bad, "", host).status, 422) << bad;
  }
}

TEST_F(LibraryTest, ShowsWhatAnotherProcessWroteSoon) {
  const std::string show = make_show();
  const std::string host = host_of(show);
  const std::string list = make_list(host);
  Api another(config, ApiPorts{store, stages, media, viewers, processes, alarms, recordings,
                               show_files, clock, random});
  another.recover();
  const auto listed = [&](Api& where) {
    std::string body;
    where.handle(request("GET", "/tracklists", "", host),
                 [&](const Response& response) { body = response.body; });
    return body.find(list) != std::string::npos;
  };
  EXPECT_TRUE(listed(another));
  call("DELETE", "/tracklists/" + list, "", host);
  EXPECT_FALSE(listed(*api)) << "at once where it was written";
  EXPECT_FALSE(listed(another)) << "and nowhere what isn't there any more";
  clock.elapsed += std::chrono::seconds(11);
  const std::string late = make_list(host, "late");
  clock.elapsed += std::chrono::seconds(11);
  another.handle(request("GET", "/tracklists", "", host), [&](const Response& response) {
    EXPECT_NE(response.body.find(late), std::string::npos);
  });
}

TEST_F(LibraryTest, TakesATrackOutOfTheListsOfAnotherProcessToo) {
  fill("", 20, 3, 10);
  // Behind our back: the index has another version of it.
  const store::Key key{store::Collection::kTracklists, "", "tl-000000000002"};
  auto list = *store::from_document<studio::Tracklist>((*store.get(key))->body);
  list.track_ids = {studio::TrackId("track-000000000019")};
  ASSERT_TRUE(store.commit({{{key, store::to_document(list), {}}}, {}, {}, {}}));
  EXPECT_EQ(call("DELETE", "/tracks/track-000000000019").status, 204);
  EXPECT_EQ(json(call("GET", "/tracklists/tl-000000000002")).at("trackIds"), json::array());
  EXPECT_EQ(call("DELETE", "/tracks/track-000000000000").status, 204);
  EXPECT_EQ(json(call("GET", "/tracklists/tl-000000000000")).at("trackIds").as_array().size(), 9U);
}

TEST_F(LibraryTest, HoldsSoManyTracksInListsAndAQuarterOfThemOfEachShow) {
  config.tracklist_tracks_max = 40;
  fill("", 20, 0, 0);
  const std::string show = make_show();
  const std::string host = host_of(show);
  const auto put = [&](const std::string& list, int tracks, const std::string& token) {
    std::string ids;
    for (int i = 0; i < tracks; ++i) ids += fmt::format(",\"track-{:012}\"", i);
    if (!ids.empty()) ids.erase(0, 1);
    return call("PUT", "/tracklists/" + list + "/tracks", "{\"trackIds\":[" + ids + "]}", token)
        .status;
  };
  const std::string one = make_list(host);
  const std::string two = make_list(host);
  EXPECT_EQ(put(one, 8, host), 200);
  EXPECT_EQ(put(two, 3, host), 409) << "a quarter of 40 is 10";
  EXPECT_EQ(put(two, 2, host), 200);
  EXPECT_EQ(put(one, 9, host), 409);
  EXPECT_EQ(put(one, 7, host), 200) << "fewer may always be";
  EXPECT_EQ(put(make_list("admin-secret"), 20, "admin-secret"), 200) << "the station's";
  EXPECT_EQ(put(make_list("admin-secret"), 12, "admin-secret"), 409) << "all together";
  EXPECT_EQ(put(make_list("admin-secret"), 11, "admin-secret"), 200);
}

TEST_F(LibraryTest, CostsLittleHoweverFullItIsAndWhoeverOwnsIt) {
  const std::string owner = make_show();
  const std::string own = host_of(owner);
  const std::string other = host_of(make_show());
  fill(owner, 4'000, 100, 2'000);
  EXPECT_EQ(ids_of("/tracks", "tracks", "trackId", own).size(), 4'000U);
  EXPECT_EQ(ids_of("/tracklists", "tracklists", "tracklistId", own).size(), 100U);
  EXPECT_EQ(call("GET", "/tracks", "", other).body, "{\"tracks\":[]}");
  for (const char* path : {"/tracks", "/tracklists", "/tracks?limit=1000"}) {
    expect_cheap("GET", path, own);
    expect_cheap("GET", path, other);
    expect_cheap("GET", path, "admin-secret");
  }
  const std::string list = make_list(own);
  std::string ids;
  for (int i = 0; i < 2'000; ++i) ids += fmt::format("{}\"track-{:012}\"", i > 0 ? "," : "", i);
  const auto put = [&](const std::string& tracks) {
    return call("PUT", "/tracklists/" + list + "/tracks", "{\"trackIds\":[" + tracks + "]}", own);
  };
  EXPECT_EQ(put(ids).status, 409) << "this show has its share";
  EXPECT_LT(cost_us([&] { put(ids); }, 1, 3), kCostUsMax * kCostFactor);
  for (std::size_t at = 0; (at = ids.find("track-", at)) != ids.npos;) ids.replace(at, 6, "nobody");
  EXPECT_EQ(put(ids).status, 422);
  EXPECT_LT(cost_us([&] { put(ids); }, 1, 3), kCostUsMax * kCostFactor);
  const std::string lone = "track-000000003999";
  ASSERT_EQ(call("DELETE", "/tracks/" + lone, "", own).status, 204);
  clock.elapsed += std::chrono::seconds(11);
  for (const char* track : {"track-000000003998", "track-000000003997"}) {
    const double cost =
        cost_us([&] { call("DELETE", std::string("/tracks/") + track, "", own); }, 1, 1);
    EXPECT_LT(cost, kCostUsMax * kCostFactor) << "one that is in no list";
  }
}

}  // namespace
}  // namespace shelcaster::control
