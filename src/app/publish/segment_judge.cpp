#include "app/publish/segment_judge.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <cstring>

#include "base/unique_fd.hpp"
#include "media/audio_file_reader.hpp"
#include "media/loudness.hpp"

namespace shelcaster::app {
namespace {

constexpr std::int64_t kEverySegments = 5;          // ten seconds
constexpr std::int64_t kEverySilentSegments = 150;  // five minutes
constexpr std::size_t kFileBytesMax = std::size_t{8} << 20U;
constexpr double kSilenceDb = -120;
/// Programme that may not get lost on its way, and how much quieter it may have become.
constexpr double kHeardDb = -50;
constexpr double kLostDb = 12;

/// Appends a whole file to `to`.
base::Result<void> append(const std::filesystem::path& path, int to) {
  const base::UniqueFd from(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!from) return base::fail(fmt::format("is not on the disk: {}", std::strerror(errno)));
  std::array<std::byte, 16 * 1024> bytes{};
  std::size_t size = 0;
  for (;;) {
    const ssize_t got = ::read(from.get(), bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return base::fail(fmt::format("can't be read: {}", std::strerror(errno)));
    if (got == 0) return {};
    size += static_cast<std::size_t>(got);
    if (size > kFileBytesMax || ::write(to, bytes.data(), static_cast<std::size_t>(got)) != got) {
      return base::fail("is too large");
    }
  }
}

base::Result<JudgedSegment> decode(int fd) {
  auto reader = media::AudioFileReader::open(fd, {});
  if (!reader) return base::fail("can't be decoded: " + reader.error().message);
  media::LoudnessMeasurement loudness(media::LoudnessMeasurement::Peak::kNone);
  JudgedSegment judged;
  float peak = 0;
  for (;;) {
    const auto samples = reader->read();
    if (!samples) return base::fail("can't be decoded: " + samples.error().message);
    if (samples->empty()) break;
    for (const float sample : *samples) peak = std::max(peak, std::abs(sample));
    judged.samples += static_cast<std::int64_t>(samples->size()) / 2;
    loudness.add(*samples);
  }
  judged.peak_db = std::max(kSilenceDb, 20.0 * std::log10(static_cast<double>(peak) + 1e-9));
  judged.loudness_lufs = loudness.integrated_lufs();
  return judged;
}

}  // namespace

JudgedSegment judge_segment(const std::filesystem::path& hls_dir, const output::HlsSegment& segment,
                            double tape_peak_db) {
  JudgedSegment judged;
  judged.number = segment.number;
  const auto complain = [&](const base::Error& error) {
    judged.problem = fmt::format("segment {} {}", segment.number, error.message);
    return judged;
  };
  const base::UniqueFd memory(::memfd_create("segment", MFD_CLOEXEC));
  if (!memory) return complain({"can't be judged: no descriptor left"});
  for (const std::string& name :
       {output::hls_init_name(segment.init_number), output::hls_segment_name(segment.number)}) {
    if (const auto read = append(hls_dir / name, memory.get()); !read)
      return complain(read.error());
  }
  auto decoded = decode(memory.get());
  if (!decoded) return complain(decoded.error());
  judged = *decoded;
  judged.number = segment.number;
  if (judged.samples != segment.samples) {
    return complain({fmt::format("has {} samples instead of {}", judged.samples, segment.samples)});
  }
  if (tape_peak_db > kHeardDb && judged.peak_db < tape_peak_db - kLostDb) {
    return complain({fmt::format("has a peak of {:.0f} dBFS, where the programme has {:.0f}",
                                 judged.peak_db, tape_peak_db)});
  }
  return judged;
}

bool JudgeRota::is_due(std::int64_t segment, bool is_silent) const {
  if (segment <= judged_) return false;
  return !was_good_ || segment - judged_ >= (is_silent ? kEverySilentSegments : kEverySegments);
}

void JudgeRota::note(std::int64_t segment, bool was_good) {
  judged_ = segment;
  was_good_ = was_good;
}

}  // namespace shelcaster::app
