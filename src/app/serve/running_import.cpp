#include "app/serve/running_import.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <csignal>
#include <utility>

#include "launch/program.hpp"

namespace shelcaster::app {

namespace fs = std::filesystem;
namespace json = boost::json;
using control::ImportProgress;

namespace {

constexpr std::size_t kLineBytesMax = 64 * 1024;
constexpr int kProgressFd = 3;
constexpr int kCompleteFd = 4;
/// An import that nobody waits for takes what processor time is left over.
constexpr int kPatientNice = 10;

std::optional<double> number(const json::object& line, std::string_view key) {
  const json::value* value = line.if_contains(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

std::optional<std::string> text(const json::object& line, std::string_view key) {
  const json::value* value = line.if_contains(key);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::string(value->get_string());
}

}  // namespace

RunningImport::RunningImport(boost::asio::io_context& io, control::ImportJob job, Files files,
                             std::uint64_t fetch_bytes_max, Handlers handlers)
    : io_(io),
      job_(std::move(job)),
      files_(std::move(files)),
      fetch_bytes_max_(fetch_bytes_max),
      handlers_(std::move(handlers)),
      lines_(io),
      buffer_(kLineBytesMax) {
  progress_.track_id = job_.track_id;
}

RunningImport::~RunningImport() { kill(); }

void RunningImport::start() {
  if (is_fetch() && !start_fetch()) return;
  spawn();
}

bool RunningImport::start_fetch() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) {
    fail_later("no descriptors are left");
    return false;
  }
  complete_read_.reset(fds[0]);
  complete_write_.reset(fds[1]);
  // The importer opens it at once, perhaps before the first byte has come.
  base::UniqueFd(::open(files_.source.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  fetch_ = std::make_unique<runtime::UrlFetch>(
      io_,
      runtime::UrlFetchOptions{.url = job_.url,
                               .file = files_.source,
                               .bytes_max = fetch_bytes_max_,
                               .allow_private = job_.allow_private_urls},
      [this](base::Result<void> fetched) { handle_fetched(std::move(fetched)); });
  return true;
}

void RunningImport::spawn() {
  std::array<int, 2> fds{};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) return fail_later("no descriptors are left");
  lines_.assign(fds[0]);
  const base::UniqueFd progress_write(fds[1]);
  launch::SpawnOptions options;
  options.program = launch::own_executable();
  options.name = "shelcaster";
  options.arguments = {"import",
                       "--source",
                       (is_fetch() ? files_.source : job_.file).string(),
                       "--out",
                       files_.ready.string(),
                       "--cover",
                       files_.cover.string(),
                       "--progress-fd",
                       std::to_string(kProgressFd)};
  options.fds = {{.source = progress_write.get(), .target = kProgressFd}};
  if (is_fetch()) {
    options.arguments.insert(options.arguments.end(),
                             {"--complete-fd", std::to_string(kCompleteFd)});
    options.fds.push_back({.source = complete_read_.get(), .target = kCompleteFd});
  } else if (!job_.content_type.empty()) {
    options.arguments.insert(options.arguments.end(), {"--content-type", job_.content_type});
  }
  options.dies_with_parent = true;
  auto process = launch::spawn(options);
  if (!process) return fail_later(process.error().message);
  process_ = std::make_unique<launch::Process>(std::move(*process));
  complete_read_.reset();
  if (job_.wanted == control::Wanted::kNot) {
    (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(process_->pid()), kPatientNice);
  }
  exit_watch_ = std::make_unique<runtime::FdWatch>(io_, process_->pidfd(), [this] {
    has_exited_ = process_->poll_exit().has_value();
    end_when_all_is_told();
  });
  read_line();
}

void RunningImport::read_line() {
  boost::asio::async_read_until(
      lines_, buffer_, '\n',
      [self = weak_from_this()](boost::system::error_code failed, std::size_t size) {
        if (const auto alive = self.lock()) alive->handle_line(failed, size);
      });
}

void RunningImport::handle_line(boost::system::error_code failed, std::size_t size) {
  if (failed) {
    is_read_out_ = true;
    return end_when_all_is_told();
  }
  const auto data = buffer_.data();
  const std::string line_text(boost::asio::buffers_begin(data),
                              boost::asio::buffers_begin(data) + static_cast<std::ptrdiff_t>(size));
  buffer_.consume(size);
  boost::system::error_code bad;
  const json::value line = json::parse(line_text, bad);
  if (!bad && line.is_object() && !is_cancelled_) take_line(line.get_object());
  read_line();
}

void RunningImport::take_line(const json::object& line) {
  const std::string kind = text(line, "type").value_or("");
  if (const auto duration = number(line, "durationMs")) {
    progress_.duration_ms = static_cast<std::int64_t>(*duration);
  }
  if (const auto fraction = number(line, "fraction")) progress_.progress = *fraction;
  if (auto name = text(line, "fileName")) progress_.file_name = std::move(name);
  if (auto title = text(line, "title")) progress_.title = std::move(*title);
  if (auto artist = text(line, "artist")) progress_.artist = std::move(*artist);
  if (auto album = text(line, "album")) progress_.album = std::move(*album);
  if (const auto cover = text(line, "cover")) keep_cover(*cover);
  if (const auto written = number(line, "writtenMs")) {
    progress_.written_ms = static_cast<std::int64_t>(*written);
  }
  if (const auto lufs = number(line, "loudnessLufs")) progress_.loudness_lufs = lufs;
  if (const auto peak = number(line, "truePeakDb")) progress_.true_peak_db = peak;
  if (kind == "progress") progress_.is_playable = true;
  if (kind == "done") {
    progress_.state = ImportProgress::State::kReady;
    progress_.progress = 1;
    progress_.is_playable = true;
    progress_.loudness_lufs = number(line, "loudnessLufs");
    progress_.content_hash = text(line, "contentHash").value_or("");
    return;  // told when the process has left the file
  }
  if (kind == "failed") {
    progress_.state = ImportProgress::State::kFailed;
    progress_.error = text(line, "error").value_or("the import failed");
    return;
  }
  handlers_.on_progress(progress_);
}

void RunningImport::keep_cover(const std::string& kind) {
  if (kind != "jpg" && kind != "png") return;
  fs::path named = files_.cover;
  named += "." + kind;
  std::error_code failed;
  fs::rename(files_.cover, named, failed);
  if (!failed) progress_.cover = named.filename().string();
}

std::uint64_t RunningImport::ready_bytes() const {
  constexpr std::int64_t kBytesOfMs = 192;
  const std::int64_t ms = std::max(progress_.written_ms, progress_.duration_ms.value_or(0));
  return static_cast<std::uint64_t>(std::max<std::int64_t>(ms, 0) * kBytesOfMs);
}

void RunningImport::handle_fetched(base::Result<void> fetched) {
  if (!fetched) {
    if (given_up_.empty()) given_up_ = fetched.error().message;
    // It finishes the ready file with what has come, so that a deck that plays it doesn't wait for
    // more.
    (void)!::write(complete_write_.get(), "x", 1);
  }
  complete_write_.reset();
}

void RunningImport::give_up(std::string why) {
  if (given_up_.empty()) given_up_ = std::move(why);
  fetch_.reset();
  kill();
}

void RunningImport::cancel() {
  is_cancelled_ = true;
  fetch_.reset();
  kill();
}

void RunningImport::kill() {
  if (process_ && !has_exited_) process_->send_signal(SIGKILL);
}

void RunningImport::end_when_all_is_told() {
  if (!has_exited_ || !is_read_out_ || !handlers_.on_end) return;
  const auto self = shared_from_this();
  fetch_.reset();
  std::error_code failed;
  fs::remove(files_.source, failed);
  fs::remove(files_.cover, failed);  // one that was sound has its extension by now
  const bool is_kept = given_up_.empty() && progress_.state == ImportProgress::State::kReady;
  if ((is_cancelled_ || !is_kept) && !progress_.cover.empty()) {
    fs::remove(files_.cover.parent_path() / std::exchange(progress_.cover, {}), failed);
  }
  if (!given_up_.empty()) {
    progress_.state = ImportProgress::State::kFailed;
    progress_.error = given_up_;
  } else if (progress_.state == ImportProgress::State::kImporting) {
    progress_.state = ImportProgress::State::kFailed;
    progress_.error = "the import was stopped by its limits; is the file sound?";
  }
  std::exchange(handlers_, {}).on_end(progress_, is_cancelled_);
  // Not before the end of it is in the store: who starts anew in between wants it.
  if (!job_.file.empty()) fs::remove(job_.file, failed);
}

void RunningImport::fail_later(std::string why) {
  if (given_up_.empty()) given_up_ = std::move(why);
  boost::asio::post(io_, [self = shared_from_this()] {
    self->has_exited_ = self->is_read_out_ = true;
    self->end_when_all_is_told();
  });
}

}  // namespace shelcaster::app
