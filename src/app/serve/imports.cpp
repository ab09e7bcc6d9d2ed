#include "app/serve/imports.hpp"

#include <fcntl.h>

#include <boost/asio/post.hpp>
#include <utility>

#include "app/serve/spool_name.hpp"
#include "app/upload/multipart.hpp"
#include "base/log.hpp"
#include "base/unique_fd.hpp"
#include "media/ready_file.hpp"
#include "runtime/system_clock.hpp"

namespace shelcaster::app {

namespace fs = std::filesystem;
namespace log = base::log;
using control::ImportProgress;
using studio::TrackId;

Imports::Imports(boost::asio::io_context& io, fs::path data_dir, Limits limits, DiskRoom room)
    : io_(io),
      data_dir_(std::move(data_dir)),
      limits_(limits),
      room_(std::move(room)),
      queue_(limits.places) {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(data_dir_ / "spool", failed)) {
    const std::string name = entry.path().filename().string();
    const std::string_view track = track_of_upload(name);
    if (!track.empty()) kept_.emplace(TrackId(std::string(track)), entry.path());
  }
}

Imports::~Imports() = default;

void Imports::on_progress(std::function<void(const ImportProgress&)> handler) {
  on_progress_ = std::move(handler);
}

fs::path Imports::keep_upload(const TrackId& id, std::string_view owner, const fs::path& file) {
  // The HTTP server deletes its spool file after the response, unless it was moved away.
  fs::path kept = data_dir_ / "spool" / kept_upload_name(owner, id.str());
  std::error_code failed;
  fs::rename(file, kept, failed);
  if (!failed) return kept;
  log::error("import", "{}: {}", file.string(), failed.message());
  return file;
}

std::optional<fs::path> Imports::kept_upload(const TrackId& id) const {
  const auto found = kept_.find(id);
  return found == kept_.end() ? std::nullopt : std::optional(found->second);
}

void Imports::drop_lost_uploads() {
  std::error_code failed;
  for (const auto& [id, file] : std::exchange(kept_, {})) fs::remove(file, failed);
}

void Imports::start_import(const control::ImportJob& job) {
  bool is_short = false;
  if (!job.file.empty()) {
    kept_.erase(job.track_id);
    std::error_code failed;
    const auto size = fs::file_size(job.file, failed);
    is_short = !failed && size <= limits_.short_bytes_max;
  }
  queue_.add(job, is_short);
  start_waiting();
}

void Imports::start_waiting() {
  while (const auto job = queue_.take_next()) run(*job);
}

void Imports::run(const control::ImportJob& job) {
  const TrackId id = job.track_id;
  auto running = std::make_shared<RunningImport>(
      io_, job,
      RunningImport::Files{.source = data_dir_ / "spool" / ("import-" + id.str()),
                           .ready = ready_path(id),
                           .cover = data_dir_ / "covers" / job.cover_name},
      limits_.fetch_bytes_max,
      RunningImport::Handlers{
          .on_progress = [this, id](const ImportProgress& p) { handle_progress(id, p); },
          .on_end = [this, id](const ImportProgress& last,
                               bool is_cancelled) { handle_end(id, last, is_cancelled); }});
  running_[id] = running;
  running->start();
}

void Imports::handle_progress(const TrackId& id, const ImportProgress& progress) {
  const auto running = running_.find(id);
  if (running == running_.end()) return;
  RunningImport& import = *running->second;
  // Neither a quota nor a track's own length ends what somebody hears.
  const bool is_heard = import.is_heard() && progress.is_playable;
  const auto room = is_heard ? room_.for_what_plays()
                             : room_.for_ready_file(ready_path(id), import.ready_bytes(),
                                                    runtime::SystemClock::now());
  if (!room) import.give_up(room.error().message);
  on_progress_(progress);
}

void Imports::handle_end(const TrackId& id, const ImportProgress& last, bool is_cancelled) {
  if (is_cancelled || last.state == ImportProgress::State::kFailed) {
    // A deck that plays it comes to the end of what there is.
    media::end_ready_file(ready_path(id).string());
    remove(id);
  }
  if (is_cancelled) {
    ending_.erase(id);
    return;
  }
  running_.erase(id);
  queue_.free(id);
  if (last.state == ImportProgress::State::kFailed) {
    log::info("import", "{}: failed: {}", id.str(), last.error);
  }
  on_progress_(last);
  start_waiting();
}

void Imports::set_wanted(const TrackId& id, control::Wanted wanted) {
  if (const auto found = running_.find(id); found != running_.end()) {
    found->second->set_wanted(wanted);
  }
  queue_.set_wanted(id, wanted);
  start_waiting();
}

void Imports::cancel_import(const TrackId& id) {
  if (const auto waiting = queue_.remove(id)) {
    std::error_code failed;
    if (!waiting->file.empty()) fs::remove(waiting->file, failed);
    return;
  }
  const auto found = running_.find(id);
  if (found == running_.end()) return;
  ending_[id] = std::move(found->second);
  running_.erase(found);
  queue_.free(id);
  ending_[id]->cancel();
  boost::asio::post(io_, [this] { start_waiting(); });
}

std::optional<std::string> Imports::upload_name(const fs::path& file,
                                                std::string_view content_type) {
  if (!is_multipart(content_type)) return std::nullopt;
  const base::UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  return fd ? peek_file_name(fd.get(), content_type) : std::nullopt;
}

fs::path Imports::ready_path(const TrackId& id) const {
  return data_dir_ / "media" / (id.str() + ".wav");
}

void Imports::remove_cover(const std::string& name) {
  std::error_code failed;
  fs::remove(data_dir_ / "covers" / name, failed);
}

void Imports::remove(const TrackId& id) {
  std::error_code failed;
  fs::remove(ready_path(id), failed);
}

}  // namespace shelcaster::app
