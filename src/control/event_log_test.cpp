#include <gtest/gtest.h>

#include <set>
#include <string>

#include "control/test_world.hpp"

// What the event log says, to whom, and what it costs.
namespace shelcaster::control {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

class EventLogTest : public testing::Test, public TestWorld {
 protected:
  /// How many of so many event streams are opened.
  int opened(const std::string& id, const std::string& token, const std::string& address,
             int count) {
    int taken = 0;
    for (int i = 0; i < count; ++i) {
      const auto answer =
          api->subscribe({studio::ShowId(id), token, {}, std::make_shared<FakeSink>(), address});
      taken += std::holds_alternative<SubscriptionId>(answer) ? 1 : 0;
    }
    return taken;
  }
  std::shared_ptr<FakeSink> watch(const std::string& show, const std::string& token,
                                  std::optional<std::uint64_t> after = {}) {
    auto sink = std::make_shared<FakeSink>();
    api->subscribe({studio::ShowId(show), token, after, sink});
    return sink;
  }
  std::string import_track() {
    return text(json(call("POST", "/tracks", R"({"url":"http://radio.test/a.mp3"})")), "trackId");
  }
  void tell(const std::string& show, int count, const std::string& kind = "told") {
    constexpr int kAtOnce = 50;
    store::Write write;
    for (int i = 0; i < count; ++i) {
      write.events.push_back({show, 0, clock.wall(), kind, "admin", {{"n", i}}});
      if (i % kAtOnce < kAtOnce - 1 && i < count - 1) continue;
      ASSERT_TRUE(store.commit(write));
      write.events.clear();
    }
  }
  json::object last_event(const std::string& show, const std::string& kind) {
    const auto page = json(call("GET", "/shows/" + show + "/events?types=" + kind));
    const auto& events = page.at("events").as_array();
    return events.empty() ? json::object() : events.back().as_object().at("data").as_object();
  }
};

TEST_F(EventLogTest, SaysWhatOfAQueueHasChangedInAFewBytes) {
  const std::string id = make_show();
  const std::string track = import_track();
  const std::string path = "/shows/" + id + "/queue";
  call("POST", path, R"({"trackId":")" + track + "\"}");
  const auto queue = json(call("POST", path, R"({"trackId":")" + track + R"(","position":0})"));
  const std::string first = text(queue.at("items").at(0).as_object(), "itemId");
  const std::string second = text(queue.at("items").at(1).as_object(), "itemId");
  auto change = last_event(id, "queue_changed");
  ASSERT_EQ(change.at("added").as_array().size(), 1U);
  EXPECT_EQ(change.at("added").at(0).at("itemId"), json::value(first));
  EXPECT_EQ(change.at("added").at(0).at("index"), 0);
  EXPECT_FALSE(change.contains("order"));

  call("PUT", path, R"({"itemIds":[")" + second + R"(",")" + first + "\"]}");
  change = last_event(id, "queue_changed");
  EXPECT_EQ(change.at("order"), (json::array{json::value(second), json::value(first)}));
  EXPECT_TRUE(change.at("added").as_array().empty());
  call("DELETE", path + "/" + second);
  EXPECT_EQ(last_event(id, "queue_changed").at("removed"), (json::array{json::value(second)}));

  const std::string list =
      text(json(call("POST", "/tracklists", R"({"title":"L"})")), "tracklistId");
  std::string ids;
  for (int i = 0; i < 300; ++i) ids += (i == 0 ? "\"" : ",\"") + track + "\"";
  call("PUT", "/tracklists/" + list + "/tracks", R"({"trackIds":[)" + ids + "]}");
  EXPECT_EQ(call("POST", path, R"({"tracklistId":")" + list + "\"}").status, 201);
  EXPECT_EQ(last_event(id, "queue_changed"), (json::object{{"reload", true}}));
  const auto log = store.events({.show_id = id});
  for (const auto& event : log->events) {
    EXPECT_LT(json::serialize(event.data).size(), 20'000U) << event.kind;
  }
}

TEST_F(EventLogTest, NamesNobodyAndANameCanBeErased) {
  const std::string id = make_show();
  const auto [ada, ada_token] = join(id, "Ada Lovelace");
  const std::string path = "/shows/" + id + "/participants/" + ada;
  call("PATCH", path, R"({"username":"Ada King"})");
  EXPECT_EQ(call("GET", "/shows/" + id + "/events").body.find("Ada"), std::string::npos);
  EXPECT_EQ(call("DELETE", path + "/name", "", ada_token).status, 403);
  EXPECT_EQ(call("DELETE", path + "/name").status, 204);
  EXPECT_EQ(call("GET", "/shows/" + id + "/participants").body.find("Ada"), std::string::npos);
  EXPECT_EQ(call("DELETE", "/shows/" + id + "/participants/part-nobody/name").status, 404);
}

TEST_F(EventLogTest, GivesPagesOfSomeKindsFromTheStore) {
  const std::string id = make_show();
  tell(id, 10);
  tell(id, 1, "rare");
  tell(id, 10);
  const auto page = json(call("GET", "/shows/" + id + "/events?types=rare,other"));
  ASSERT_EQ(page.at("events").as_array().size(), 1U);
  EXPECT_EQ(page.at("next"), page.at("last"));
  EXPECT_EQ(page.at("oldest"), 1);
  const auto first = json(call("GET", "/shows/" + id + "/events?limit=2"));
  EXPECT_EQ(first.at("next"), 2);
  const auto none = json(call("GET", "/shows/" + id + "/events?after=5&limit=0"));
  EXPECT_EQ(none.at("next"), 5);
}

TEST_F(EventLogTest, GivesALongLogInBoundedStepsWhoeverAsks) {
  const std::string id = make_live_show();
  const auto [ada, ada_token] = join(id, "Ada");
  tell(id, 5'000);
  tell(id, 3, "show_updated");
  const auto caller = watch(id, ada_token, 0);
  EXPECT_GE(caller->count("event"), 5) << "all that is hers at once";
  EXPECT_LT(caller->count("event"), 20) << "and nobody else's";
  const auto desk = watch(id, "admin-secret", 0);
  EXPECT_EQ(desk->frames.front().at("type"), "state");
  EXPECT_LE(desk->count("event"), 256) << "one page";
  call("PUT", "/shows/" + id + "/audio-routing", R"({"hostVolume":9})");
  pass(10s);
  std::uint64_t number = 0;
  for (const auto& frame : desk->frames) {
    if (frame.at("type") != "event") continue;
    EXPECT_EQ(frame.at("number").to_number<std::uint64_t>(), ++number) << "in order, each once";
  }
  EXPECT_EQ(number, store.event_range(id)->last);
}

TEST_F(EventLogTest, HoldsABoundedAmountForAReaderWhoDoesNotRead) {
  const std::string id = make_live_show();
  const auto slow = watch(id, "admin-secret");
  const auto quick = watch(id, "admin-secret");
  slow->reads = false;
  const std::string body = R"({"hostVolume":9})";
  for (int i = 0; i < 3'000; ++i) call("PUT", "/shows/" + id + "/audio-routing", body);
  pass(3s);
  EXPECT_LT(slow->waiting, 300U * 1024U);
  EXPECT_EQ(slow->closed_with, 0);
  slow->reads = true;
  slow->waiting = 0;
  pass(10s);
  std::uint64_t number = 0;
  for (const auto& frame : slow->frames) {
    if (frame.at("type") != "event") continue;
    const auto now = frame.at("number").to_number<std::uint64_t>();
    EXPECT_TRUE(number == 0 || now == number + 1);
    number = now;
  }
  EXPECT_EQ(number, store.event_range(id)->last) << "nothing is lost";
  EXPECT_EQ(slow->count("state"), 2) << "and what stands in no log is told by a fresh state";
  EXPECT_GE(quick->count("event"), 3'000) << "and what came of the time that passed";
}

TEST_F(EventLogTest, TellsOfAGapWhoAsksForWhatIsNotKept) {
  config.event_log_days = 1;
  restart();
  const std::string id = make_live_show();
  tell(id, 50);
  clock.elapsed += std::chrono::hours(25);
  tell(id, 5);
  pass(15s);
  const auto range = *store.event_range(id);
  EXPECT_GT(range.oldest, 50U);
  const auto late = watch(id, "admin-secret", 3);
  ASSERT_GE(late->frames.size(), 2U);
  EXPECT_EQ(late->frames[0],
            (json::object{{"type", "gap"}, {"after", 3}, {"oldest", range.oldest}}));
  EXPECT_EQ(late->frames[1].at("type"), "state");
  EXPECT_EQ(late->count("event"), static_cast<int>(range.last - range.oldest + 1));
  // A number that this log never gave: another database.
  const auto lost = watch(id, "admin-secret", range.last + 1000);
  EXPECT_EQ(lost->frames[0].at("type"), "gap");
  EXPECT_EQ(lost->count("event"), 0);
  call("PUT", "/shows/" + id + "/audio-routing", R"({"hostVolume":9})");
  EXPECT_EQ(lost->count("event"), 1) << "what happens now comes";
  EXPECT_EQ(watch(id, "admin-secret", range.last)->count("gap"), 0);
}

TEST_F(EventLogTest, HasRoomForADeskHoweverManyStreamsCallersOpen) {
  config.subscriptions_max = 100;
  restart();
  const std::string id = make_show();
  EXPECT_EQ(opened(id, join(id, "Eve").second, "192.0.2.1", 100), 8) << "one person";
  EXPECT_EQ(opened(id, join(id, "Eve").second, "192.0.2.1", 100), 8);
  EXPECT_EQ(opened(id, join(id, "Eve").second, "192.0.2.1", 100), 6) << "one network";
  EXPECT_EQ(opened(id, join(id, "Eve").second, "192.0.2.1", 100), 0);
  for (int network = 2; network < 10; ++network) {
    for (int i = 0; i < 3; ++i) {
      opened(id, join(id, "Eve").second, "192.0.2." + std::to_string(network), 8);
    }
  }
  EXPECT_EQ(opened(id, "admin-secret", "192.0.2.1", 100), 10);
}

TEST_F(EventLogTest, HasRoomForACallerHoweverManyStreamsAreHeldByWhoNeverCame) {
  config.subscriptions_max = 100;
  restart();
  const std::string id = make_live_show();
  const auto ada = join(id, "Ada");
  from_keeper(id, {{"type", "seat"},
                   {"participantId", ada.first},
                   {"sessionId", "s"},
                   {"connection", "connected"},
                   {"isPublishing", true}});
  // Their addresses are of four networks, each with a whole /64.
  for (int network = 0; network < 4; ++network) {
    for (int i = 0; i < 4; ++i) {
      opened(id, join(id, "Eve").second, "2001:db8:0:" + std::to_string(network) + "::9", 8);
    }
  }
  EXPECT_EQ(opened(id, ada.second, "198.51.100.1", 3), 3) << "who was connected";
  EXPECT_EQ(opened(id, join(id, "Bea").second, "198.51.100.2", 3), 3) << "the larger crowd goes";
  EXPECT_EQ(opened(id, join(id, "Eve").second, "2001:db8:0:1::7", 1), 0) << "they have their share";
  // At an address where others who never came hold all of its share, too.
  EXPECT_EQ(opened(id, ada.second, "2001:db8:0:2::1", 2), 2);
  EXPECT_EQ(opened(id, "admin-secret", "192.0.2.1", 100), 10);
}

TEST_F(EventLogTest, EndsWithItsShow) {
  const std::string id = make_show();
  tell(id, 700);
  auto keyed = request("POST", "/shows/" + id + "/caller-tokens", R"({"username":"Ada"})");
  keyed.headers.emplace_back("Idempotency-Key", "k1");
  send(keyed);
  EXPECT_EQ(call("DELETE", "/shows/" + id).status, 204);
  pass(15s);
  EXPECT_EQ(store.event_range(id)->last, 0U);
}

TEST_F(EventLogTest, RaisesAnAlertWhenTheDatabaseFileIsGone) {
  const std::string id = make_live_show();
  store.in_danger = "shelcaster.db was removed while the server uses it";
  pass(3s);
  ASSERT_FALSE(alarms.told.empty());
  EXPECT_EQ(alarms.told.back().kind, "disk_failing");
  EXPECT_NE(alarms.told.back().detail.find("removed"), std::string::npos);
}

}  // namespace
}  // namespace shelcaster::control
