#include "app/robot/voice.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "audio/tone.hpp"

namespace shelcaster::app {
namespace {

TEST(Voice, AToneIsHeardAtItsFrequencyAndLevel) {
  auto voice = Voice::parse("tone:660", 1);
  ASSERT_TRUE(voice);
  std::vector<float> heard;
  for (int i = 0; i < 20; ++i) {
    audio::StereoBlock block;
    voice->fill(block);
    heard.insert(heard.end(), block.begin(), block.end());
  }
  EXPECT_NEAR(audio::tone_level_db(heard, 0, 660.0), -30.0F, 0.5F);
}

TEST(Voice, RefusesWhatItCannotSay) {
  for (const char* kind : {"", "tone:", "tone:5", "tone:1e3", "song"}) {
    EXPECT_FALSE(Voice::parse(kind, 1)) << kind;
  }
}

}  // namespace
}  // namespace shelcaster::app
