#include "tape/track_mark.hpp"

#include <gtest/gtest.h>

#include "tape/tape.hpp"

namespace shelcaster::tape {
namespace {

TEST(TrackMark, IsReadAsItWasWritten) {
  const TrackMark mark = parse_track_mark(write_track_mark({12, "Sóng", "Band & Son"}));
  EXPECT_EQ(mark.play, 12U);
  EXPECT_EQ(mark.title, "Sóng");
  EXPECT_EQ(mark.artist, "Band & Son");
}

TEST(TrackMark, FitsAMarkWhateverTheTitle) {
  std::string euros;
  for (int i = 0; i < 500; ++i) euros += "€";
  const std::string text = write_track_mark({UINT64_MAX, euros + "\n", euros});
  EXPECT_LE(text.size(), kMarkTextBytesMax);
  const TrackMark mark = parse_track_mark(text);
  EXPECT_EQ(mark.play, UINT64_MAX);
  EXPECT_GT(mark.title.size(), 100U);
  EXPECT_EQ(mark.title.size() % 3, 0U) << "whole characters";
  EXPECT_GT(mark.artist.size(), 50U);
  EXPECT_EQ(mark.artist.size() % 3, 0U);
}

TEST(TrackMark, HasNoLineOfItsOwnInATitle) {
  EXPECT_EQ(parse_track_mark(write_track_mark({1, "a\nb\tc", "d\r\n"})).title, "a b c");
}

TEST(TrackMark, TakesWhateverStandsThere) {
  for (const char* text : {"", "\n", "x", "7", "\n\n\n\n"}) {
    EXPECT_EQ(parse_track_mark(text).title, "") << text;
  }
}

}  // namespace
}  // namespace shelcaster::tape
