#include "store/documents.hpp"

#include <gtest/gtest.h>

namespace shelcaster::store {
namespace {

// Writing, reading and writing again must give the same document; a document without one of its
// fields must be refused with the field's name.
template <typename Thing>
void expect_round_trip(const Thing& thing) {
  const boost::json::object written = to_document(thing);
  const auto read = from_document<Thing>(written);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(to_document(*read), written);
  for (const auto& field : written) {
    boost::json::object without = written;
    without.erase(field.key());
    EXPECT_FALSE(from_document<Thing>(without).has_value()) << field.key();
  }
}

TEST(Documents, GoThereAndBack) {
  studio::Show show;
  show.id = studio::ShowId("show-1");
  show.status = studio::ShowStatus::kLive;
  expect_round_trip(show);
  studio::Participant person;
  person.left_at = base::WallTime::from_unix_ms(7);
  expect_round_trip(person);
  expect_round_trip(studio::AudioRouting());
  studio::Track track;
  track.loudness_lufs = -14.5;
  expect_round_trip(track);
  expect_round_trip(
      studio::Tracklist{studio::TracklistId("tl-1"), "x", {studio::TrackId("t")}, {}, {}});
  expect_round_trip(studio::Queue{{{studio::ItemId("i"), studio::TrackId("t")}}});
  expect_round_trip(studio::Deck());
  expect_round_trip(studio::Session());
  expect_round_trip(studio::Output{"rtmp", "rtmp://a/b", "key"});
}

TEST(Documents, RefuseListsOfWhatDoesNotBelongThere) {
  namespace json = boost::json;
  json::object list = to_document(studio::Tracklist());
  for (const json::value& wrong : {json::value(1), json::value("x"), json::value(nullptr)}) {
    list["trackIds"] = json::array{wrong};
    EXPECT_EQ(from_document<studio::Tracklist>(list).has_value(), wrong.is_string());
    EXPECT_FALSE(from_document<studio::Queue>({{"items", json::array{wrong}}}).has_value());
  }
  list["trackIds"] = "x";
  EXPECT_EQ(from_document<studio::Tracklist>(list).error().message,
            "stored document: field 'trackIds' is missing or malformed");
  const json::object without_track{{"itemId", "i"}};
  EXPECT_FALSE(from_document<studio::Queue>({{"items", json::array{without_track}}}).has_value());
}

}  // namespace
}  // namespace shelcaster::store
