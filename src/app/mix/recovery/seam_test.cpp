#include "app/mix/recovery/seam.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace shelcaster::app {
namespace {

using audio::kBlockFrames;
using audio::StereoBlock;

/// Left `value`, right its half.
StereoBlock block_of(float value) {
  StereoBlock block;
  for (std::size_t i = 0; i < block.size(); i += 2) {
    block[i] = value;
    block[i + 1] = value / 2;
  }
  return block;
}

class SeamTest : public testing::Test {
 protected:
  void SetUp() override {
    memory_.emplace(*tape::create_tape(1, {}));
    tape_.emplace(*tape::TapeWriter::attach(memory_->fd()));
    for (int i = 0; i < 4; ++i) tape_->write(tape_->head(), block_of(0.25F));
  }
  StereoBlock smoothed(Seam& seam, base::SampleTime at, float value) {
    StereoBlock block = block_of(value);
    seam.smooth(at, block);
    return block;
  }

  std::optional<tape::Tape> memory_;
  std::optional<tape::TapeWriter> tape_;
};

TEST_F(SeamTest, ChangesNothingWhereWhatIsRenderedAgainIsTheSame) {
  Seam seam(*tape_);
  const base::SampleTime head = tape_->head();
  EXPECT_EQ(smoothed(seam, head - kBlockFrames, 0.25F), block_of(0.25F));
  EXPECT_EQ(smoothed(seam, head, -0.5F), block_of(-0.5F)) << "a jump of the show's own";
}

TEST_F(SeamTest, LetsADifferenceDieAway) {
  Seam seam(*tape_);
  const base::SampleTime head = tape_->head();
  EXPECT_EQ(smoothed(seam, head - kBlockFrames, 0.1F), block_of(0.1F)) << "the tape has it already";
  const StereoBlock block = smoothed(seam, head, 0.1F);
  EXPECT_NEAR(block[0], 0.25F, 0.001F) << "it goes on from the tape";
  EXPECT_NEAR(block[1], 0.125F, 0.001F);
  EXPECT_EQ(block.back(), 0.05F) << "and ends as it is";
  for (std::size_t i = 2; i < block.size(); ++i) {
    EXPECT_LT(std::abs(block[i] - block[i - 2]), 0.0015F) << i;
  }
  EXPECT_EQ(smoothed(seam, head + kBlockFrames, 0.1F), block_of(0.1F));
}

TEST_F(SeamTest, ChangesNothingWhereNothingIsRenderedAgain) {
  Seam seam(*tape_);
  seam.note_rendered({0.25F, 0.125F});
  EXPECT_EQ(smoothed(seam, tape_->head(), -0.5F), block_of(-0.5F));
}

TEST_F(SeamTest, TakesUpTheTapeWhenNothingElseIsLeft) {
  Seam seam(*tape_);
  const StereoBlock block = smoothed(seam, tape_->head(), 0.0F);
  EXPECT_NEAR(block[0], 0.25F, 0.001F);
  EXPECT_EQ(block.back(), 0.0F);
}

TEST_F(SeamTest, BeginsANewTapeWithWhatThereIs) {
  const auto memory = tape::create_tape(1, {});
  const auto tape = tape::TapeWriter::attach(memory->fd());
  Seam seam(*tape);
  EXPECT_EQ(smoothed(seam, {}, 0.5F), block_of(0.5F));
}

}  // namespace
}  // namespace shelcaster::app
