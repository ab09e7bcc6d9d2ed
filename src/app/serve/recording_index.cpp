#include "app/serve/recording_index.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <optional>
#include <system_error>
#include <utility>

#include "output/recording/open_recording.hpp"
#include "output/recording/recording_lock.hpp"
#include "output/recording/recording_state.hpp"

namespace shelcaster::app {

namespace fs = std::filesystem;
using control::Recording;
using studio::ShowId;

namespace {

/// A recorder notes each second how far it has come, and each three where all is silent; one that
/// died is replaced within ten, or ends its show. Whoever is away for longer says by its lock that
/// it goes on: a full disk has stopped it, or hangs.
constexpr std::int64_t kWritingSecondsMax = 30;
constexpr std::int64_t kNsPerS = 1'000'000'000;
constexpr std::array kFiles{output::kRecordingFlac, output::kRecordingAac, output::kRecordingCue,
                            output::kRecordingMarks};

/// Ids are ours and have neither; whatever a database says, nothing else is looked at.
bool is_plain(const ShowId& show) {
  return !show.empty() && show.str().find_first_of("/.") == std::string::npos;
}

std::optional<struct stat> look_at(const fs::path& path) {
  struct stat found {};
  return ::lstat(path.c_str(), &found) == 0 ? std::optional(found) : std::nullopt;
}

std::int64_t changed_ns(const fs::path& path) {
  const auto found = look_at(path);
  return found ? found->st_mtim.tv_sec * kNsPerS + found->st_mtim.tv_nsec : 0;
}

bool was_just_written(const fs::path& path, base::WallTime now) {
  const std::int64_t seconds = changed_ns(path) / kNsPerS;
  return seconds > 0 && now.unix_ms() / 1000 - seconds <= kWritingSecondsMax;
}

void add_files(Recording& recording, const fs::path& folder) {
  for (const std::string_view name : kFiles) {
    const auto file = look_at(folder / name);
    if (!file || !S_ISREG(file->st_mode)) continue;
    recording.files.emplace(name, file->st_size);
    recording.bytes += file->st_size;
  }
}

/// `is_newest`: of its show; any other one is written no more, whatever it says of itself.
IndexedRecording read(const fs::path& folder, std::int64_t start_ms, bool is_newest,
                      base::WallTime now) {
  IndexedRecording read;
  read.changed_ns = changed_ns(folder);
  Recording& recording = read.recording;
  recording.id = folder.filename().string();
  recording.started_at = base::WallTime::from_unix_ms(start_ms);
  const auto state = output::read_recording_state(folder);
  read.has_state = state.has_value();
  if (state) {
    read.has_ended = state->is_ended;
    recording.started_at = base::WallTime::from_unix_ms(state->start_unix_ms);
    recording.duration_ms = state->duration_ms();
    recording.marks = state->marks;
    recording.is_continuation = state->is_continuation;
  }
  add_files(recording, folder);
  recording.is_open = !read.has_ended && is_newest &&
                      (was_just_written(folder / output::kRecordingState, now) ||
                       (!state && was_just_written(folder, now)) ||
                       output::are_recordings_locked(folder.parent_path()));
  return read;
}

/// The newest first.
std::vector<std::pair<std::int64_t, fs::path>> folders_of(const fs::path& show) {
  std::vector<std::pair<std::int64_t, fs::path>> folders;
  std::error_code failed;
  // Without exceptions: a disk that fails here is no reason for serve to end.
  for (fs::directory_iterator it(show, failed), end; !failed && it != end; it.increment(failed)) {
    const auto start = output::recording_start_of(it->path().filename().string());
    std::error_code ignored;
    if (start && it->is_directory(ignored) && !it->is_symlink(ignored)) {
      folders.emplace_back(*start, it->path());
    }
  }
  std::sort(folders.rbegin(), folders.rend());
  return folders;
}

}  // namespace

const std::vector<IndexedRecording>& RecordingIndex::look(const ShowId& show, base::WallTime now) {
  static const std::vector<IndexedRecording> kNone;
  if (!is_plain(show)) return kNone;
  const auto folders = folders_of(folder_ / show.str());
  if (folders.empty()) {
    shows_.erase(show);
    return kNone;
  }
  std::vector<IndexedRecording>& known = shows_[show];
  std::map<std::string, IndexedRecording*> ended;
  for (IndexedRecording& one : known) {
    if (one.has_ended) ended.emplace(one.recording.id, &one);
  }
  std::vector<IndexedRecording> now_there;
  now_there.reserve(folders.size());
  for (const auto& [start, folder] : folders) {
    const auto found = ended.find(folder.filename().string());
    if (found != ended.end() && found->second->changed_ns == changed_ns(folder)) {
      now_there.push_back(std::move(*found->second));
    } else {
      now_there.push_back(read(folder, start, now_there.empty(), now));
    }
  }
  known = std::move(now_there);
  return known;
}

std::vector<ShowId> RecordingIndex::shows() const {
  std::vector<ShowId> shows;
  std::error_code failed;
  for (fs::directory_iterator it(folder_, failed), end; !failed && it != end;
       it.increment(failed)) {
    ShowId show(it->path().filename().string());
    if (is_plain(show)) shows.push_back(std::move(show));
  }
  return shows;
}

}  // namespace shelcaster::app
