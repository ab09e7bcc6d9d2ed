#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "media/aac_encoder.hpp"
#include "media/card_encoder.hpp"
#include "media/ffmpeg_for_tests.hpp"
#include "media/fmp4_writer.hpp"

namespace shelcaster::media {
namespace {

constexpr auto kFrame = std::int64_t{kAacFrameSamples};

/// Packets of a 1 kHz tone whose samples begin at `first`, without the priming packet.
std::vector<AacPacket> encode_tone(AacEncoder& encoder, std::int64_t first, int frames) {
  std::vector<AacPacket> packets;
  for (int i = 0; i < frames; ++i) {
    const std::int64_t at = first + i * kFrame;
    for (auto& packet : encoder.encode(base::SampleTime(at), tone(1000, 0.25, at, kFrame))) {
      if (packet.at >= base::SampleTime(first)) packets.push_back(std::move(packet));
    }
  }
  return packets;
}

std::string text_of(const base::Bytes& bytes) { return std::string(base::as_text(bytes)); }

TEST(AacEncoder, NumbersPacketsByTheSamplesThatTheyDecodeTo) {
  AacEncoder encoder;
  const auto packets = encode_tone(encoder, 5 * kFrame, 10);
  ASSERT_EQ(packets.size(), 10U - kAacDelayFrames);
  EXPECT_EQ(packets.front().at, base::SampleTime(5 * kFrame));
  EXPECT_EQ(packets.back().at, base::SampleTime(12 * kFrame));
  EXPECT_FALSE(encoder.config().empty());
}

TEST(AacEncoder, GivesSettledSilenceTheFramesThatItWouldEncodeAnyway) {
  AacEncoder encoder;
  AacEncoder told;  // that it is silence
  const std::vector<float> silence(2 * kAacFrameSamples);
  std::int64_t at = 0;
  for (int i = 0; i < 20; ++i, at += kFrame) {
    for (AacEncoder* one : {&encoder, &told}) {
      (void)one->encode(base::SampleTime(at), tone(1000, 0.25, at, kFrame));
    }
  }
  std::vector<AacPacket> packets;
  for (int i = 0; i < 300; ++i, at += kFrame) {
    const auto of_told = told.encode_silence(base::SampleTime(at));
    for (auto& packet : encoder.encode(base::SampleTime(at), silence)) packets.push_back(packet);
    ASSERT_EQ(of_told.size(), 1U) << i;
    ASSERT_EQ(of_told.front().at, packets.back().at) << i;
    ASSERT_EQ(of_told.front().bytes, packets.back().bytes) << i;
  }
  ASSERT_EQ(packets.size(), 300U);
  for (std::size_t i = 1; i < packets.size(); ++i) {
    ASSERT_EQ(packets[i].at - packets[i - 1].at, kFrame) << i;
    if (i <= 40) continue;
    ASSERT_EQ(packets[i].bytes, packets[40].bytes) << i;
  }
}

TEST(AacEncoder, GoesOnWithoutASeamAfterALongSilence) {
  const TestFolder folder;
  AacEncoder encoder;
  Fmp4Writer writer(encoder.config());
  std::string file = text_of(writer.init_segment());
  constexpr int kSilentFrames = 200;
  for (int i = 0; i < kSilentFrames + 60; ++i) {
    const std::int64_t at = i * kFrame;
    const auto pcm =
        i < kSilentFrames ? std::vector<float>(2 * kAacFrameSamples) : tone(1000, 0.25, at, kFrame);
    for (const auto& packet : encoder.encode(base::SampleTime(at), pcm)) {
      if (packet.at >= base::SampleTime(0)) writer.add(packet);
    }
  }
  file += text_of(writer.take_fragment());
  write_file(folder / "a.mp4", file);
  const auto got = decoded_by_ffmpeg(folder / "a.mp4");
  constexpr std::size_t kStart = 2U * kSilentFrames * kAacFrameSamples;
  ASSERT_GT(got.size(), kStart + std::size_t{2} * 50 * kAacFrameSamples);
  const auto before = std::span(got).subspan(kStart - 9'600, 9'600 - 2U * kAacFrameSamples);
  EXPECT_TRUE(std::ranges::all_of(before, [](float s) { return std::fabs(s) < 1e-4F; }));
  EXPECT_NEAR(tone_db(std::span(got).subspan(kStart + 4'800, 48'000), 1000), -12.04, 0.1);
}

TEST(Fmp4Writer, GivesEachFragmentItsExactDecodeTimeWhereverItStarts) {
  const TestFolder folder;
  AacEncoder encoder;
  // Beyond 2^31 samples: twelve hours and a half into a show.
  constexpr std::int64_t kFirst = 2'160'000'000 / kFrame * kFrame;
  Fmp4Writer writer(encoder.config());
  std::string file = text_of(writer.init_segment());
  int count = 0;
  for (const AacPacket& packet : encode_tone(encoder, kFirst, 100 + kAacDelayFrames)) {
    writer.add(packet);
    if (++count % 25 == 0) file += text_of(writer.take_fragment());
  }
  write_file(folder / "a.mp4", file);
  const std::string times =
      output_of("ffprobe -v error -show_entries packet=pts -of csv=p=0 " + (folder / "a.mp4"));
  std::string expected;
  for (int i = 0; i < 100; ++i) expected += std::to_string(kFirst + i * kFrame) + "\n";
  EXPECT_EQ(times, expected);
}

TEST(Fmp4Writer, CarriesTheToneAtItsLevelAndPhase) {
  const TestFolder folder;
  AacEncoder encoder;
  Fmp4Writer writer(encoder.config());
  std::string file = text_of(writer.init_segment());
  for (const AacPacket& packet : encode_tone(encoder, 0, 94 + kAacDelayFrames)) writer.add(packet);
  file += text_of(writer.take_fragment());
  write_file(folder / "a.mp4", file);
  const auto got = decoded_by_ffmpeg(folder / "a.mp4");
  ASSERT_EQ(got.size(), 2U * 94 * kAacFrameSamples);
  EXPECT_NEAR(tone_db(std::span(got).subspan(2 * 9'600, 2 * 48'000), 1000), -12.04, 0.1);
  const auto original = tone(1000, 0.25, 0, 94 * kFrame);
  double error = 0;
  for (std::size_t i = 20'000; i < 100'000; ++i) {
    error = std::max(error, std::abs(static_cast<double>(got[i] - original[i])));
  }
  EXPECT_LT(error, 0.02) << "a shift by one sample would be 0.03";
}

TEST(Fmp4Writer, MakesTheSameInitSegmentEveryTime) {
  AacEncoder encoder;
  EXPECT_EQ(Fmp4Writer(encoder.config()).init_segment(),
            Fmp4Writer(AacEncoder().config()).init_segment());
}

TEST(CardEncoder, MakesAPictureThatFfmpegDecodesWithAnIdrEachTwoSeconds) {
  const TestFolder folder;
  CardEncoder card;
  std::string stream;
  std::size_t bytes = 0;
  for (int n = 0; n < 90; ++n) {
    const VideoPacket packet = card.next();
    EXPECT_EQ(packet.frame, n);
    EXPECT_EQ(packet.is_idr, n % kCardFramesPerIdr == 0);
    if (packet.is_idr) stream += base::as_text(card.config());
    stream += base::as_text(packet.bytes);
    bytes += packet.bytes.size();
  }
  EXPECT_LT(bytes * 8, 6U * kCardBitrateBps * 11 / 10);
  write_file(folder / "card.h264", stream);
  const std::string probe = output_of(
      "ffprobe -v error -count_frames -show_entries "
      "stream=width,height,nb_read_frames,has_b_frames -of csv=p=0 " +
      (folder / "card.h264"));
  EXPECT_EQ(probe, "640,360,0,90\n");
}

}  // namespace
}  // namespace shelcaster::media
