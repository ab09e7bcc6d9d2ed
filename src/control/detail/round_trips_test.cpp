#include <gtest/gtest.h>

#include <set>

#include "control/detail/embedded.hpp"
#include "control/detail/front.hpp"
#include "control/hooked_store_for_tests.hpp"
#include "control/test_world.hpp"

// What each endpoint asks of the store: in round trips, since one that is far away takes
// milliseconds for each, and the one that is near holds up everybody else meanwhile.
namespace shelcaster::control::detail {
namespace {

namespace json = boost::json;

enum class By { kAdmin, kHost, kCaller, kInvited, kNobody };

struct Row {
  std::string method;
  std::string pattern;
  By by;
  int reads;
  int commits;
  std::string body = {};
  std::string target = {};  // where the pattern's names don't say what is meant
};

/// Every request has a Front that knows nothing, on a show on the air with a guest, a queue of
/// three tracks, an output and a recording. What Runners read by a ring isn't counted.
class RoundTripsWorld : public TestWorld {
 public:
  RoundTripsWorld() {
    show = make_show();
    admin("POST", "/shows/" + show + "/start");
    connect(show);
    report_running(show);
    idle = make_show();
    const json::object links = TestWorld::json(admin("GET", "/shows/" + show + "/links"));
    host_token = text(links, "hostToken");
    invitation = text(links, "callerToken");
    std::tie(person, caller_token) = join(show, "Ada");
    sit_down(show, caller_token);
    list = text(TestWorld::json(admin("POST", "/tracklists", R"({"title":"L"})")), "tracklistId");
    for (int i = 0; i < 3; ++i) {
      track = text(TestWorld::json(admin("POST", "/tracks", R"({"url":"https://example.org/a"})")),
                   "trackId");
      const Response queued =
          admin("POST", "/shows/" + show + "/queue", R"({"trackId":")" + track + "\"}");
      item = text(TestWorld::json(queued).at("items").as_array().back().as_object(), "itemId");
      items += (items.empty() ? "\"" : ",\"") + item + "\"";
    }
    admin("PUT", "/tracklists/" + list + "/tracks", R"({"trackIds":[")" + track + "\"]}");
    admin("PUT", "/shows/" + show + "/outputs/rtmp", R"({"url":"rtmp://example.org/a/b"})");
    session = text(TestWorld::json(admin("POST", "/sessions", R"({"showId":")" + show + "\"}")),
                   "sessionId");
    Recording recording;
    recording.id = "rec-1";
    recording.files = {{"programme.aac", 100}};
    recordings.of_show[show] = {recording};
  }

  void handle(Request r, Respond respond) override {
    Core core = embedded.make_core_on(counted);
    Front(embedded.desk_with(core)).handle(std::move(r), std::move(respond));
  }
  void handle_link(const studio::ShowId& of, const link::KeeperToServe& message) override {
    embedded.handle_link(of, message);
  }

  Response admin(const std::string& method, const std::string& target,
                 const std::string& body = "") {
    return call(method, target, body);
  }
  std::string token_of(By by) const {
    switch (by) {
      case By::kAdmin:
        return "admin-secret";
      case By::kHost:
        return host_token;
      case By::kCaller:
        return caller_token;
      case By::kInvited:
        return invitation;
      case By::kNobody:
        break;
    }
    return {};
  }
  std::string filled(std::string in) const {
    const std::pair<std::string, std::string> names[] = {
        {"{showId}", show},         {"{idle}", idle},        {"{participantId}", person},
        {"{callerId}", person},     {"{itemId}", item},      {"{items}", items},
        {"{trackId}", track},       {"{tracklistId}", list}, {"{recordingId}", "rec-1"},
        {"{file}", "programme.aac"}};
    for (const auto& [name, value] : names) {
      for (std::size_t at = in.find(name); at != std::string::npos; at = in.find(name)) {
        in.replace(at, name.size(), value);
      }
    }
    const std::string own = in.starts_with("/sessions") ? session : "sess-none";
    const std::string name = "{sessionId}";
    if (const std::size_t at = in.find(name); at != std::string::npos) {
      in.replace(at, name.size(), own);
    }
    return in;
  }
  Response ask(const Row& row) {
    const std::string target = filled(row.target.empty() ? row.pattern : row.target);
    Request r = request(row.method, target, filled(row.body), token_of(row.by));
    if (row.pattern.starts_with("/whip") || row.pattern.starts_with("/whep")) {
      const bool is_offer = row.method == "POST";
      r.body = row.body;
      if (!row.body.empty()) {
        r.headers.back() = {"Content-Type",
                            is_offer ? "application/sdp" : "application/trickle-ice-sdpfrag"};
      }
    }
    counted.trips = {};
    return send(std::move(r));
  }

