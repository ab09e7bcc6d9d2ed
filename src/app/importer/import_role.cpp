#include "app/importer/import_role.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <new>
#include <optional>

#include "app/importer/sandbox.hpp"
#include "app/upload/multipart.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "base/unique_fd.hpp"
#include "media/audio_file_reader.hpp"
#include "media/content_hash.hpp"
#include "media/cover.hpp"
#include "media/ready_file.hpp"
#include "media/text_guess.hpp"
#include "media/track_loudness.hpp"

namespace shelcaster::app {
namespace {

namespace json = boost::json;

constexpr std::int64_t kFramesMax = kImportHoursMax * 3600 * base::kSampleRate;
constexpr std::int64_t kFirstFlushFrames = base::kSampleRate / 5;
constexpr std::int64_t kProgressFrames = 5 * base::kSampleRate;
/// The loudness of less than a second is a guess.
constexpr std::int64_t kFirstLoudnessFrames = base::kSampleRate;
constexpr int kWaitForMoreMs = 50;
/// With more of its samples not a number, it is no music.
constexpr std::int64_t kBadSamplesShare = 10;
/// A file may end so much before its declared length (encoders round, taggers guess).
constexpr double kMissingShareMax = 0.05;
constexpr std::int64_t kMissingFramesMax = base::kSampleRate;

constexpr std::int64_t to_ms(std::int64_t frames) { return frames * 1000 / base::kSampleRate; }

void report(int fd, const json::object& line) {
  std::string text = json::serialize(line) + "\n";
  std::size_t at = 0;
  while (at < text.size()) {
    const ssize_t put = ::write(fd, text.data() + at, text.size() - at);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return;  // Nobody listens any more; the ready file is worth finishing.
    at += static_cast<std::size_t>(put);
  }
}

/// Waits for the end of file on `fd` that says that the source is whole, or for a byte that says
/// that no more of it will come.
media::More wait_for_more(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  if (::poll(&waiting, 1, kWaitForMoreMs) <= 0) return media::More::kPerhaps;
  std::array<char, 64> ignored{};
  const ssize_t got = ::read(fd, ignored.data(), ignored.size());
  const bool is_open = got < 0 && (errno == EINTR || errno == EAGAIN);
  return is_open ? media::More::kPerhaps : media::More::kFileWhole;
}

struct Files {
  base::UniqueFd source;
  base::UniqueFd out;
  base::UniqueFd cover;
};

base::Result<Files> open_files(const ImportOptions& options) {
  Files files;
  files.source.reset(::open(options.source.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!files.source || fstat(files.source.get(), &status) != 0) {
    return base::fail(fmt::format("can't open {}: {}", options.source, std::strerror(errno)));
  }
  if (!S_ISREG(status.st_mode)) return base::fail(options.source + " is no regular file");
  files.out.reset(::open(options.out.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!files.out) {
    return base::fail(fmt::format("can't write {}: {}", options.out, std::strerror(errno)));
  }
  if (!options.cover.empty()) {
    files.cover.reset(
        ::open(options.cover.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  }
  return files;
}

class Import {
 public:
  Import(const ImportOptions& options, const Files& files, media::ReadyFileWriter writer,
         const media::TextGuess& guess)
      : options_(options), files_(files), writer_(std::move(writer)), guess_(guess) {}

  base::Result<void> run();
  base::Result<void> close() { return writer_.finish(); }
  void report_done() const { report(options_.progress_fd, last_line_); }

 private:
  base::Result<media::FileWindow> find_file();
  base::Result<void> start(media::AudioFileReader& reader);
  void put_tags(media::AudioFileReader& reader, json::object& line) const;
  [[nodiscard]] std::optional<std::string_view> write_cover(const media::AudioFileReader&) const;
  base::Result<void> add(std::span<const float> samples);
  void report_progress();
  [[nodiscard]] base::Result<void> check_end() const;
  void put_measure(json::object& line) const;

  const ImportOptions& options_;
  const Files& files_;
  media::ReadyFileWriter writer_;
  media::TrackLoudness loudness_;
  const media::TextGuess& guess_;
  media::FileWindow window_;
  std::string file_name_;
  std::vector<float> sound_;
  std::int64_t bad_samples_ = 0;
  std::int64_t next_loudness_ = kFirstLoudnessFrames;
  json::object last_line_;
  std::optional<std::int64_t> expected_frames_;
  bool is_length_declared_ = false;
  std::int64_t next_progress_ = kFirstFlushFrames;
};

base::Result<void> Import::run() {
  const int complete_fd = options_.complete_fd;
  media::WaitForMore wait;
  if (complete_fd >= 0) wait = [complete_fd] { return wait_for_more(complete_fd); };
  const auto window = find_file();
  if (!window) return tl::unexpected(window.error());
  auto reader = media::AudioFileReader::open(files_.source.get(), std::move(wait), *window);
  if (!reader) return tl::unexpected(reader.error());
  window_ = *window;
  if (auto started = start(*reader); !started) return started;
  for (;;) {
    const auto samples = reader->read();
    if (!samples) return tl::unexpected(samples.error());
    if (samples->empty()) break;
    if (auto added = add(*samples); !added) return added;
  }
  if (auto good = check_end(); !good) return good;
  last_line_ = {
      {"type", "done"}, {"durationMs", to_ms(writer_.frames())}, {"loudnessLufs", nullptr}};
  put_measure(last_line_);
  put_tags(*reader, last_line_);
  last_line_["contentHash"] = media::content_hash(files_.source.get(), window_);
  return {};
}

base::Result<media::FileWindow> Import::find_file() {
  if (!is_multipart(options_.content_type)) return media::FileWindow{};
  auto part = find_file_part(files_.source.get(), options_.content_type);
  if (!part) return tl::unexpected(part.error());
  file_name_ = std::move(part->file_name);
  return media::FileWindow{.begin = part->begin, .size = part->size};
}

void Import::put_tags(media::AudioFileReader& reader, json::object& line) const {
  const media::AudioFileTags tags = reader.tags();
  line["title"] = guess_.utf8(tags.title);
  line["artist"] = guess_.utf8(tags.artist);
  line["album"] = guess_.utf8(tags.album);
}

std::optional<std::string_view> Import::write_cover(const media::AudioFileReader& reader) const {
  const auto bytes = reader.cover();
  if (!files_.cover || bytes.empty()) return std::nullopt;
  const auto kind = media::sound_cover(bytes);
  const bool is_written = kind && ::write(files_.cover.get(), bytes.data(), bytes.size()) ==
                                      static_cast<ssize_t>(bytes.size());
  return is_written ? kind : std::nullopt;
}

base::Result<void> Import::start(media::AudioFileReader& reader) {
  const media::AudioFileInfo& info = reader.info();
  json::object line{{"type", "started"}};
  put_tags(reader, line);
  if (const auto kind = write_cover(reader)) line["cover"] = *kind;
  if (!file_name_.empty()) line["fileName"] = file_name_;
  if (info.duration) {
    expected_frames_ = base::to_samples(*info.duration);
    is_length_declared_ = info.is_duration_declared;
    line["durationMs"] = to_ms(*expected_frames_);
    if (is_length_declared_ && *expected_frames_ > kFramesMax) {
      return base::fail(fmt::format("the file is {} hours long; at most {} are allowed",
                                    *expected_frames_ / base::kSampleRate / 3600, kImportHoursMax));
    }
  }
  report(options_.progress_fd, line);
  return {};
}

base::Result<void> Import::add(std::span<const float> samples) {
  if (writer_.frames() > kFramesMax) {
    return base::fail(fmt::format("the file is longer than {} hours", kImportHoursMax));
  }
  // As the ready file has it: what is beyond full scale is cut off, what is no number is silence.
  sound_.assign(samples.begin(), samples.end());
  for (float& sample : sound_) {
    const bool is_number = std::isfinite(sample);
    bad_samples_ += is_number ? 0 : 1;
    sample = is_number ? std::clamp(sample, -1.0F, 1.0F) : 0.0F;
  }
  if (auto written = writer_.write(sound_); !written) return written;
  loudness_.add(sound_);
  if (writer_.frames() < std::min(next_progress_, next_loudness_)) return {};
  if (auto flushed = writer_.flush(); !flushed) return flushed;
  next_progress_ = writer_.frames() + kProgressFrames;
  report_progress();
  return {};
}

void Import::report_progress() {
  json::object line{{"type", "progress"}};
  if (expected_frames_ && *expected_frames_ > 0) {
    line["fraction"] = std::min(
        1.0, static_cast<double>(writer_.frames()) / static_cast<double>(*expected_frames_));
  }
  line["writtenMs"] = to_ms(writer_.frames());
  if (writer_.frames() >= next_loudness_) {
    next_loudness_ = writer_.frames() + std::max(base::kSampleRate, writer_.frames() / 4);
    put_measure(line);
  }
  report(options_.progress_fd, line);
}

void Import::put_measure(json::object& line) const {
  const auto measure = loudness_.measure();
  const auto rounded = [](double value) { return std::round(value * 100.0) / 100.0; };
  if (measure.lufs) line["loudnessLufs"] = rounded(*measure.lufs);
  line["truePeakDb"] = rounded(measure.true_peak_db);
}

base::Result<void> Import::check_end() const {
  if (writer_.frames() == 0) return base::fail("the file has no sound in it");
  if (bad_samples_ > writer_.frames() * 2 / kBadSamplesShare) {
    return base::fail(
        "the file's samples are infinite or not numbers: it is damaged, or of another format than "
        "it says");
  }
  if (!expected_frames_ || !is_length_declared_) return {};
  const std::int64_t missing = *expected_frames_ - writer_.frames();
  const auto allowed =
      static_cast<std::int64_t>(kMissingShareMax * static_cast<double>(*expected_frames_));
  if (missing <= std::max(kMissingFramesMax, allowed)) return {};
  return base::fail(
      fmt::format("the file is cut off or damaged: {:.1f} s of its {:.1f} s could be "
                  "decoded; upload it again",
                  static_cast<double>(to_ms(writer_.frames())) / 1000.0,
                  static_cast<double>(to_ms(*expected_frames_)) / 1000.0));
}

base::Result<void> import_file(const ImportOptions& options) {
  auto files = open_files(options);
  if (!files) return tl::unexpected(files.error());
  const media::TextGuess guess;
  if (auto entered = enter_sandbox({}); !entered) return entered;
  auto writer = media::ReadyFileWriter::start(files->out.get());
  if (!writer) return tl::unexpected(writer.error());
  Import import(options, *files, std::move(*writer), guess);
  auto imported = import.run();
  auto closed = import.close();
  if (imported && !closed) imported = closed;
  if (imported) import.report_done();
  return imported;
}

}  // namespace

int run_import(const ImportOptions& options) {
  signal(SIGPIPE, SIG_IGN);
  // A full disk or a hostile length is an error to report, not a reason to die.
  signal(SIGXFSZ, SIG_IGN);
  base::Result<void> imported;
  try {
    imported = import_file(options);
  } catch (const std::bad_alloc&) {
    imported = base::fail("the file needs more memory than an import may have");
  }
  if (imported) return 0;
  report(options.progress_fd, {{"type", "failed"}, {"error", imported.error().message}});
  return 1;
}

}  // namespace shelcaster::app
