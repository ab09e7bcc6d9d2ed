#include "media/flac_encoder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "media/ffmpeg_for_tests.hpp"

namespace shelcaster::media {
namespace {

constexpr auto kFrame = std::int64_t{kFlacFrameSamples};

std::vector<float> sound(std::int64_t first, std::int64_t frames) {
  std::vector<float> samples = tone(997, 0.7, first, frames);
  for (std::size_t i = 1; i < samples.size(); i += 2) samples[i] *= 0.3F;
  return samples;
}

std::string append(std::string file, const base::Bytes& bytes) {
  return std::move(file.append(base::as_text(bytes)));
}

/// What ffmpeg decodes, complaining of anything that isn't as it should be.
std::vector<float> decoded(const std::string& path) {
  EXPECT_EQ(output_of("ffmpeg -nostdin -v warning -err_detect crccheck+bitstream+explode -i '" +
                      path + "' -f null - 2>&1"),
            "");
  return decoded_by_ffmpeg(path);
}

TEST(FlacEncoder, KeepsEverySampleToTwentyFourBits) {
  const TestFolder folder;
  FlacEncoder encoder;
  std::string file = append("", encoder.header());
  for (std::int64_t at = 0; at < 20 * kFrame; at += kFrame) {
    file = append(file, encoder.encode(sound(at, kFrame)));
  }
  file = append(file, encoder.encode(sound(20 * kFrame, 777)));
  write_file(folder / "a.flac", file);
  const auto got = decoded(folder / "a.flac");
  const auto wanted = sound(0, 20 * kFrame + 777);
  ASSERT_EQ(got.size(), wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_NEAR(got[i], wanted[i], std::ldexp(0.5, -23) * 1.01) << i;
  }
}

TEST(FlacEncoder, GoesOnWithTheStreamOfAnother) {
  const TestFolder folder;
  // Numbers of one to four bytes.
  for (const std::uint64_t first : {std::uint64_t{3}, std::uint64_t{127}, std::uint64_t{2'046},
                                    std::uint64_t{65'535}, std::uint64_t{2'097'150}}) {
    FlacEncoder whole(first);
    FlacEncoder one(first);
    std::string file = append("", one.header());
    std::string undisturbed = file;
    for (std::int64_t i = 0; i < 8; ++i) {
      if (i == 4) one = FlacEncoder(first + 4);
      file = append(file, one.encode(sound(i * kFrame, kFrame)));
      undisturbed = append(undisturbed, whole.encode(sound(i * kFrame, kFrame)));
    }
    EXPECT_EQ(file, undisturbed) << first;
  }
  FlacEncoder one;
  std::string file = append("", one.header());
  for (std::int64_t i = 0; i < 300; ++i) {
    if (i % 50 == 49) one = FlacEncoder(static_cast<std::uint64_t>(i));
    file = append(file, one.encode(sound(i * kFrame, kFrame)));
  }
  write_file(folder / "a.flac", file);
  EXPECT_EQ(decoded(folder / "a.flac").size(), static_cast<std::size_t>(2 * 300 * kFrame));
}

TEST(FlacEncoder, CutsOffWhatIsBeyondFullScale) {
  const TestFolder folder;
  FlacEncoder encoder;
  std::vector<float> loud(2 * kFlacFrameSamples, 4.0F);
  std::fill(loud.begin(), loud.begin() + kFlacFrameSamples, -4.0F);
  loud.back() = std::nanf("");
  write_file(folder / "a.flac", append(append("", encoder.header()), encoder.encode(loud)));
  const auto got = decoded(folder / "a.flac");
  ASSERT_EQ(got.size(), loud.size());
  EXPECT_EQ(got.front(), -1.0F);
  EXPECT_NEAR(got[got.size() - 2], 1.0F, 1e-6);
  EXPECT_EQ(got.back(), 0.0F);
}

TEST(FlacEncoder, TellsHowLongAFileIsOnceThatIsKnown) {
  const TestFolder folder;
  FlacEncoder encoder;
  EXPECT_EQ(encoder.header().size(), kFlacHeaderBytes);
  std::string file = append("", encoder.header(2 * kFlacFrameSamples));
  for (std::int64_t i = 0; i < 2; ++i) file = append(file, encoder.encode(sound(0, kFrame)));
  write_file(folder / "a.flac", file);
  EXPECT_EQ(output_of("ffprobe -v error -show_entries stream=duration_ts,bits_per_raw_sample "
                      "-of csv=p=0 " +
                      (folder / "a.flac")),
            "8192,24\n");
}

}  // namespace
}  // namespace shelcaster::media
