#include "link/messages.hpp"

#include <gtest/gtest.h>

#include "base/log.hpp"
#include "base/thread_cost_for_tests.hpp"

namespace shelcaster::link {
namespace {

namespace json = boost::json;

/// The message of this type that a direction reads; an Error's message if it doesn't.
template <typename Message, typename Direction>
base::Result<Message> read(const json::object& in) {
  auto parsed = parse<Direction>(in);
  if (!parsed) return tl::unexpected(parsed.error());
  if (!*parsed) return base::fail("it is of no type of this direction");
  return std::get<Message>(std::move(**parsed));
}

template <typename Direction, typename Message>
void expect_round_trip(const Message& message) {
  const json::object written = to_json(message);
  const auto again = read<Message, Direction>(written);
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(to_json(*again), written);
  EXPECT_EQ(to_json(Direction(*again)), written);
}

std::string complaint(const base::Result<std::optional<KeeperToServe>>& parsed) {
  return parsed ? "none" : parsed.error().message;
}

TEST(Messages, GoThereAndBack) {
  Desired desired;
  desired.version = 3;
  desired.show_id = "show-1";
  desired.seats = {{"part-1", "HOST", true, {.volume = 90, .pan = 0.5}}};
  desired.queue = {{"item-1", "track-1", "/m/track-1.wav", -3.5, 1000, "Song"}};
  desired.outputs = {{"rtmp", "rtmp://h/a/key", false, 11, 5, true}};
  expect_round_trip<ServeToKeeper>(desired);
  expect_round_trip<ServeToKeeper>(Command{"c1", "DECK_SEEK", "", 5000, {}});
  expect_round_trip<KeeperToMix>(
      Command{"c2", "DECK_PLAY", "", {}, QueueItem{"i", "t", "p", 0, {}, ""}});
  expect_round_trip<KeeperToMix>(Offer{"r", "s", "", "whep", "v=0", "192.0.2.7", "sess-before"});
  expect_round_trip<KeeperToMix>(IceRestart{"r", "s", "*", "a=ice-ufrag:x"});
  expect_round_trip<KeeperToMix>(CloseSession{"s"});
  expect_round_trip<ServeToKeeper>(Watch{false});
  expect_round_trip<KeeperToMix>(NewLog{"/data/log/s.log.1", "/data/log/s.log"});
  expect_round_trip<KeeperToPublish>(DesiredOutputs{3, "show-1", desired.outputs});
  expect_round_trip<KeeperToPublish>(Stop{});
  expect_round_trip<KeeperToServe>(Hello{"show-1", 7, 3, 99});
  expect_round_trip<KeeperToServe>(Ack{"c1", false, "no such item"});
  expect_round_trip<MixToKeeper>(Answer{"r", "v=0", "e"});
  expect_round_trip<MixToKeeper>(Refuse{"r", 410, "elsewhere", "replaced"});
  expect_round_trip<MixToKeeper>(
      SeatReport{"p", "s", "connected", true, SeatStats{7, 2.5, 9, 60, 30, -80, 1}});
  expect_round_trip<MixToKeeper>(SeatReport{"p", "s", "connecting", false, {}});
  expect_round_trip<MixToKeeper>(Listens{"p"});
  expect_round_trip<KeeperToServe>(DeckReport{"PLAYING", "i", 5, 10, "x", false, 2, 3});
  expect_round_trip<MixToKeeper>(DeckItemEnded{"i", "ERROR", "gone"});
  expect_round_trip<MixToKeeper>(DeadAirStarted{"bed", true});
  expect_round_trip<MixToKeeper>(DeadAirEnded{"voice", 2'000, false});
  expect_round_trip<KeeperToServe>(Stopped{});
}

TEST(Messages, ReadADeckWithNothingOnIt) {
  const auto deck = read<DeckReport, KeeperToServe>({{"type", "deck"},
                                                     {"state", "STOPPED"},
                                                     {"itemId", nullptr},
                                                     {"positionMs", 0},
                                                     {"durationMs", nullptr}});
  ASSERT_TRUE(deck.has_value());
  EXPECT_EQ(deck->item_id, "");
  EXPECT_EQ(deck->title, std::nullopt);
  EXPECT_EQ(deck->duration_ms, std::nullopt);
}

TEST(Messages, ReadTheFiguresOfAnOlderMixerAndRefuseMalformedOnes) {
  json::object report{{"type", "seat"},
                      {"participantId", "p"},
                      {"connection", "connected"},
                      {"stats", {{"rttMs", 4}}}};
  const auto seat = read<SeatReport, KeeperToServe>(report);
  ASSERT_TRUE(seat.has_value() && seat->stats.has_value());
  EXPECT_EQ(seat->stats->rtt_ms, 4);
  EXPECT_FALSE(seat->stats->drift_ppm.has_value());
  report["stats"] = {{"driftPpm", "fast"}};
  EXPECT_EQ(complaint(parse<KeeperToServe>(report)),
            "link message seat: field 'stats.driftPpm' is missing or malformed");
  report["stats"] = json::object();
  EXPECT_FALSE((read<SeatReport, KeeperToServe>(report)->stats.has_value()));
}

TEST(Messages, SeatAPersonInTheMiddleWhereAnOlderServeSaysNothingOfPan) {
  Desired told;
  told.seats = {{"part-1", "HOST", true, {.volume = 90, .pan = 0.5}}};
  json::object desired = to_json(told);
  json::object& seat = desired.at("seats").at(0).as_object();
  seat.erase("pan");
  EXPECT_EQ((read<Desired, ServeToKeeper>(desired)->seats.at(0).controls),
            (studio::SeatControls{.volume = 90}));
  seat["pan"] = 1.5;
  EXPECT_EQ(parse<ServeToKeeper>(desired).error().message,
            "link message desired: field 'seats[].pan' is missing or malformed");
}

TEST(Messages, DoNothingAboutDeadAirUnlessTold) {
  Desired told;
  told.dead_air = {15'000, -40, false, 1'700'000'000'000};
  json::object desired = to_json(told);
  const auto got = read<Desired, ServeToKeeper>(desired);
  ASSERT_TRUE(got.has_value());
  EXPECT_EQ(got->dead_air.after_ms, 15'000);
  EXPECT_EQ(got->dead_air.threshold_db, -40);
  EXPECT_FALSE(got->dead_air.has_bed);
  EXPECT_EQ(got->dead_air.silence_until_ms, 1'700'000'000'000);
  desired.erase("deadAir");
  EXPECT_EQ((read<Desired, ServeToKeeper>(desired)->dead_air.after_ms), 0);
}

TEST(Messages, NameTheFieldThatIsMissingOrMalformed) {
  EXPECT_EQ(complaint(parse<KeeperToServe>({{"type", "ack"}, {"id", "x"}})),
            "link message ack: field 'ok' is missing or malformed");
  EXPECT_FALSE(parse<ServeToKeeper>(
      {{"type", "offer"}, {"requestId", "r"}, {"sessionId", "s"}, {"kind", "x"}, {"sdp", ""}}));
  EXPECT_FALSE(parse<KeeperToServe>({{"type", "refuse"}, {"requestId", "r"}, {"status", 200}}));
  EXPECT_FALSE(
      parse<KeeperToServe>({{"type", "seat"}, {"participantId", "p"}, {"connection", "maybe"}}));
  EXPECT_FALSE(
      parse<KeeperToServe>({{"type", "sessions"}, {"ids", {"a", 1}}, {"isDeckKept", true}}));
  const auto complains = [](json::object desired) {
    return (read<Desired, ServeToKeeper>(desired)).error().message;
  };
  json::object desired = to_json(Desired());
  desired["routing"].get_object()["hostVolume"] = 101;
  EXPECT_EQ(complains(desired),
            "link message desired: field 'routing.hostVolume' is missing or malformed");
  desired = to_json(Desired());
  desired["queue"] = {{{"itemId", "i"}, {"trackId", "t"}, {"gainDb", 0}}};
  EXPECT_EQ(complains(desired),
            "link message desired: field 'queue[].path' is missing or malformed");
  desired["queue"] = json::array{7};
  EXPECT_EQ(complains(desired), "link message desired: field 'queue[]' is missing or malformed");
  desired = to_json(Desired());
  desired["outputs"] = {{{"id", "out"}, {"url", "rtmp://h/a"}, {"keyAt", -1}}};
  EXPECT_EQ(complains(desired),
            "link message desired: field 'outputs[].keyAt' is missing or malformed");
}

TEST(Messages, OfANewerVersionAreReadWithoutWhatIsNewInThem) {
  json::object desired = to_json(Desired());
  desired["weather"] = "fine";
  desired["routing"].get_object()["limiter"].get_object()["knee"] = 3;
  std::vector<std::string> unknown;
  const auto parsed = parse<ServeToKeeper>(desired, &unknown);
  ASSERT_TRUE(parsed.has_value() && parsed->has_value());
  EXPECT_EQ(to_json(**parsed), to_json(Desired()));
  EXPECT_EQ(unknown, (std::vector<std::string>{"desired.routing.limiter.knee", "desired.weather"}));
  unknown.clear();
  const auto news = parse<ServeToKeeper>({{"type", "weather"}, {"is", "fine"}}, &unknown);
  ASSERT_TRUE(news.has_value());
  EXPECT_FALSE(news->has_value());
  EXPECT_EQ(unknown, std::vector<std::string>{"weather"});
}

TEST(Messages, CostNoMoreThanTheyHaveFields) {
  const auto cost = [](int fields) {
    boost::json::object message = {{"type", "levels"}};
    for (int i = 0; i < fields; ++i) message["f" + std::to_string(i)] = i;
    return testing::cost_us([&] { (void)parse<MixToKeeper>(message); }, 1, 3);
  };
  EXPECT_LT(cost(40'000) / cost(10'000), testing::kLinearRatioMax);
}

TEST(Inbox, LeavesOutWhatItCantUseAndSaysOnceWhatItDoesntKnow) {
  Inbox<ServeToKeeper> inbox("keeper", "serve");
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(inbox.take({{"type", "stop"}, {"gently", true}}));
    EXPECT_FALSE(inbox.take({{"type", "weather"}}));
    EXPECT_FALSE(inbox.take({{"type", "watch"}, {"levels", "all"}}));
  }
  const std::string log =
      ::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr();
  const auto count = [&log](std::string_view text) {
    int found = 0;
    for (auto at = log.find(text); at != log.npos; at = log.find(text, at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count("stop.gently"), 1);
  EXPECT_EQ(count("'weather'"), 1);
  EXPECT_EQ(count("field 'levels'"), 3);
}

}  // namespace
}  // namespace shelcaster::link
