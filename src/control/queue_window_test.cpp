#include <gtest/gtest.h>

#include "control/test_world.hpp"
#include "link/frame.hpp"

// How much of a long queue a show's mixer is told, and what becomes of what no message can carry.
namespace shelcaster::control {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

class QueueWindowTest : public testing::Test, public TestWorld {
 protected:
  std::string import_track(const std::string& title) {
    const std::string track = text(
        json(call(
            "POST", "/tracks",
            json::serialize(json::object{{"url", "https://example.org/a"}, {"title", title}}))),
        "trackId");
    ImportProgress ready;
    ready.track_id = studio::TrackId(track);
    ready.state = ImportProgress::State::kReady;
    ready.duration_ms = 1000;
    api->handle_import(ready);
    return track;
  }
  /// A show that waits to be started, whose tracklist has this track so many times.
  std::string make_show_of(const std::string& track, std::size_t times) {
    const std::string list =
        text(json(call("POST", "/tracklists", R"({"title":"L"})")), "tracklistId");
    const std::vector<std::string> tracks(times, track);
    EXPECT_EQ(call("PUT", "/tracklists/" + list + "/tracks",
                   json::serialize(json::object{{"trackIds", json::value_from(tracks)}}))
                  .status,
              200);
    const std::string id = make_show();
    call("PATCH", "/shows/" + id, R"({"tracklistId":")" + list + "\"}");
    return id;
  }
  std::vector<std::string> queued(const std::string& id) {
    std::vector<std::string> items;
    const auto queue = json(call("GET", "/shows/" + id + "/queue"));
    for (const json::value& item : queue.at("items").as_array()) {
      items.push_back(text(item.as_object(), "itemId"));
    }
    return items;
  }
  std::vector<std::string> told() {
    std::vector<std::string> items;
    const auto desired = stages.last("desired");
    for (const json::value& item : desired.at("queue").as_array()) {
      items.push_back(text(item.as_object(), "itemId"));
    }
    return items;
  }
  void deck_is(const std::string& id, const std::string& state, const std::string& item) {
    from_keeper(id, {{"type", "deck"}, {"state", state}, {"itemId", item}, {"positionMs", 1}});
  }
  static std::vector<std::string> some(const std::vector<std::string>& items, std::size_t from,
                                       std::size_t count) {
    const auto at = items.begin() + static_cast<std::ptrdiff_t>(from);
    return {at, at + static_cast<std::ptrdiff_t>(count)};
  }
  json::array refusals(const std::string& id) {
    return json(call("GET", "/shows/" + id + "/events?types=desired_state_refused"))
        .at("events")
        .as_array();
  }
};

TEST_F(QueueWindowTest, StartsWithWhatFitsOfALongTracklistAndSaysSo) {
  std::string title;
  for (int i = 0; i < 200; ++i) title += "\xF0\x9F\x98\x80";
  const std::string id = make_show_of(import_track(title), 2000);
  const Response started = call("POST", "/shows/" + id + "/start");
  EXPECT_EQ(started.status, 200);
  EXPECT_NE(started.body.find("1000 more found no room"), std::string::npos) << started.body;
  connect(id);
  report_running(id);
  EXPECT_EQ(status_of(id), "LIVE");
  EXPECT_EQ(queued(id).size(), 1000U);
  EXPECT_EQ(told().size(), 32U);
  EXPECT_TRUE(link::fits_frame(stages.last("desired")));
}

TEST_F(QueueWindowTest, MovesOnWithTheDeckAndKeepsTheFirstForADeckThatHasStopped) {
  const std::string id = make_show_of(import_track("a"), 100);
  call("POST", "/shows/" + id + "/start");
  connect(id);
  report_running(id);
  const auto items = queued(id);
  EXPECT_EQ(told(), some(items, 0, 32));
  deck_is(id, "PLAYING", items[0]);
  from_keeper(id, {{"type", "deck_item_ended"}, {"itemId", items[0]}, {"reason", "END"}});
  EXPECT_EQ(told(), some(items, 1, 32)) << "one has ended";

  call("POST", "/shows/" + id + "/deck/commands",
       R"({"command":"PLAY","itemId":")" + items[60] + R"(","id":"c1"})");
  EXPECT_EQ(stages.last("command").at("item").at("itemId"), json::value(items[60]));
  auto wanted = some(items, 60, 31);
  wanted.insert(wanted.begin(), items[1]);
  EXPECT_EQ(told(), wanted) << "the mixer knows what follows before it is told to play";
  from_keeper(id, {{"type", "ack"}, {"id", "c1"}, {"ok", true}});
  deck_is(id, "PLAYING", items[60]);
  EXPECT_EQ(told(), wanted);
  deck_is(id, "PLAYING", "item-of-nobody");
  EXPECT_EQ(told(), wanted) << "what isn't queued gives the deck back to where the queue was";
  restart();
  connect(id);
  EXPECT_EQ(told(), wanted) << "also after a restart";
  deck_is(id, "STOPPED", "");
  EXPECT_EQ(told(), some(items, 1, 32));
}

