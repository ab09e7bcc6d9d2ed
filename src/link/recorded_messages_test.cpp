#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "link/messages.hpp"
#include "link/recorded_for_tests.hpp"

namespace shelcaster::link {
namespace {

namespace json = boost::json;

/// Each is read without loss, and would be sent the same.
template <typename Direction>
void expect_understood(recorded::Texts texts) {
  std::set<std::size_t> seen;
  for (const std::string_view text : texts) {
    const json::object message = json::parse(text).as_object();
    std::vector<std::string> unknown;
    const auto parsed = parse<Direction>(message, &unknown);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
    ASSERT_TRUE(parsed->has_value()) << text;
    EXPECT_EQ(unknown, std::vector<std::string>()) << text;
    EXPECT_EQ(to_json(**parsed), message) << text;
    seen.insert((**parsed).index());
  }
  EXPECT_EQ(seen.size(), std::variant_size_v<Direction>) << "one of every type is recorded";
}

TEST(RecordedMessages, AreUnderstoodAndWrittenAgainAsTheyWere) {
  expect_understood<ServeToKeeper>(recorded::kServeToKeeper);
  expect_understood<KeeperToMix>(recorded::kKeeperToMix);
  expect_understood<KeeperToPublish>(recorded::kKeeperToPublish);
  expect_understood<MixToKeeper>(recorded::kMixToKeeper);
  expect_understood<PublishToKeeper>(recorded::kPublishToKeeper);
  expect_understood<KeeperToServe>(recorded::kKeeperToServe);
}

/// What is on the wire: the fields, in whatever order, as JSON text has them.
json::value as_text(const json::object& message) { return json::parse(json::serialize(message)); }

TEST(RecordedMessages, HaveTheFiguresThatProcessesFillIn) {
  const MixFigures mix{.tape_head_samples = 480'000,
                       .ticks = 1'000,
                       .late_ticks = 1,
                       .missed_ticks = 3,
                       .datagrams = {.passed_known = 5, .passed_strangers = 1},
                       .underruns = 3,
                       .fallback = {},
                       .sessions = 2,
                       .desired_version = 3,
                       .priority = 1,
                       .pss_bytes = 50'331'648};
  EXPECT_EQ(as_text(to_json(make_mix_status(mix))), json::parse(recorded::kMixStatus));
  EXPECT_EQ(underruns_of(make_mix_status(mix)), 3);
  PublishFigures publish;
  publish.outputs = {{"out-1", 5, "live", "", "", OutputFigures::Sent{1, 0, 80, 131'072}}};
  publish.last_segment = 4;
  publish.last_segment_unix_ms = 1'763'760'000'000;
  publish.decoded = {4, 95'232, -12.1, -16, ""};
  publish.lag_ms = 320;
  publish.pss_bytes = 20'971'520;
  EXPECT_EQ(as_text(to_json(make_publish_status(publish))), json::parse(recorded::kPublishStatus));
  PublishFigures none;
  none.outputs = {{"out-1", 6, "retrying", "address", "no RTMP address", {}}};
  EXPECT_EQ(as_text(to_json(make_publish_status(none))),
            json::parse(recorded::kPublishStatusOfNothing));
  const LevelFigures levels{
      .at = 48'480,
      .master = {-9.3, -20, false},
      .momentary_lufs = -23.1,
      .sources = {{"part-1", {-12, -25, false}}, {"deck", {-120, -120, false}}}};
  EXPECT_EQ(as_text(to_json(make_levels(levels))), json::parse(recorded::kLevels));
}

TEST(RecordedMessages, OfAnEvenOlderVersionHaveDefaults) {
  json::object desired = json::parse(recorded::kDesired).as_object();
  for (const char* newer : {"title", "played", "deadAir", "listeners"}) desired.erase(newer);
  json::object& output = desired["outputs"].as_array()[0].as_object();
  for (const char* newer : {"allowPrivate", "keyAt", "revision", "constantRate"}) {
    output.erase(newer);
  }
  desired["deck"].as_object().erase("number");
  const auto parsed = parse<ServeToKeeper>(desired);
  ASSERT_TRUE(parsed.has_value() && parsed->has_value());
  const auto& got = std::get<Desired>(**parsed);
  EXPECT_EQ(got.dead_air.after_ms, 0);
  EXPECT_EQ(got.listeners.per_show, ListenerLimits().per_show);
  EXPECT_EQ(got.deck.number, 0);
  const OutputTarget without{"out-1", "rtmp://h/a/key", true, {}, 0, false};
  EXPECT_EQ(got.outputs, std::vector{without}) << "it tells nothing of private networks";
  // A keeper refuses without a reason.
  const auto refused = parse<KeeperToServe>(
      json::parse(R"({"type":"refuse","requestId":"req-1","status":503,"detail":"later"})")
          .as_object());
  ASSERT_TRUE(refused.has_value() && refused->has_value());
  EXPECT_EQ(std::get<Refuse>(**refused).reason, "");
}

TEST(RecordedMessages, HaveKindsOfOutputsOnlyWhereTheyArentTheOneThatThereAlwaysWas) {
  DesiredOutputs desired;
  desired.outputs = {{"out-1", "rtmp://h/a/key", false, 11, 5, true}, {"recording", ""}};
  desired.outputs[1].kind = "recording";
  desired.outputs[1].recording = {.has_flac = false, .reserve_mib = 2'048, .reserve_mib_min = 528};
  const json::object sent = to_json(desired);
  EXPECT_EQ(sent.at("outputs").at(0).as_object().count("kind"), 0U);
  EXPECT_EQ(sent.at("outputs").at(0).as_object().count("recording"), 0U);
  EXPECT_EQ(sent.at("outputs").at(1).at("kind"), "recording");
  const auto got = parse<KeeperToPublish>(sent);
  ASSERT_TRUE(got.has_value() && got->has_value());
  EXPECT_EQ(std::get<DesiredOutputs>(**got).outputs, desired.outputs);
}

void expect_recorded(const json::object& written, std::string_view recorded) {
  EXPECT_EQ(json::serialize(written), recorded);
}

// What is made by a function of its own; the rest is recorded from the processes that make it.
TEST(RecordedMessages, AreWhatIsWritten) {
  const QueueItem song{"item-1", "track-1", "/m/track-1.wav", -3.5, 1000, "Song"};
  Desired desired;
  desired.version = 3;
  desired.show_id = "show-1";
  desired.title = "Late show";
  desired.seats = {{"part-1", "HOST", true, {.volume = 90, .pan = -0.25}}};
  desired.queue = {song};
  desired.deck = {"item-1", 61'000, "PLAYING", 12};
  desired.outputs = {{"out-1", "rtmp://h/a/key", false, 11, 5, true}};
  desired.dead_air.after_ms = 15'000;
  expect_recorded(to_json(desired), recorded::kDesired);
  Desired empty;
  empty.version = 1;
  empty.show_id = "show-1";
  empty.played = QueueItem{"item-9", "track-9", "/m/track-9.wav", 0, {}, ""};
  empty.dead_air.silence_until_ms = 1'700'000'000'000;
  expect_recorded(to_json(empty), recorded::kDesiredOfAnEmptyShow);
  expect_recorded(to_json(Command{"cmd-1", "DECK_PLAY", "item-1", 5'000, song, "item-2"}),
                  recorded::kPlay);
  expect_recorded(to_json(Command{"cmd-2", "DECK_PAUSE", "", {}, {}}), recorded::kPause);
  expect_recorded(to_json(Offer{"req-1", "sess-1", "part-1", "whip", "v=0\r\n", "", "sess-0"}),
                  recorded::kOffer);
  expect_recorded(to_json(IceRestart{"req-2", "sess-1", "*", "a=ice-ufrag:x\r\n"}),
                  recorded::kIceRestart);
  expect_recorded(to_json(CloseSession{"sess-1"}), recorded::kCloseSession);
  expect_recorded(to_json(Watch{false}), recorded::kWatch);
  expect_recorded(to_json(Stop{}), recorded::kStop);
  expect_recorded(to_json(NewLog{"/data/log/s.log.1", "/data/log/s.log"}), recorded::kNewLog);
  expect_recorded(to_json(Answer{"req-1", "v=0\r\n", "g1"}), recorded::kAnswer);
  expect_recorded(to_json(Refuse{"req-1", 410, "elsewhere", "replaced"}), recorded::kRefuse);
  expect_recorded(to_json(SeatReport{"part-1", "sess-1", "connected", true,
                                     SeatStats{7, 2.5, 9, 60, 30, -80, 1}}),
                  recorded::kSeat);
  expect_recorded(to_json(SeatReport{"part-1", "sess-1", "connecting", false, {}}),
                  recorded::kSeatWithoutFigures);
  expect_recorded(to_json(Listens{"part-1"}), recorded::kListens);
  expect_recorded(to_json(Sessions{{"sess-1", "sess-2"}, true}), recorded::kSessions);
  expect_recorded(to_json(DeckItemEnded{"item-1", "END", ""}), recorded::kItemEnded);
  expect_recorded(to_json(Ack{"cmd-1", true, ""}), recorded::kAck);
  expect_recorded(to_json(Ack{"cmd-1", false, "nothing plays that could be skipped"}),
                  recorded::kNegativeAck);
}

}  // namespace
}  // namespace shelcaster::link
