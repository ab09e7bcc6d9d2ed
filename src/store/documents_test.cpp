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

}  // namespace
}  // namespace shelcaster::store
