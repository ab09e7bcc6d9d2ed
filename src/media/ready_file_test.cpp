#include "media/ready_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "base/unique_fd.hpp"
#include "media/ffmpeg_for_tests.hpp"

namespace shelcaster::media {
namespace {

base::UniqueFd open_new(const std::string& path) {
  return base::UniqueFd(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0644));
}

TEST(ReadyFile, IsAWavThatOtherProgramsRead) {
  const TestFolder folder;
  const auto fd = open_new(folder / "a.wav");
  auto writer = ReadyFileWriter::start(fd.get()).value();
  ASSERT_TRUE(writer.write(tone(1000, 0.5, 0, 48'000)));
  ASSERT_TRUE(writer.finish());
  const auto got = decoded_by_ffmpeg(folder / "a.wav");
  ASSERT_EQ(got.size(), 2U * 48'000);
  EXPECT_NEAR(tone_db(got, 1000), -6.02, 0.01);
}

TEST(ReadyFile, CanBeReadWhileItGrows) {
  const TestFolder folder;
  const auto fd = open_new(folder / "a.wav");
  auto writer = ReadyFileWriter::start(fd.get()).value();
  auto reader = ReadyFileReader::open(folder / "a.wav").value();
  EXPECT_EQ(reader.frames_available().value(), 0);
  EXPECT_FALSE(reader.is_finished().value());

  const auto samples = tone(440, 0.25, 0, 9'600);
  ASSERT_TRUE(writer.write(samples));
  EXPECT_EQ(reader.frames_available().value(), 9'600);
  std::vector<float> got(2 * 480);
  ASSERT_EQ(reader.read(9'600 - 480, got).value(), 480U);
  for (std::size_t i = 0; i < got.size(); ++i) {
    EXPECT_NEAR(got[i], samples[samples.size() - got.size() + i], 2.1F / 32768.0F);
  }
  EXPECT_EQ(reader.read(9'600 - 100, got).value(), 100U);
  EXPECT_EQ(reader.read(9'600, got).value(), 0U);
  EXPECT_EQ(reader.read(1'000'000, got).value(), 0U);
  EXPECT_FALSE(reader.read(-1, got));

  ASSERT_TRUE(writer.write(tone(440, 0.25, 9'600, 100)));
  ASSERT_TRUE(writer.finish());
  EXPECT_TRUE(reader.is_finished().value());
  EXPECT_EQ(reader.frames_available().value(), 9'700);
}

TEST(ReadyFile, DithersSoThatAToneBelowOneBitIsStillThere) {
  const TestFolder folder;
  const auto fd = open_new(folder / "a.wav");
  auto writer = ReadyFileWriter::start(fd.get()).value();
  constexpr double kAmplitude = 0.4 / 32'768.0;  // would round to silence
  ASSERT_TRUE(writer.write(tone(1000, kAmplitude, 0, 480'000)));
  ASSERT_TRUE(writer.finish());
  const auto got = decoded_by_ffmpeg(folder / "a.wav");
  EXPECT_NEAR(tone_db(got, 1000), 20 * std::log10(kAmplitude), 0.5);
  EXPECT_LT(tone_db(got, 3000), tone_db(got, 1000) - 20) << "dither makes noise, not overtones";
}

TEST(ReadyFile, BoundsWhatIsTooLoudAndWhatIsNoNumber) {
  const TestFolder folder;
  const auto fd = open_new(folder / "a.wav");
  auto writer = ReadyFileWriter::start(fd.get()).value();
  ASSERT_TRUE(writer.write(std::vector<float>{4.0F, -4.0F, std::nanf(""), INFINITY}));
  ASSERT_TRUE(writer.finish());
  auto reader = ReadyFileReader::open(folder / "a.wav").value();
  std::vector<float> got(4);
  ASSERT_EQ(reader.read(0, got).value(), 2U);
  EXPECT_NEAR(got[0], 1.0F, 1e-4F);
  EXPECT_NEAR(got[1], -1.0F, 1e-4F);
  EXPECT_NEAR(got[2], 0.0F, 1e-4F);
}

TEST(ReadyFile, RefusesOtherFiles) {
  const TestFolder folder;
  EXPECT_FALSE(ReadyFileReader::open(folder / "none.wav"));
  write_file(folder / "short.wav", "RIFF");
  EXPECT_FALSE(ReadyFileReader::open(folder / "short.wav"));
  write_file(folder / "other.wav", std::string(500, 'x'));
  EXPECT_FALSE(ReadyFileReader::open(folder / "other.wav"));
}

}  // namespace
}  // namespace shelcaster::media
