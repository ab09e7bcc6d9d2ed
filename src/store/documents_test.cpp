#include "store/documents.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace shelcaster::store {
namespace {

// What documents of earlier programs don't have.
constexpr std::array<std::string_view, 19> kSinceLater{
    "selfMuted",        "invitedByName", "isSeated",     "queueItemId",
    "isForDeck",        "artist",        "album",        "cover",
    "contentHash",      "sessions",      "allowPrivate", "bannedNetworks",
    "invitationNumber", "networks",      "owner",        "revision",
    "constantRate",     "uploadType",    "pan"};

// Writing, reading and writing again must give the same document; a document without one of its
// fields must be refused with the field's name, unless the field came later.
template <typename Thing>
void expect_round_trip(const Thing& thing) {
  const boost::json::object written = to_document(thing);
  const auto read = from_document<Thing>(written);
  ASSERT_TRUE(read.has_value()) << read.error().message;
  EXPECT_EQ(to_document(*read), written);
  for (const auto& field : written) {
    boost::json::object without = written;
    without.erase(field.key());
    const bool is_new = std::ranges::count(kSinceLater, std::string_view(field.key())) > 0;
    EXPECT_EQ(from_document<Thing>(without).has_value(), is_new) << field.key();
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
  track.upload_type = "multipart/form-data; boundary=B";
  expect_round_trip(track);
  expect_round_trip(
      studio::Tracklist{studio::TracklistId("tl-1"), "x", {studio::TrackId("t")}, {}, {}});
  expect_round_trip(studio::Queue{{{studio::ItemId("i"), studio::TrackId("t")}}});
  expect_round_trip(studio::Deck());
  expect_round_trip(studio::Session());
  expect_round_trip(studio::Output{"rtmp", "rtmp://a/b", "key"});
}

TEST(Documents, GetTheirDefaultsForWhatOlderProgramsDidNotWrite) {
  boost::json::object output = to_document(studio::Output{"rtmp", "rtmp://a/b", "key", false});
  output.erase("allowPrivate");
  EXPECT_TRUE(from_document<studio::Output>(output)->allow_private) << "what stands stays allowed";
  studio::Track mine;
  mine.owner = studio::ShowId("show-1");
  boost::json::object track = to_document(mine);
  EXPECT_EQ(from_document<studio::Track>(track)->owner, mine.owner);
  track.erase("owner");
  EXPECT_EQ(from_document<studio::Track>(track)->owner, studio::Owner());
  studio::Participant panned;
  panned.controls.pan = -0.5;
  boost::json::object person = to_document(panned);
  EXPECT_EQ(from_document<studio::Participant>(person)->controls.pan, -0.5);
  person.erase("pan");
  EXPECT_EQ(from_document<studio::Participant>(person)->controls.pan, 0);
  studio::Show show;
  show.invitation_number = 3;
  boost::json::object stored = to_document(show);
  stored.erase("invitationNumber");
  EXPECT_EQ(from_document<studio::Show>(stored)->invitation_number, 0);
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
