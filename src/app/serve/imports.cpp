#include "app/serve/imports.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/json.hpp>
#include <csignal>
#include <utility>

#include "app/serve/multipart.hpp"
#include "base/log.hpp"
#include "launch/process.hpp"
#include "launch/program.hpp"
#include "runtime/url_fetch.hpp"

namespace shelcaster::app {

namespace fs = std::filesystem;
namespace json = boost::json;
namespace log = base::log;
using control::ImportProgress;
using studio::TrackId;

namespace {

constexpr std::size_t kLineBytesMax = 64 * 1024;
constexpr int kProgressFd = 3;
constexpr int kCompleteFd = 4;

std::optional<double> number(const json::object& line, std::string_view key) {
  const json::value* value = line.if_contains(key);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return value->to_number<double>();
}

}  // namespace

class Imports::Job : public std::enable_shared_from_this<Job> {
 public:
  Job(Imports& owner, control::ImportJob what)
      : owner_(owner),
        what_(std::move(what)),
        source_(owner.data_dir_ / "spool" / ("import-" + what_.track_id.str())),
        lines_(owner.io_),
        buffer_(kLineBytesMax) {
    progress_.track_id = what_.track_id;
  }

  [[nodiscard]] bool is_fetch() const { return !what_.url.empty(); }