TEST_F(QueueWindowTest, TellsAShortQueueWholeWhateverPlays) {
  const std::string id = make_show_of(import_track("a"), 4);
  call("POST", "/shows/" + id + "/start");
  connect(id);
  report_running(id);
  const auto items = queued(id);
  const auto play = [&](const std::string& item, const std::string& command) {
    call("POST", "/shows/" + id + "/deck/commands",
         R"({"command":"PLAY","itemId":")" + item + R"(","id":")" + command + "\"}");
    EXPECT_EQ(told(), items) << command;
    from_keeper(id, {{"type", "ack"}, {"id", command}, {"ok", true}});
    deck_is(id, "PLAYING", item);
    call("PUT", "/shows/" + id + "/audio-routing", R"({"hostVolume":9})");
    EXPECT_EQ(told(), items) << "a fader tells no less, after " << command;
  };
  play(items[2], "c1");
  play(items[1], "c2");
  EXPECT_EQ(stages.last("command").at("item").at("itemId"), json::value(items[1]));
  deck_is(id, "STOPPED", "");
  call("PUT", "/shows/" + id + "/audio-routing", R"({"hostVolume":8})");
  EXPECT_EQ(told(), items);
}

TEST_F(QueueWindowTest, TellsAQueueThatHasBecomeShortEnoughWhole) {
  const std::string id = make_show_of(import_track("a"), 33);
  call("POST", "/shows/" + id + "/start");
  connect(id);
  report_running(id);
  const auto items = queued(id);
  deck_is(id, "PLAYING", items[20]);
  auto wanted = some(items, 20, 13);
  wanted.insert(wanted.begin(), items[0]);
  EXPECT_EQ(told(), wanted);
  from_keeper(id, {{"type", "deck_item_ended"}, {"itemId", items[20]}, {"reason", "END"}});
  EXPECT_EQ(told(), queued(id));
  EXPECT_EQ(told().size(), 32U);
}

TEST_F(QueueWindowTest, TellsAnotherTitleOrOrderOfWhatItHasToldBefore) {
  const std::string track = import_track("a");
  const std::string id = make_show_of(track, 40);
  call("POST", "/shows/" + id + "/start");
  connect(id);
  report_running(id);
  call("PATCH", "/tracks/" + track, R"({"title":"Another"})");
  call("PUT", "/shows/" + id + "/audio-routing", R"({"hostVolume":9})");
  EXPECT_EQ(stages.last("desired").at("queue").at(0).at("title"), "Another");
  const auto items = queued(id);
  call("DELETE", "/shows/" + id + "/queue/" + items[1]);
  EXPECT_EQ(told()[1], items[2]);
}

TEST_F(QueueWindowTest, MakesAnOversizedStateAnErrorOfItsShowOnly) {
  const std::string track = import_track("a");
  const std::string id = make_show_of(track, 2);
  const std::string other = make_live_show();
  // As no request can make it, but a database may hold it.
  const store::Key key{store::Collection::kTracks, "", track};
  json::object body = (*store.get(key))->body;
  body["title"] = std::string(2U << 20U, 'x');
  ASSERT_TRUE(store.commit({{{key, body, {}}}, {}, {}, {}}));
  restart();
  connect(other);
  call("POST", "/shows/" + id + "/start");
  connect(id);
  pass(1s);
  EXPECT_EQ(status_of(id), "ERROR");
  EXPECT_NE(text(json(call("GET", "/shows/" + id)), "error").find("too large"), std::string::npos);
  EXPECT_EQ(status_of(other), "LIVE");

  const Response queued =
      call("POST", "/shows/" + other + "/queue", R"({"trackId":")" + track + "\"}");
  EXPECT_EQ(queued.status, 201);
  report_running(other);
  pass(2s);
  EXPECT_EQ(status_of(other), "LIVE") << "it goes on with what the mixer was told before";
  const auto health = json(call("GET", "/shows/" + other + "/health"));
  ASSERT_EQ(health.at("alerts").as_array().size(), 1U);
  EXPECT_EQ(health.at("alerts").at(0).at("kind"), "state_refused");
  EXPECT_EQ(refusals(other).size(), 1U);
  const std::string item = text(json(queued).at("items").at(0).as_object(), "itemId");
  EXPECT_EQ(call("POST", "/shows/" + other + "/deck/commands",
                 R"({"command":"PLAY","itemId":")" + item + "\"}")
                .status,
            422);
  call("DELETE", "/shows/" + other + "/queue/" + item);
  pass(2s);
  EXPECT_TRUE(json(call("GET", "/shows/" + other + "/health")).at("alerts").as_array().empty());
}

TEST_F(QueueWindowTest, TakesABoundedNumberOfCommandsThatNobodyAcknowledges) {
  const std::string id = make_live_show();
  int refused = 0;
  for (int i = 0; i < 200; ++i) {
    const int status =
        call("POST", "/shows/" + id + "/deck/commands", R"({"command":"PAUSE"})").status;
    if (status == 503) ++refused;
  }
  EXPECT_EQ(refused, 200 - 128);
  from_keeper(id, {{"type", "ack"}, {"id", stages.last("command").at("id")}, {"ok", true}});
  EXPECT_EQ(call("POST", "/shows/" + id + "/deck/commands", R"({"command":"PAUSE"})").status, 200);
}

}  // namespace
}  // namespace shelcaster::control
