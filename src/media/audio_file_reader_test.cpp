#include "media/audio_file_reader.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/unique_fd.hpp"
#include "media/ffmpeg_for_tests.hpp"

namespace shelcaster::media {
namespace {

struct Format {
  const char* name;
  const char* extension;
  const char* options;
};

class AudioFileReaderFormats : public testing::TestWithParam<Format> {
 protected:
  /// 3 s of 1 kHz: left amplitude 0.25, right 0.125.
  std::string make() const {
    std::string path = folder_ / (std::string("tone.") + GetParam().extension);
    EXPECT_TRUE(
        ffmpeg("-f lavfi -i "
               "\"aevalsrc=0.25*sin(2*PI*1000*t)|0.125*sin(2*PI*1000*t):s=44100:d=3\" " +
               std::string(GetParam().options) + " " + path));
    return path;
  }
  TestFolder folder_;
};

base::Result<std::vector<float>> read_all(AudioFileReader& reader) {
  std::vector<float> all;
  for (;;) {
    const auto samples = reader.read();
    if (!samples) return tl::unexpected(samples.error());
    if (samples->empty()) return all;
    all.insert(all.end(), samples->begin(), samples->end());
  }
}

TEST_P(AudioFileReaderFormats, DecodesToTheRightLengthAndLevel) {
  const base::UniqueFd fd(::open(make().c_str(), O_RDONLY));
  auto reader = AudioFileReader::open(fd.get(), {});
  ASSERT_TRUE(reader) << reader.error().message;
  ASSERT_TRUE(reader->info().duration);
  if (reader->info().is_duration_declared) {
    EXPECT_NEAR(static_cast<double>(base::to_samples(*reader->info().duration)), 144'000, 4'800);
  }
  const auto all = read_all(*reader);
  ASSERT_TRUE(all);
  EXPECT_NEAR(static_cast<double>(all->size()) / 2, 144'000, 4'800);
  EXPECT_NEAR(tone_db(std::span(*all).subspan(48'000, 96'000), 1000), -12.04, 0.3);
}

TEST_P(AudioFileReaderFormats, DecodesAFileThatGrowsByteRangeByByteRange) {
  const std::string bytes = read_file(make());
  const std::string path = folder_ / "growing";
  std::ofstream out(path, std::ios::binary);
  std::size_t written = 0;
  const auto grow = [&] {
    const std::size_t piece = std::min<std::size_t>(3'000, bytes.size() - written);
    out.write(bytes.data() + written, static_cast<std::streamsize>(piece)).flush();
    written += piece;
    return written == bytes.size() ? More::kFileWhole : More::kPerhaps;
  };
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY));
  auto reader = AudioFileReader::open(fd.get(), grow);
  ASSERT_TRUE(reader) << reader.error().message;
  const auto all = read_all(*reader);
  ASSERT_TRUE(all);
  EXPECT_NEAR(static_cast<double>(all->size()) / 2, 144'000, 4'800);
}

TEST_P(AudioFileReaderFormats, GivesTheFirstSoundWhileMostIsYetToCome) {
  if (std::string_view(GetParam().name) == "M4aIndexLast") {
    GTEST_SKIP() << "its index comes last: nothing can be decoded before";
  }
  const std::string path = folder_ / (std::string("long.") + GetParam().extension);
  ASSERT_TRUE(ffmpeg("-f lavfi -i anoisesrc=d=30:a=0.3:r=44100 " + std::string(GetParam().options) +
                     " " + path));
  const std::string bytes = read_file(path);
  const std::string growing = folder_ / "growing";
  std::ofstream out(growing, std::ios::binary);
  std::size_t written = 0;
  const auto grow = [&] {
    const std::size_t piece = std::min<std::size_t>(3'000, bytes.size() - written);
    out.write(bytes.data() + written, static_cast<std::streamsize>(piece)).flush();
    written += piece;
    return written == bytes.size() ? More::kFileWhole : More::kPerhaps;
  };
  const base::UniqueFd fd(::open(growing.c_str(), O_RDONLY));
  auto reader = AudioFileReader::open(fd.get(), grow);
  ASSERT_TRUE(reader) << reader.error().message;
  ASSERT_GT(reader->read().value().size(), 0U);
  EXPECT_LT(written, 150'000U) << "of " << bytes.size();
}

INSTANTIATE_TEST_SUITE_P(
    All, AudioFileReaderFormats,
    testing::Values(Format{"Mp3", "mp3", "-c:a libmp3lame -b:a 192k"},
                    Format{"AacAdts", "aac", "-c:a aac -b:a 128k"},
                    Format{"M4aIndexLast", "m4a", "-c:a aac -b:a 128k"},
                    Format{"M4aIndexFirst", "m4a", "-c:a aac -b:a 128k -movflags +faststart"},
                    Format{"Flac", "flac", "-c:a flac"}, Format{"Wav", "wav", "-c:a pcm_s16le"},
                    Format{"WavFloat", "wav", "-c:a pcm_f32le"},
                    Format{"OggVorbis", "ogg", "-c:a libvorbis"},
                    Format{"OggOpus", "opus", "-c:a libopus"},
                    Format{"WebmOpus", "webm", "-c:a libopus"}),
    [](const auto& format) { return format.param.name; });

TEST(AudioFileReader, PutsMonoOnBothChannelsAtItsOwnLevel) {
  const TestFolder folder;
  ASSERT_TRUE(ffmpeg("-f lavfi -i \"aevalsrc=0.25*sin(2*PI*1000*t):s=48000:d=1\" " +
                     (folder / "mono.wav")));
  const base::UniqueFd fd(::open((folder / "mono.wav").c_str(), O_RDONLY));
  auto reader = AudioFileReader::open(fd.get(), {}).value();
  const auto all = read_all(reader).value();
  EXPECT_NEAR(tone_db(all, 1000), -12.04, 0.1);
  EXPECT_EQ(all[2'000], all[2'001]);
}

TEST(AudioFileReader, FindsTheMusicBesideACoverPicture) {
  const TestFolder folder;
  ASSERT_TRUE(ffmpeg("-f lavfi -i testsrc=s=64x64:d=0.04 -frames:v 1 " + (folder / "c.png")));
  ASSERT_TRUE(ffmpeg("-f lavfi -i sine=d=1 -i " + (folder / "c.png") +
                     " -map 0 -map 1 -c:v copy -disposition:v attached_pic -id3v2_version 3 " +
                     (folder / "a.mp3")));
  const base::UniqueFd fd(::open((folder / "a.mp3").c_str(), O_RDONLY));
  auto reader = AudioFileReader::open(fd.get(), {});
  ASSERT_TRUE(reader) << reader.error().message;
  EXPECT_GT(read_all(*reader).value().size(), 80'000U);
}

TEST(AudioFileReader, RefusesPlayListsThatNameOtherFiles) {
  const TestFolder folder;
  write_file(folder / "a.mp3",
             "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile:///etc/passwd\n");
  const base::UniqueFd fd(::open((folder / "a.mp3").c_str(), O_RDONLY));
  EXPECT_FALSE(AudioFileReader::open(fd.get(), {}));
}

}  // namespace
}  // namespace shelcaster::media