  void start() {
    if (is_fetch()) {
      std::array<int, 2> fds{};
      if (::pipe2(fds.data(), O_CLOEXEC) != 0) return fail_later("no descriptors are left");
      complete_read_.reset(fds[0]);
      complete_write_.reset(fds[1]);
      // The importer opens it at once, perhaps before the first byte has come.
      base::UniqueFd(::open(source_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
      fetch_ = std::make_unique<runtime::UrlFetch>(
          owner_.io_,
          runtime::UrlFetchOptions{.url = what_.url,
                                   .file = source_,
                                   .bytes_max = owner_.limits_.fetch_bytes_max,
                                   .allow_private = what_.allow_private_urls},
          [this](base::Result<void> fetched) { handle_fetched(std::move(fetched)); });
    } else if (what_.content_type.starts_with("multipart/form-data")) {
      if (auto unpacked = unpack_multipart(what_.file, what_.content_type); !unpacked) {
        return fail_later(unpacked.error().message);
      }
    }
    spawn();
  }

  // No more is told; the processes and files go.
  void abandon() {
    is_over_ = true;
    fetch_.reset();
    if (process_) {
      process_->send_signal(SIGKILL);
      (void)process_->wait_for_ms(2'000);
    }
    boost::system::error_code ignored;
    if (lines_.is_open()) lines_.close(ignored);
    std::error_code failed;
    fs::remove(source_, failed);
    if (!what_.file.empty()) fs::remove(what_.file, failed);
  }

 private:
  void spawn() {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) return fail_later("no descriptors are left");
    lines_.assign(fds[0]);
    const base::UniqueFd progress_write(fds[1]);
    launch::SpawnOptions options;
    options.program = launch::own_executable();
    options.name = "shelcaster";
    options.arguments = {"import",
                         "--source",
                         (is_fetch() ? source_ : what_.file).string(),
                         "--out",
                         owner_.ready_path(what_.track_id).string(),
                         "--progress-fd",
                         std::to_string(kProgressFd)};
    options.fds = {{.source = progress_write.get(), .target = kProgressFd}};
    if (is_fetch()) {
      options.arguments.insert(options.arguments.end(),
                               {"--complete-fd", std::to_string(kCompleteFd)});
      options.fds.push_back({.source = complete_read_.get(), .target = kCompleteFd});
    }
    options.dies_with_parent = true;
    options.environment_without = {"SHELCASTER_ADMIN_TOKEN"};
    auto process = launch::spawn(options);
    if (!process) return fail_later(process.error().message);
    process_ = std::make_unique<launch::Process>(std::move(*process));
    complete_read_.reset();
    read_line();
  }

  void read_line() {
    boost::asio::async_read_until(
        lines_, buffer_, '\n',
        [self = shared_from_this()](boost::system::error_code failed, std::size_t size) {
          self->handle_line(failed, size);
        });
  }

  void handle_line(boost::system::error_code failed, std::size_t size) {
    if (is_over_) return;
    if (failed) return handle_end();
    const auto data = buffer_.data();
    const std::string text(boost::asio::buffers_begin(data),
                           boost::asio::buffers_begin(data) + static_cast<std::ptrdiff_t>(size));
    buffer_.consume(size);
    boost::system::error_code bad;
    const json::value line = json::parse(text, bad);
    if (!bad && line.is_object()) take_line(line.get_object());
    if (!is_over_) read_line();
  }

  void take_line(const json::object& line) {
    const json::value* type = line.if_contains("type");
    if (type == nullptr || !type->is_string()) return;
    const std::string_view kind = type->get_string();
    if (const auto duration = number(line, "durationMs")) {
      progress_.duration_ms = static_cast<std::int64_t>(*duration);
    }
    if (const auto fraction = number(line, "fraction")) progress_.progress = *fraction;
    if (kind == "done") {
      progress_.state = ImportProgress::State::kReady;
      progress_.progress = 1;
      progress_.loudness_lufs = number(line, "loudnessLufs");
      progress_.true_peak_db = number(line, "truePeakDb");
      return;  // handle_end tells it, when the process has left the file
    }
    if (kind == "failed") {
      const json::value* error = line.if_contains("error");
      progress_.state = ImportProgress::State::kFailed;
      progress_.error = error != nullptr && error->is_string() ? std::string(error->get_string())
                                                               : "the import failed";
      return;
    }
    owner_.on_progress_(progress_);
  }

  void handle_end() {
    (void)process_->wait_for_ms(5'000);
    if (!fetch_error_.empty()) {
      progress_.state = ImportProgress::State::kFailed;
      progress_.error = fetch_error_;
    } else if (progress_.state == ImportProgress::State::kImporting) {
      progress_.state = ImportProgress::State::kFailed;
      progress_.error = "the import was stopped by its limits; is the file sound?";
    }
    owner_.finish(what_.track_id, progress_);
  }

  void handle_fetched(base::Result<void> fetched) {
    if (!fetched) {
      fetch_error_ = fetched.error().message;
      // It finishes the ready file with what has come, so that a deck that plays it doesn't wait
      // for more.
      (void)!::write(complete_write_.get(), "x", 1);
    }
    complete_write_.reset();
  }

  void fail_later(std::string why) {
    progress_.state = ImportProgress::State::kFailed;
    progress_.error = std::move(why);
    boost::asio::post(owner_.io_, [self = shared_from_this()] {
      if (!self->is_over_) self->owner_.finish(self->what_.track_id, self->progress_);
    });
  }

  Imports& owner_;
  const control::ImportJob what_;
  const fs::path source_;
  ImportProgress progress_;
  std::unique_ptr<runtime::UrlFetch> fetch_;
  std::string fetch_error_;
  base::UniqueFd complete_read_, complete_write_;
  std::unique_ptr<launch::Process> process_;
  boost::asio::posix::stream_descriptor lines_;
  boost::asio::streambuf buffer_;
  bool is_over_ = false;
};

Imports::Imports(boost::asio::io_context& io, fs::path data_dir, Limits limits)
    : io_(io), data_dir_(std::move(data_dir)), limits_(limits) {}

Imports::~Imports() {
  for (const auto& [id, job] : jobs_) job->abandon();
}

void Imports::on_progress(std::function<void(const ImportProgress&)> handler) {
  on_progress_ = std::move(handler);
}

void Imports::start_import(const control::ImportJob& wanted) {
  control::ImportJob job = wanted;
  if (!job.file.empty()) {
    // The HTTP server deletes its spool file after the response, unless it was moved away.
    const fs::path kept = data_dir_ / "spool" / ("upload-" + job.track_id.str());
    std::error_code failed;
    fs::rename(job.file, kept, failed);
    if (failed) log::error("import", "{}: {}", job.file.string(), failed.message());
    job.file = kept;
  }
  waiting_.push_back(std::move(job));
  start_waiting();
}

std::size_t Imports::running(bool fetches) const {
  return static_cast<std::size_t>(std::count_if(jobs_.begin(), jobs_.end(), [&](const auto& entry) {
    return entry.second->is_fetch() == fetches;
  }));
}

void Imports::start_waiting() {
  for (auto next = waiting_.begin(); next != waiting_.end();) {
    const bool is_fetch = !next->url.empty();
    const std::size_t limit = next->is_awaited ? limits_.awaited_max
                              : is_fetch       ? limits_.fetches_max
                                               : limits_.uploads_max;
    if (running(is_fetch) >= limit) {
      ++next;
      continue;
    }
    auto job = std::make_shared<Job>(*this, *next);
    jobs_[next->track_id] = job;
    next = waiting_.erase(next);
    job->start();
  }
}

void Imports::finish(const TrackId& id, ImportProgress last) {
  if (const auto found = jobs_.find(id); found != jobs_.end()) {
    found->second->abandon();
    jobs_.erase(found);
  }
  if (last.state == ImportProgress::State::kFailed) {
    log::info("import", "{}: failed: {}", id.str(), last.error);
    remove(id);
  }
  on_progress_(last);
  start_waiting();
}

void Imports::expedite(const TrackId& id) {
  for (control::ImportJob& job : waiting_) {
    if (job.track_id == id && !job.url.empty()) job.is_awaited = true;
  }
  start_waiting();
}

void Imports::cancel_import(const TrackId& id) {
  for (auto job = waiting_.begin(); job != waiting_.end(); ++job) {
    if (job->track_id != id) continue;
    std::error_code failed;
    if (!job->file.empty()) fs::remove(job->file, failed);
    waiting_.erase(job);
    return;
  }
  if (const auto found = jobs_.find(id); found != jobs_.end()) {
    found->second->abandon();
    jobs_.erase(found);
    remove(id);
    boost::asio::post(io_, [this] { start_waiting(); });
  }
}

fs::path Imports::ready_path(const TrackId& id) const {
  return data_dir_ / "media" / (id.str() + ".wav");
}

void Imports::remove(const TrackId& id) {
  std::error_code failed;
  fs::remove(ready_path(id), failed);
}

}  // namespace shelcaster::app
