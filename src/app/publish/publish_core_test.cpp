#include "app/publish/publish_core.hpp"

#include <gtest/gtest.h>

#include "media/ffmpeg_for_tests.hpp"

namespace shelcaster::app {
namespace {

using media::TestFolder;

constexpr std::int64_t kBlock = 480;
const tape::Epoch kEpoch{base::Instant::from_nanoseconds(0),
                         base::WallTime::from_unix_ms(1'700'000'000'000)};

class PublishCoreTest : public testing::Test {
 protected:
  void write_until(std::int64_t samples) {
    for (std::int64_t at = writer_.head().samples(); at < samples; at += kBlock) {
      writer_.write(base::SampleTime(at), media::tone(1000, 0.25, at, kBlock));
    }
  }
  PublishCore open() {
    return PublishCore::open(tape_.fd(), folder_.path(),
                             [](const base::Error& error) { ADD_FAILURE() << error.message; })
        .value();
  }
  /// As the roles run: mix writes 10 ms, publish looks.
  void run_together(PublishCore& core, std::int64_t until) {
    while (writer_.head().samples() < until) {
      write_until(writer_.head().samples() + kBlock);
      core.advance(sink_);
    }
  }

  TestFolder folder_;
  tape::Tape tape_ = tape::create_tape(4, kEpoch).value();
  tape::TapeWriter writer_ = tape::TapeWriter::attach(tape_.fd()).value();
  std::vector<std::shared_ptr<const media::AacPacket>> packets_;
  PublishCore::Sink sink_ = [this](auto packet) { packets_.push_back(std::move(packet)); };
};

TEST_F(PublishCoreTest, PublishesEverySampleOfTheTapeOnce) {
  PublishCore core = open();
  constexpr std::int64_t kUntil = 20 * 48'000 + kBlock;
  run_together(core, kUntil);
  EXPECT_LE(core.lag_samples(), kPublishLagSamples + 2 * std::int64_t{media::kAacFrameSamples});
  EXPECT_GE(core.lag_samples(), kPublishLagSamples);
  ASSERT_TRUE(core.finish(sink_));
  EXPECT_EQ(core.lag_samples(), 0);

  const auto got = media::decoded_by_ffmpeg(folder_ / "index.m3u8");
  const auto frames = static_cast<std::int64_t>(got.size()) / 2;
  EXPECT_GE(frames, kUntil);
  EXPECT_LT(frames, kUntil + std::int64_t{media::kAacFrameSamples});
  const auto range = media::tone_range_db(
      std::span(got).subspan(2 * 4'800, 2 * static_cast<std::size_t>(kUntil - 9'600)), 1000);
  EXPECT_NEAR(range.min_db, -12.04, 0.3);
  EXPECT_NEAR(range.max_db, -12.04, 0.3);
  // Sample for sample in place: a tone's phase tells.
  const auto original = media::tone(1000, 0.25, 0, kUntil);
  double error = 0;
  for (std::size_t i = 9'600; i < original.size() - 9'600; ++i) {
    error = std::max(error, std::abs(static_cast<double>(got[i] - original[i])));
  }
  EXPECT_LT(error, 0.02);
  for (std::size_t i = 1; i < packets_.size(); ++i) {
    ASSERT_EQ(packets_[i]->at - packets_[i - 1]->at, std::int64_t{media::kAacFrameSamples});
  }
}

TEST_F(PublishCoreTest, ARestartLeavesNoSeam) {
  {
    PublishCore core = open();
    run_together(core, 7 * 48'000);
  }
  write_until(8 * 48'000);  // while nobody reads
  PublishCore core = open();
  run_together(core, 15 * 48'000);
  ASSERT_TRUE(core.finish(sink_));
  EXPECT_EQ(core.counters().overruns, 0U);
  EXPECT_EQ(media::read_file(folder_ / "index.m3u8").find("DISCONTINUITY\n"), std::string::npos);
  const auto got = media::decoded_by_ffmpeg(folder_ / "index.m3u8");
  ASSERT_GE(static_cast<std::int64_t>(got.size()) / 2, 15 * 48'000);
  const auto original = media::tone(1000, 0.25, 0, 15 * 48'000);
  double error = 0;
  for (std::size_t i = 9'600; i < original.size() - 9'600; ++i) {
    error = std::max(error, std::abs(static_cast<double>(got[i] - original[i])));
  }
  EXPECT_LT(error, 0.02);
}

TEST_F(PublishCoreTest, JumpsToTheEdgeWhenTheTapeWentRoundAndMarksIt) {
  PublishCore core = open();
  run_together(core, 5 * 48'000);
  write_until(20 * 48'000);
  run_together(core, 25 * 48'000);
  ASSERT_TRUE(core.finish(sink_));
  EXPECT_EQ(core.counters().overruns, 1U);
  EXPECT_NE(media::read_file(folder_ / "index.m3u8").find("#EXT-X-DISCONTINUITY\n"),
            std::string::npos);
}

TEST_F(PublishCoreTest, SaysThatTheTapeNoLongerHasThePlaceWhereTheLastOneStopped) {
  {
    PublishCore core = open();
    run_together(core, 5 * 48'000);
  }
  write_until(12 * 48'000);
  PublishCore core = open();
  run_together(core, 16 * 48'000);
  EXPECT_EQ(core.counters().overruns, 1U);
  EXPECT_NE(media::read_file(folder_ / "index.m3u8").find("#EXT-X-DISCONTINUITY\n"),
            std::string::npos);
}

TEST_F(PublishCoreTest, StartsAtTheEdgeOfATapeThatRunsAlready) {
  write_until(100 * 48'000);
  PublishCore core = open();
  run_together(core, 104 * 48'000);
  ASSERT_FALSE(packets_.empty());
  EXPECT_EQ(packets_.front()->at, base::SampleTime(100 * 48'000 - kPublishLagSamples));
  EXPECT_EQ(core.counters().overruns, 0U);
}

}  // namespace
}  // namespace shelcaster::app
