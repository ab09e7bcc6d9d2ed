#include "app/publish/segment_judge.hpp"

#include <gtest/gtest.h>

#include "app/publish/publish_core.hpp"
#include "media/ffmpeg_for_tests.hpp"

namespace shelcaster::app {
namespace {

using media::TestFolder;

class SegmentJudgeTest : public testing::Test {
 protected:
  SegmentJudgeTest() {
    auto tape = tape::create_tape(12, {}).value();
    auto core = PublishCore::open(tape.fd(), folder_.path(), [](const base::Error&) {}).value();
    auto writer = tape::TapeWriter::attach(tape.fd()).value();
    for (std::int64_t at = 0; at < 5 * base::kSampleRate; at += 480) {
      writer.write(base::SampleTime(at), media::tone(1000, 0.25, at, 480));
    }
    while (core.advance([](auto) {})) {
    }
    segment_ = core.hls().newest().value();
    tape_peak_db_ = core.peak_db(segment_.start, segment_.samples);
  }
  [[nodiscard]] std::string problem() const {
    return judge_segment(folder_.path(), segment_, tape_peak_db_).problem;
  }

  const TestFolder folder_;
  output::HlsSegment segment_;
  double tape_peak_db_ = 0;
};

TEST_F(SegmentJudgeTest, HearsWhatListenersHear) {
  EXPECT_NEAR(tape_peak_db_, -12.04, 0.01);
  const JudgedSegment judged = judge_segment(folder_.path(), segment_, tape_peak_db_);
  EXPECT_EQ(judged.problem, "");
  EXPECT_EQ(judged.number, 1);
  EXPECT_EQ(judged.samples, output::kHlsSegmentSamples);
  EXPECT_NEAR(judged.peak_db, -12, 0.5);
  ASSERT_TRUE(judged.loudness_lufs);
  EXPECT_NEAR(*judged.loudness_lufs, -12.04, 0.7);
}

TEST_F(SegmentJudgeTest, SaysThatASegmentIsGone) {
  std::filesystem::remove(folder_ / "seg-1.m4s");
  EXPECT_EQ(problem(), "segment 1 is not on the disk: No such file or directory");
}

TEST_F(SegmentJudgeTest, SaysThatASegmentCantBeDecoded) {
  media::write_file(folder_ / "seg-1.m4s", std::string(4'000, 'x'));
  EXPECT_NE(problem().find("segment 1 "), std::string::npos);
}

TEST_F(SegmentJudgeTest, SaysThatSamplesAreMissing) {
  std::string bytes = media::read_file(folder_ / "seg-1.m4s");
  media::write_file(folder_ / "seg-1.m4s", bytes.substr(0, bytes.size() / 2));
  EXPECT_NE(problem().find("samples instead of 95232"), std::string::npos) << problem();
}

TEST_F(SegmentJudgeTest, SaysThatTheProgrammeGotLostOnItsWay) {
  tape_peak_db_ = 0.1;
  EXPECT_EQ(problem(), "segment 1 has a peak of -12 dBFS, where the programme has 0");
}

TEST(JudgeRota, JudgesSomeOfThoseThatAreGoodAndEachAfterABadOne) {
  JudgeRota rota;
  EXPECT_FALSE(rota.is_due(-1, false)) << "there is none yet";
  EXPECT_TRUE(rota.is_due(0, false));
  rota.note(0, true);
  EXPECT_FALSE(rota.is_due(4, false));
  EXPECT_TRUE(rota.is_due(5, false));
  EXPECT_FALSE(rota.is_due(149, true));
  EXPECT_TRUE(rota.is_due(150, true));
  rota.note(5, false);
  EXPECT_FALSE(rota.is_due(5, false));
  EXPECT_TRUE(rota.is_due(6, true));
}

}  // namespace
}  // namespace shelcaster::app
