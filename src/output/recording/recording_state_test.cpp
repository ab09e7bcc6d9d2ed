#include "output/recording/recording_state.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shelcaster::output {
namespace {

TEST(RecordingId, IsNothingThatLeadsElsewhere) {
  EXPECT_EQ(recording_start_of(recording_id(1'700'000'000'123)), 1'700'000'000'123);
  for (const char* text : {"", "rec-", "rec-..", "../rec-1", "rec-1/..", "rec-01", "rec--1",
                           "rec-+1", "rec-1 ", "REC-1", "rec-9999999999999999"}) {
    EXPECT_FALSE(recording_start_of(text)) << text;
  }
}

TEST(RecordingState, RefusesWhatIsNoneOfOurs) {
  RecordingState state;
  state.epoch_unix_ms = 1'700'000'000'000;
  state.start = base::SampleTime(5);
  state.aac_next = state.flac_next = base::SampleTime(9);
  state.track = "1\nSong\n";
  state.on_air = {"part-1"};
  const auto read = parse_recording_state(write_recording_state(state));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->on_air, state.on_air);
  EXPECT_EQ(read->track, state.track);
  state.aac_next = base::SampleTime(4);
  for (const std::string& text : {std::string(), std::string("[]"), std::string("{}"),
                                  std::string(1 << 20, ' '), write_recording_state(state)}) {
    EXPECT_FALSE(parse_recording_state(text));
  }
}

}  // namespace
}  // namespace shelcaster::output
