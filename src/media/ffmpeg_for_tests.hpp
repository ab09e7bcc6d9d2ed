#pragma once

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numbers>
#include <span>
#include <string>
#include <vector>

// For tests only: files made and judged by the distribution's ffmpeg, so that what we write is
// checked by somebody else's reader.
namespace shelcaster::media {

/// A folder that is gone afterwards.
class TestFolder {
 public:
  TestFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "shelcaster-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

/// Standard output of a shell command.
inline std::string output_of(const std::string& command) {
  std::string text;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) std::abort();
  char buffer[65536];
  for (std::size_t got = 0; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) {
    text.append(buffer, got);
  }
  pclose(pipe);
  return text;
}

/// `ffmpeg <arguments>`; true when it succeeded.
inline bool ffmpeg(const std::string& arguments) {
  return std::system(("ffmpeg -nostdin -v error -y " + arguments).c_str()) == 0;
}

/// What ffmpeg decodes a file or play list to: 48 kHz stereo interleaved.
inline std::vector<float> decoded_by_ffmpeg(const std::string& path,
                                            const std::string& input_options = "") {
  const std::string bytes = output_of("ffmpeg -nostdin -v error " + input_options + " -i '" + path +
                                      "' -map 0:a:0 -f f32le -ac 2 -ar 48000 - 2>/dev/null");
  std::vector<float> samples(bytes.size() / sizeof(float));
  std::copy_n(bytes.data(), samples.size() * sizeof(float),
              reinterpret_cast<char*>(samples.data()));
  return samples;
}

/// Interleaved stereo, the same sine on both channels.
inline std::vector<float> tone(double hz, double amplitude, std::int64_t first,
                               std::int64_t frames) {
  std::vector<float> samples;
  for (std::int64_t n = first; n < first + frames; ++n) {
    const double phase = 2.0 * std::numbers::pi * hz * static_cast<double>(n) / 48'000.0;
    const auto value = static_cast<float>(amplitude * std::sin(phase));
    samples.push_back(value);
    samples.push_back(value);
  }
  return samples;
}

/// Level of one frequency in the left channel, in dB of a sine's amplitude (0 dB: amplitude 1).
inline double tone_db(std::span<const float> interleaved, double hz) {
  double re = 0;
  double im = 0;
  const std::size_t frames = interleaved.size() / 2;
  for (std::size_t n = 0; n < frames; ++n) {
    const double phase = 2.0 * std::numbers::pi * hz * static_cast<double>(n) / 48'000.0;
    re += static_cast<double>(interleaved[2 * n]) * std::cos(phase);
    im += static_cast<double>(interleaved[2 * n]) * std::sin(phase);
  }
  return 20.0 * std::log10(2.0 * std::hypot(re, im) / static_cast<double>(frames) + 1e-9);
}

/// The lowest and highest level of `hz` among the windows of `window` frames, all whole ones.
struct ToneRange {
  double min_db = 1e9;
  double max_db = -1e9;
};
inline ToneRange tone_range_db(std::span<const float> interleaved, double hz,
                               std::size_t window = 480) {
  ToneRange range;
  for (std::size_t at = 0; at + 2 * window <= interleaved.size(); at += 2 * window) {
    const double db = tone_db(interleaved.subspan(at, 2 * window), hz);
    range.min_db = std::min(range.min_db, db);
    range.max_db = std::max(range.max_db, db);
  }
  return range;
}

inline void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace shelcaster::media
