#include "link/messages.hpp"

#include <gtest/gtest.h>

namespace shelcaster::link {
namespace {

template <typename Message, typename Parse>
void expect_round_trip(const Message& message, Parse parse) {
  const boost::json::object written = to_json(message);
  const auto read = parse(written);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(to_json(*read), written);
}

TEST(Messages, GoThereAndBack) {
  Desired desired;
  desired.version = 3;
  desired.show_id = "show-1";
  desired.seats = {{"part-1", "HOST", true, 90, false}};
  desired.queue = {{"item-1", "track-1", "/m/track-1.wav", -3.5, 1000, "Song"}};
  desired.outputs = {{"rtmp", "rtmp://h/a/key"}};
  expect_round_trip(desired, parse_desired);
  expect_round_trip(Command{"c1", "DECK_SEEK", "", 5000, {}}, parse_command);
  expect_round_trip(Command{"c2", "DECK_PLAY", "", {}, QueueItem{"i", "t", "p", 0, {}, ""}},
                    parse_command);
  expect_round_trip(Offer{"r", "s", "", "whep", "v=0"}, parse_offer);
  expect_round_trip(IceRestart{"r", "s", "*", "a=ice-ufrag:x"}, parse_ice_restart);
  expect_round_trip(Watch{false}, parse_watch);
  expect_round_trip(Hello{"show-1", 7, 3, 99}, parse_hello);
  expect_round_trip(Ack{"c1", false, "no such item"}, parse_ack);
  expect_round_trip(Answer{"r", "v=0", "e"}, parse_answer);
  expect_round_trip(Refuse{"r", 422, "no audio"}, parse_refuse);
  expect_round_trip(SeatReport{"p", "s", "connected", true, SeatStats{7, 2.5, 9, 60, 30, -80, 1}},
                    parse_seat_report);
  expect_round_trip(SeatReport{"p", "s", "connecting", false, {}}, parse_seat_report);
  expect_round_trip(DeckReport{"PLAYING", "i", 5, 10, "x", 3}, parse_deck_report);
  expect_round_trip(DeckItemEnded{"i", "ERROR", "gone"}, parse_deck_item_ended);
}

TEST(Messages, ReadsADeckWithNothingOnIt) {
  const auto read = parse_deck_report({{"type", "deck"},
                                       {"state", "STOPPED"},
                                       {"itemId", nullptr},
                                       {"positionMs", 0},
                                       {"durationMs", nullptr}});
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->item_id, "");
  EXPECT_EQ(read->duration_ms, std::nullopt);
}

TEST(Messages, ReadsTheFiguresOfAnOlderMixerAndRefusesMalformedOnes) {
  boost::json::object report{
      {"participantId", "p"}, {"connection", "connected"}, {"stats", {{"rttMs", 4}}}};
  const auto read = parse_seat_report(report);
  ASSERT_TRUE(read.has_value() && read->stats.has_value());
  EXPECT_EQ(read->stats->rtt_ms, 4);
  EXPECT_FALSE(read->stats->drift_ppm.has_value());
  report["stats"] = {{"driftPpm", "fast"}};
  EXPECT_EQ(parse_seat_report(report).error().message,
            "link message seat: field 'stats.driftPpm' is missing or malformed");
  report["stats"] = boost::json::object();
  EXPECT_FALSE(parse_seat_report(report)->stats.has_value());
}

TEST(Messages, DoesNothingAboutDeadAirUnlessTold) {
  Desired told;
  told.dead_air = {15'000, -40, false, 1'700'000'000'000};
  boost::json::object desired = to_json(told);
  const auto read = parse_desired(desired);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->dead_air.after_ms, 15'000);
  EXPECT_EQ(read->dead_air.threshold_db, -40);
  EXPECT_FALSE(read->dead_air.has_bed);
  EXPECT_EQ(read->dead_air.silence_until_ms, 1'700'000'000'000);
  desired.erase("deadAir");
  EXPECT_EQ(parse_desired(desired)->dead_air.after_ms, 0);
}

TEST(Messages, NamesTheFieldThatIsMissingOrMalformed) {
  EXPECT_EQ(parse_ack({{"type", "ack"}, {"id", "x"}}).error().message,
            "link message ack: field 'ok' is missing or malformed");
  EXPECT_FALSE(parse_offer({{"requestId", "r"}, {"sessionId", "s"}, {"kind", "x"}, {"sdp", ""}}));
  EXPECT_FALSE(parse_refuse({{"requestId", "r"}, {"status", 200}}));
  EXPECT_FALSE(parse_seat_report({{"participantId", "p"}, {"connection", "maybe"}}));
  boost::json::object desired = to_json(Desired());
  desired["routing"].get_object()["hostVolume"] = 101;
  EXPECT_EQ(parse_desired(desired).error().message,
            "link message desired: field 'routing.hostVolume' is missing or malformed");
}

}  // namespace
}  // namespace shelcaster::link
