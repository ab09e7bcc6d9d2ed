#include "output/hls/hls_packager.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>

#include "media/ffmpeg_for_tests.hpp"

namespace shelcaster::output {
namespace {

using media::AacEncoder;
using media::TestFolder;

constexpr auto kFrame = std::int64_t{media::kAacFrameSamples};
const base::WallTime kEpoch = base::WallTime::from_unix_ms(1'700'000'000'000);

/// Encodes 1 kHz at amplitude 0.25 and adds the packets [first, first + count).
void add_packets(HlsPackager& packager, std::int64_t first, std::int64_t count) {
  AacEncoder encoder;
  constexpr std::int64_t kWarmUp = 4;
  for (std::int64_t n = first - kWarmUp; n < first + count + media::kAacDelayFrames; ++n) {
    const std::int64_t at = n * kFrame;
    for (const auto& packet :
         encoder.encode(base::SampleTime(at), media::tone(1000, 0.25, at, kFrame))) {
      if (packet.at < base::SampleTime(first * kFrame)) continue;
      ASSERT_TRUE(packager.add(packet));
    }
  }
}

HlsPackager open(const TestFolder& folder, base::WallTime epoch = kEpoch, std::int64_t start = 0) {
  return HlsPackager::open(folder.path(), AacEncoder().config(), epoch, base::SampleTime(start));
}

std::string packet_times(const std::string& path) {
  return media::output_of("ffprobe -v error -show_entries packet=pts -of csv=p=0 " + path);
}

std::string times(std::int64_t first, std::int64_t count) {
  std::string text;
  for (std::int64_t n = first; n < first + count; ++n) text += std::to_string(n * kFrame) + "\n";
  return text;
}

bool exists(const TestFolder& folder, const std::string& name) {
  return std::filesystem::exists(folder / name);
}

TEST(HlsPackager, MakesAListThatFfmpegPlaysWithoutAGap) {
  const TestFolder folder;
  HlsPackager packager = open(folder);
  EXPECT_EQ(packager.next_at(), base::SampleTime(0));
  add_packets(packager, 0, 5 * kHlsSegmentPackets + 20);
  EXPECT_EQ(packager.last_segment(), 4);
  ASSERT_TRUE(packager.finish());
  EXPECT_EQ(packager.last_segment(), 5);
  EXPECT_TRUE(media::read_file(folder / "index.m3u8").ends_with("#EXT-X-ENDLIST\n"));

  EXPECT_EQ(packet_times(folder / "index.m3u8"), times(0, 5 * kHlsSegmentPackets + 20));
  // The address that is given out leads to the same.
  EXPECT_EQ(packet_times(folder / "master.m3u8"), packet_times(folder / "index.m3u8"));
  const auto got = media::decoded_by_ffmpeg(folder / "index.m3u8");
  ASSERT_EQ(static_cast<std::int64_t>(got.size()) / 2, (5 * kHlsSegmentPackets + 20) * kFrame);
  const auto range = media::tone_range_db(std::span(got).subspan(2 * 4'800), 1000);
  EXPECT_NEAR(range.min_db, -12.04, 0.3);
  EXPECT_NEAR(range.max_db, -12.04, 0.3);
}

TEST(HlsPackager, GoesOnAfterARestartWithoutASeam) {
  const TestFolder folder;
  {
    HlsPackager packager = open(folder);
    // The last 30 packets die with the process; their segment was never published.
    add_packets(packager, 0, 2 * kHlsSegmentPackets + 30);
  }
  HlsPackager packager = open(folder);
  EXPECT_EQ(packager.next_at(), base::SampleTime(2 * kHlsSegmentSamples));
  add_packets(packager, 2 * kHlsSegmentPackets, 2 * kHlsSegmentPackets);
  ASSERT_TRUE(packager.finish());
  const std::string list = media::read_file(folder / "index.m3u8");
  EXPECT_EQ(list.find("DISCONTINUITY\n"), std::string::npos);
  EXPECT_EQ(packet_times(folder / "index.m3u8"), times(0, 4 * kHlsSegmentPackets));
  const auto got = media::decoded_by_ffmpeg(folder / "index.m3u8");
  const auto range = media::tone_range_db(std::span(got).subspan(2 * 4'800), 1000);
  EXPECT_NEAR(range.min_db, -12.04, 0.3);
  EXPECT_NEAR(range.max_db, -12.04, 0.3);
}

TEST(HlsPackager, MarksAGapAsADiscontinuityAndKeepsTheDateRight) {
  const TestFolder folder;
  HlsPackager packager = open(folder);
  add_packets(packager, 0, kHlsSegmentPackets + 10);
  add_packets(packager, 1'000, kHlsSegmentPackets);
  const std::string list = media::read_file(folder / "index.m3u8");
  // The ten packets before the gap are a segment of their own.
  EXPECT_EQ(packager.last_segment(), 2);
  EXPECT_NE(list.find("#EXTINF:0.213333,\nseg-1.m4s\n#EXT-X-DISCONTINUITY\n"
                      "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:41.333Z\n"),
            std::string::npos)
      << list;
}

TEST(HlsPackager, NumbersGoOnInANewProgrammeAndTheOldOneLeavesTheList) {
  const TestFolder folder;
  {
    HlsPackager packager = open(folder);
    add_packets(packager, 0, 2 * kHlsSegmentPackets);
    ASSERT_TRUE(packager.finish());
  }
  HlsPackager packager = open(folder, base::WallTime::from_unix_ms(1'700'000'900'000));
  EXPECT_EQ(packager.next_at(), base::SampleTime(0));
  add_packets(packager, 0, kHlsSegmentPackets);
  const std::string list = media::read_file(folder / "index.m3u8");
  EXPECT_NE(list.find("#EXT-X-MEDIA-SEQUENCE:2\n"), std::string::npos) << list;
  EXPECT_NE(list.find("#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"init-1.mp4\"\n"), std::string::npos);
  EXPECT_EQ(list.find("seg-1.m4s"), std::string::npos);
  EXPECT_EQ(list.find("ENDLIST"), std::string::npos);
}

TEST(HlsPackager, KnowsWhereAProgrammeBeganThatHasNoSegmentYet) {
  const TestFolder folder;
  {
    HlsPackager packager = open(folder);
    add_packets(packager, 500, 2 * kHlsSegmentPackets);
  }
  const base::WallTime next_epoch = base::WallTime::from_unix_ms(1'700'000'900'000);
  { HlsPackager killed = open(folder, next_epoch, 3 * kFrame); }
  HlsPackager packager = open(folder, next_epoch, 90 * kFrame);
  EXPECT_EQ(packager.next_at(), base::SampleTime(3 * kFrame)) << "not of the programme before";
  add_packets(packager, 3, kHlsSegmentPackets);
  const std::string list = media::read_file(folder / "index.m3u8");
  EXPECT_NE(list.find("#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"init-1.mp4\"\n"), std::string::npos);
  EXPECT_FALSE(exists(folder, "init-2.mp4"));
}

TEST(HlsPackager, RemovesWhatAKilledOneLeftHalfWritten) {
  const TestFolder folder;
  media::write_file(folder / "seg-7.m4s.tmp", "half");
  media::write_file(folder / "index.m3u8.tmp", "");
  HlsPackager packager = open(folder);
  EXPECT_FALSE(exists(folder, "seg-7.m4s.tmp"));
  EXPECT_FALSE(exists(folder, "index.m3u8.tmp"));
}

TEST(HlsPackager, PutsTheEndMarkIntoAListWhosePackagerWasKilledBeforeIt) {
  const TestFolder folder;
  {
    HlsPackager packager = open(folder);
    add_packets(packager, 0, kHlsSegmentPackets);
    const std::string before = media::read_file(folder / "index.m3u8");
    ASSERT_TRUE(packager.finish());
    media::write_file(folder / "index.m3u8", before);
  }
  EXPECT_TRUE(open(folder).is_finished());
  EXPECT_TRUE(media::read_file(folder / "index.m3u8").ends_with("#EXT-X-ENDLIST\n"));
}

/// The sequence number of a segment's movie fragment header (ISO/IEC 14496-12 §8.8.5).
std::uint32_t fragment_number(const std::string& path) {
  const std::string bytes = media::read_file(path);
  const std::size_t at = bytes.find("mfhd") + 8;
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    number = number << 8U | static_cast<unsigned char>(bytes.at(at + i));
  }
  return number;
}

TEST(HlsPackager, NumbersFragmentsOnAfterARestart) {
  const TestFolder folder;
  {
    HlsPackager packager = open(folder);
    add_packets(packager, 0, 2 * kHlsSegmentPackets);
  }
  HlsPackager packager = open(folder);
  add_packets(packager, 2 * kHlsSegmentPackets, kHlsSegmentPackets);
  for (std::uint32_t n = 0; n < 3; ++n) {
    EXPECT_EQ(fragment_number(folder / ("seg-" + std::to_string(n) + ".m4s")), n + 1);
  }
}

TEST(HlsPackager, KeepsNumbersWhenItsStateIsDamaged) {
  const TestFolder folder;
  {
    HlsPackager packager = open(folder);
    add_packets(packager, 0, 3 * kHlsSegmentPackets);
  }
  media::write_file(folder / "state", "{\"version\":1,");
  HlsPackager packager = open(folder);
  EXPECT_EQ(packager.next_at(), base::SampleTime(0));
  add_packets(packager, 0, kHlsSegmentPackets);
  EXPECT_TRUE(exists(folder, "seg-3.m4s"));
  EXPECT_NE(media::read_file(folder / "index.m3u8").find("#EXT-X-MEDIA-SEQUENCE:3\n"),
            std::string::npos);
}

TEST(HlsPackager, SlidesTheWindowAndDeletesOldSegmentsAfterTheirGrace) {
  const TestFolder folder;
  HlsPackager packager = open(folder);
  constexpr std::int64_t kSegments = std::int64_t{kHlsWindowSegments} + kHlsGraceSegments + 5;
  add_packets(packager, 0, kSegments * kHlsSegmentPackets);
  EXPECT_FALSE(exists(folder, "seg-3.m4s"));
  EXPECT_TRUE(exists(folder, "seg-5.m4s"));
  const std::string list = media::read_file(folder / "index.m3u8");
  EXPECT_NE(list.find("#EXT-X-MEDIA-SEQUENCE:36\n"), std::string::npos) << list;
}

TEST(HlsPackager, MakesANewSegmentOfTheFileThatNobodyNeedsAnyMore) {
  const TestFolder folder;
  HlsPackager packager = open(folder);
  constexpr std::int64_t kSegments = std::int64_t{kHlsWindowSegments} + kHlsGraceSegments + 2;
  add_packets(packager, 0, kSegments * kHlsSegmentPackets);
  const auto file_of = [&folder](std::int64_t number) {
    struct stat info {};
    EXPECT_EQ(stat((folder / hls_segment_name(number)).c_str(), &info), 0) << number;
    return info.st_ino;
  };
  const auto spare = file_of(1);
  // Longer than what comes: its end is cut off.
  std::ofstream(folder / hls_segment_name(1), std::ios::app) << std::string(100'000, 'x');
  add_packets(packager, kSegments * kHlsSegmentPackets, kHlsSegmentPackets);
  EXPECT_EQ(file_of(kSegments), spare);
  EXPECT_FALSE(exists(folder, "seg-1.m4s"));
  const std::string both = folder / "both.mp4";
  std::ofstream(both, std::ios::binary) << media::read_file(folder / "init-0.mp4")
                                        << media::read_file(folder / hls_segment_name(kSegments));
  EXPECT_EQ(packet_times(both), times(kSegments * kHlsSegmentPackets, kHlsSegmentPackets));
}

TEST(HlsPackager, ReplacesItsListByTwoFilesInTurn) {
  const TestFolder folder;
  HlsPackager packager = open(folder);
  add_packets(packager, 0, 3 * kHlsSegmentPackets);
  std::ifstream reader(folder / "index.m3u8");
  const std::string before = media::read_file(folder / "index.m3u8");
  add_packets(packager, 3 * kHlsSegmentPackets, kHlsSegmentPackets);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(reader), {}), before)
      << "who has it open reads the list that it was";
  EXPECT_NE(media::read_file(folder / "index.m3u8").find("seg-3.m4s"), std::string::npos);
  ASSERT_TRUE(packager.finish());
  EXPECT_FALSE(exists(folder, "index.m3u8.tmp"));
}

TEST(HlsPackager, DeletesInitSegmentsThatNoListNamesAnyMore) {
  const TestFolder folder;
  constexpr std::int64_t kWindow = std::int64_t{kHlsWindowSegments} * kHlsSegmentPackets;
  for (std::int64_t programme = 0; programme < 4; ++programme) {
    HlsPackager packager =
        open(folder, base::WallTime::from_unix_ms(kEpoch.unix_ms() + programme * 100'000));
    add_packets(packager, 0, kWindow);
  }
  EXPECT_FALSE(exists(folder, "init-0.mp4"));
  EXPECT_TRUE(exists(folder, "init-1.mp4")) << "who has an older list may want it";
  EXPECT_TRUE(exists(folder, "init-2.mp4"));
  EXPECT_TRUE(exists(folder, "init-3.mp4"));
}

TEST(HlsPackager, BeginsWithTheFirstSegmentThatTheDiskTakes) {
  const TestFolder folder;
  // Where the folder should be there is a file: nothing can be made in it, for root either.
  const std::string dir = folder / "show";
  std::ofstream(dir) << "in the way";
  HlsPackager packager = HlsPackager::open(dir, AacEncoder().config(), kEpoch, base::SampleTime(0));
  EXPECT_NE(packager.problem(), "");
  AacEncoder encoder;
  const std::vector<float> silence(2 * static_cast<std::size_t>(kFrame));
  std::vector<bool> results;
  for (std::int64_t n = 0; results.size() < 3; ++n) {
    for (const auto& packet : encoder.encode(base::SampleTime(n * kFrame), silence)) {
      if (packet.at < base::SampleTime(0)) continue;
      const bool ends_segment = packager.packets_to_segment_end() == 1;
      const bool is_added = packager.add(packet).has_value();
      if (ends_segment) results.push_back(is_added);
    }
    if (results.size() == 1) std::filesystem::remove(dir);
  }
  EXPECT_EQ(results, (std::vector{false, true, true}));
  EXPECT_EQ(packager.problem(), "");
  EXPECT_EQ(packager.last_segment(), 1);
  EXPECT_EQ(packager.newest()->start, base::SampleTime(2 * kHlsSegmentSamples));
  EXPECT_TRUE(std::filesystem::exists(dir + "/init-0.mp4"));
  // Who opens it next goes on in it.
  const HlsPackager next =
      HlsPackager::open(dir, AacEncoder().config(), kEpoch, base::SampleTime(0));
  EXPECT_EQ(next.next_at(), base::SampleTime(3 * kHlsSegmentSamples));
}

}  // namespace
}  // namespace shelcaster::output
