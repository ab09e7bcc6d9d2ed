#include <fcntl.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/unique_fd.hpp"
#include "media/audio_file_reader.hpp"
#include "media/cover.hpp"
#include "media/ffmpeg_for_tests.hpp"

// Files as they come from people: with foreign bytes before the music, cut, tagged.
namespace shelcaster::media {
namespace {

/// How much can be decoded, in seconds; -1: the file is refused.
double seconds_of(const std::string& path, WaitForMore wait = {}) {
  const base::UniqueFd fd(::open(path.c_str(), O_RDONLY));
  auto reader = AudioFileReader::open(fd.get(), std::move(wait));
  if (!reader) return -1;
  std::size_t samples = 0;
  for (;;) {
    const auto got = reader->read();
    if (!got) return -1;
    if (got->empty()) return static_cast<double>(samples) / 96'000;
    samples += got->size();
  }
}

std::string make(const TestFolder& folder, const std::string& name, const std::string& options) {
  EXPECT_TRUE(ffmpeg("-f lavfi -i sine=frequency=1000:d=6 " + options + " " + (folder / name)));
  return folder / name;
}

std::string noise(std::size_t size) {
  std::string bytes;
  std::uint32_t random = 4'711;
  for (std::size_t i = 0; i < size; ++i) {
    random = random * 1'664'525U + 1'013'904'223U;
    bytes += static_cast<char>(random >> 24U);
  }
  return bytes;
}

TEST(ForeignFiles, AnMp3IsFoundBehindWhatIsNone) {
  const TestFolder folder;
  const std::string mp3 = read_file(make(folder, "a.mp3", "-id3v2_version 0"));
  const std::string tag = "APETAGEX" + noise(70'000);
  write_file(folder / "ape.mp3", tag + mp3);
  EXPECT_NEAR(seconds_of(folder / "ape.mp3"), 6, 0.2);
  write_file(folder / "zeros.mp3", std::string(300'000, '\0') + mp3);
  EXPECT_NEAR(seconds_of(folder / "zeros.mp3"), 6, 0.2);
  // A tag that says it is shorter than its cover.
  std::string id3 = std::string("ID3\x03\0\0\0\0\x08\0", 10) + noise(200'000);
  write_file(folder / "id3.mp3", id3 + mp3);
  EXPECT_NEAR(seconds_of(folder / "id3.mp3"), 6, 0.2);
  write_file(folder / "none.mp3", noise(100'000));
  EXPECT_LT(seconds_of(folder / "none.mp3"), 1);
}

TEST(ForeignFiles, AnMp3ThatWasCutPlaysWhatItHas) {
  const TestFolder folder;
  std::string mp3 = read_file(make(folder, "a.mp3", "-b:a 128k"));
  mp3.resize(mp3.size() / 3);
  write_file(folder / "cut.mp3", mp3);
  const base::UniqueFd fd(::open((folder / "cut.mp3").c_str(), O_RDONLY));
  auto reader = AudioFileReader::open(fd.get(), {});
  ASSERT_TRUE(reader);
  EXPECT_FALSE(reader->info().is_duration_declared);
  EXPECT_NEAR(seconds_of(folder / "cut.mp3"), 2, 0.2);
}

TEST(ForeignFiles, ACafThatIsBeingDownloadedIsWaitedFor) {
  const TestFolder folder;
  const std::string caf = read_file(make(folder, "a.caf", "-c:a alac"));
  std::ofstream growing(folder / "growing", std::ios::binary);
  std::size_t written = 0;
  const auto more = [&] {
    if (written == caf.size()) return More::kFileWhole;
    const std::size_t piece = std::min<std::size_t>(20'000, caf.size() - written);
    growing.write(caf.data() + written, static_cast<std::streamsize>(piece)).flush();
    written += piece;
    return More::kPerhaps;
  };
  EXPECT_NEAR(seconds_of(folder / "growing", more), 6, 0.2);
}

TEST(ForeignFiles, AnAudioFileIsReadWithinALargerOne) {
  const TestFolder folder;
  const std::string flac = read_file(make(folder, "a.flac", ""));
  write_file(folder / "body", noise(1'000) + flac + noise(5'000));
  const base::UniqueFd fd(::open((folder / "body").c_str(), O_RDONLY));
  auto reader = AudioFileReader::open(
      fd.get(), {}, {.begin = 1'000, .size = static_cast<std::int64_t>(flac.size())});
  ASSERT_TRUE(reader) << reader.error().message;
  ASSERT_TRUE(reader->info().duration);
  EXPECT_NEAR(static_cast<double>(base::to_samples(*reader->info().duration)), 6 * 48'000, 100);
}

TEST(ForeignFiles, TellWhatTheySayOfThemselves) {
  const TestFolder folder;
  ASSERT_TRUE(ffmpeg("-f lavfi -i color=red:s=64x64 -frames:v 1 " + (folder / "c.jpg")));
  for (const std::string extension : {"mp3", "m4a", "flac"}) {
    SCOPED_TRACE(extension);
    const std::string path = folder / ("a." + extension);
    ASSERT_TRUE(ffmpeg("-f lavfi -i sine=d=2 -i " + (folder / "c.jpg") +
                       " -map 0 -map 1 -c:v copy -disposition:v attached_pic "
                       "-metadata title=Wörter -metadata artist=Künstler -metadata album=Platte " +
                       path));
    const base::UniqueFd fd(::open(path.c_str(), O_RDONLY));
    auto reader = AudioFileReader::open(fd.get(), {});
    ASSERT_TRUE(reader) << reader.error().message;
    const AudioFileTags tags = reader->tags();
    // An MP3's may have been made Latin-1, whose bytes are given on.
    EXPECT_FALSE(tags.title.empty());
    EXPECT_FALSE(tags.artist.empty());
    EXPECT_EQ(tags.album, "Platte");
    EXPECT_EQ(sound_cover(reader->cover()), "jpg");
  }
}

TEST(ForeignFiles, ACoverIsAPictureOrNone) {
  const TestFolder folder;
  ASSERT_TRUE(ffmpeg("-f lavfi -i testsrc=s=200x200 -frames:v 1 " + (folder / "c.jpg")));
  ASSERT_TRUE(ffmpeg("-f lavfi -i testsrc=s=200x200 -frames:v 1 " + (folder / "c.png")));
  ASSERT_TRUE(ffmpeg("-f lavfi -i color=red:s=5000x5000 -frames:v 1 " + (folder / "large.png")));
  const auto kind_of = [](const std::string& bytes) {
    return sound_cover({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  };
  EXPECT_EQ(kind_of(read_file(folder / "c.jpg")), "jpg");
  EXPECT_EQ(kind_of(read_file(folder / "c.png")), "png");
  EXPECT_EQ(kind_of(read_file(folder / "large.png")), std::nullopt);
  std::string cut = read_file(folder / "c.png");
  cut.resize(cut.size() / 2);
  EXPECT_EQ(kind_of(cut), std::nullopt);
  EXPECT_EQ(kind_of("\xff\xd8\xff<script>alert(1)</script>"), std::nullopt);
  EXPECT_EQ(kind_of("<svg xmlns='http://www.w3.org/2000/svg'/>"), std::nullopt);
  EXPECT_EQ(kind_of(""), std::nullopt);
}

}  // namespace
}  // namespace shelcaster::media