  HookedStore counted{store};
  Embedded embedded{config, ApiPorts{store, stages, media, viewers, processes, alarms, recordings,
                                     show_files, clock, random}};
  std::string show, idle, person, item, items, track, list, session;
  std::string host_token, caller_token, invitation;
};

std::vector<Row> rows() {
  using enum By;
  const std::string s = "/shows/{showId}";
  const std::string p = s + "/participants/{participantId}";
  return {
      {"GET", "/healthz", kNobody, 0, 0},
      {"GET", "/metrics", kAdmin, 3, 0},
      {"POST", "/shows", kAdmin, 0, 1, R"({"title":"T"})"},
      {"GET", "/shows", kHost, 2, 0},
      {"GET", s, kHost, 1, 0},
      {"PATCH", s, kHost, 2, 1, R"({"title":"T","tracklistId":"{tracklistId}"})"},
      {"DELETE", s, kAdmin, 24, 2, "", "/shows/{idle}"},
      {"GET", s + "/public", kNobody, 1, 0},
      {"GET", s + "/me", kCaller, 2, 0},
      {"PATCH", s + "/me", kCaller, 2, 1, R"({"selfMuted":true})"},
      {"POST", s + "/start", kAdmin, 2, 1, "", "/shows/{idle}/start"},
      {"POST", s + "/stop", kHost, 1, 1},
      {"GET", s + "/status", kHost, 2, 0},
      {"GET", s + "/health", kHost, 2, 0},
      {"POST", s + "/composition/start", kAdmin, 2, 1, "", "/shows/{idle}/composition/start"},
      {"POST", s + "/composition/stop", kHost, 1, 1},
      {"GET", s + "/composition/health", kHost, 2, 0},
      {"POST", s + "/start-composition", kAdmin, 2, 1, "", "/shows/{idle}/start-composition"},
      {"POST", s + "/stop-composition", kHost, 1, 1},
      {"GET", s + "/composition-status", kHost, 2, 0},
      {"GET", s + "/links", kHost, 1, 0},
      {"POST", s + "/links/rotate", kHost, 1, 1},
      {"DELETE", s + "/bans", kHost, 1, 0},
      {"POST", s + "/join", kInvited, 2, 1, R"({"username":"Bob"})"},
      {"POST", s + "/caller-tokens", kHost, 2, 1, R"({"username":"Bob"})"},
      {"POST", s + "/host-tokens", kHost, 2, 1, R"({"username":"Bob"})"},
      {"GET", s + "/participants", kHost, 2, 0},
      {"PATCH", p, kHost, 2, 1, R"({"volume":50})"},
      {"DELETE", p + "/name", kHost, 2, 1},
      {"POST", p + "/kick", kHost, 2, 1, R"({"ban":true})"},
      {"POST", p + "/leave", kCaller, 1, 1},
      {"POST", p + "/toggle-on-air", kHost, 2, 1},
      {"POST", s + "/callers/{callerId}/toggle-on-air", kHost, 2, 1},
      {"GET", s + "/audio-routing", kHost, 2, 0},
      {"PUT", s + "/audio-routing", kHost, 2, 1, R"({"masterVolume":50})"},
      {"POST", s + "/audio-routing/reset", kHost, 2, 1},
      {"POST", s + "/silence", kHost, 1, 1, R"({"seconds":5})"},
      {"GET", s + "/deck", kHost, 2, 0},
      {"POST", s + "/deck/commands", kHost, 3, 1, R"({"command":"PLAY","itemId":"{itemId}"})"},
      {"GET", s + "/queue", kHost, 3, 0},
      {"PUT", s + "/queue", kHost, 3, 1, R"({"itemIds":[{items}]})"},
      {"POST", s + "/queue", kHost, 5, 1, R"({"tracklistId":"{tracklistId}"})"},
      {"DELETE", s + "/queue/{itemId}", kHost, 3, 1},
      {"GET", s + "/outputs", kHost, 2, 0},
      {"PUT", s + "/outputs/rtmp", kHost, 2, 1, R"({"url":"rtmp://example.org/a/c"})"},
      {"DELETE", s + "/outputs/rtmp", kHost, 2, 1},
      {"GET", s + "/recordings", kHost, 1, 0},
      {"GET", s + "/recordings/{recordingId}/{file}", kHost, 1, 0},
      {"DELETE", s + "/recordings/{recordingId}", kHost, 1, 1},
      {"GET", s + "/events", kHost, 3, 0},
      {"POST", "/tracks", kHost, 2, 1, R"({"url":"https://example.org/b"})"},
      {"GET", "/tracks", kHost, 4, 0},
      {"GET", "/tracks/{trackId}", kHost, 2, 0},
      {"PATCH", "/tracks/{trackId}", kAdmin, 3, 1, R"({"title":"T"})"},
      {"DELETE", "/tracks/{trackId}", kAdmin, 7, 1},
      {"POST", "/tracklists", kHost, 2, 1, R"({"title":"T"})"},
      {"GET", "/tracklists", kHost, 4, 0},
      {"GET", "/tracklists/{tracklistId}", kHost, 2, 0},
      {"PATCH", "/tracklists/{tracklistId}", kAdmin, 1, 1, R"({"title":"T"})"},
      {"DELETE", "/tracklists/{tracklistId}", kAdmin, 2, 1},
      {"PUT", "/tracklists/{tracklistId}/tracks", kAdmin, 3, 1, R"({"trackIds":["{trackId}"]})"},
      {"POST", "/sessions", kHost, 2, 1, R"({"showId":"{showId}"})"},
      {"GET", "/sessions/{sessionId}", kHost, 3, 0},
      {"DELETE", "/sessions/{sessionId}", kHost, 3, 1},
      {"POST", "/sessions/{sessionId}/program/commands", kHost, 8, 1,
       R"({"command":"PLAY_MEDIA","program_url":"https://example.org/c"})"},
      {"POST", "/whip/{showId}", kCaller, 1, 0, "v=0\r\n"},
      {"PATCH", "/whip/{showId}/{sessionId}", kNobody, 1, 0, "a=ice-ufrag:abcd\r\n"},
      {"DELETE", "/whip/{showId}/{sessionId}", kNobody, 1, 0},
      {"GET", "/whip/{showId}/{sessionId}", kNobody, 1, 0},
      {"POST", "/whep/{showId}", kNobody, 1, 0, "v=0\r\n"},
      {"PATCH", "/whep/{showId}/{sessionId}", kNobody, 1, 0, "a=ice-ufrag:abcd\r\n"},
      {"DELETE", "/whep/{showId}/{sessionId}", kNobody, 1, 0},
      {"GET", "/whep/{showId}/{sessionId}", kNobody, 1, 0},
  };
}

TEST(RoundTrips, AreAsFewAsWrittenHereForEachEndpoint) {
  std::set<std::string> seen;
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.method + " " + row.pattern);
    RoundTripsWorld world;
    const Response response = world.ask(row);
    EXPECT_LT(response.status, 300) << response.body;
    EXPECT_EQ(world.counted.trips, (HookedStore::Trips{row.reads, row.commits}));
    seen.insert(row.method + " " + row.pattern);
  }
  for (const Route& route : routes()) {
    const std::string name = std::string(route.method) + " " + std::string(route.pattern);
    EXPECT_TRUE(seen.contains(name)) << name << " has no row";
  }
}

}  // namespace
}  // namespace shelcaster::control::detail
