#include "app/serve/recording_shelf.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <string>
#include <system_error>
#include <utility>

#include "base/log.hpp"
#include "output/recording/open_recording.hpp"
#include "output/recording/recording_state.hpp"

namespace shelcaster::app {

namespace fs = std::filesystem;
using control::Recording;
using studio::ShowId;

namespace {

constexpr std::size_t kListMax = 1'000;
constexpr base::Duration kTidyEvery = std::chrono::minutes(1);
/// While there is more to remove.
constexpr base::Duration kTidyAgain = std::chrono::seconds(1);
/// A recorder notes each second how far it has come, and each three where all is silent. One whose
/// disk is full has stopped, and goes on with its recording when there is room again.
constexpr std::int64_t kWritingSecondsMax = 600;
constexpr std::int64_t kDayMs = std::int64_t{24} * 3'600 * 1'000;
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

void add_files(Recording& recording, const fs::path& folder) {
  for (const std::string_view name : kFiles) {
    const auto file = look_at(folder / name);
    if (!file || !S_ISREG(file->st_mode)) continue;
    recording.files.emplace(name, file->st_size);
    recording.bytes += file->st_size;
  }
}

bool is_written(const fs::path& path, base::WallTime now) {
  const auto found = look_at(path);
  return found && now.unix_ms() / 1000 - found->st_mtim.tv_sec <= kWritingSecondsMax;
}

/// `is_newest`: of its show; any other one is written no more, whatever it says of itself.
std::optional<Recording> read(const fs::path& folder, bool is_newest, base::WallTime now) {
  const auto state = output::read_recording_state(folder);
  if (!state) return std::nullopt;
  Recording recording;
  recording.id = folder.filename().string();
  recording.started_at = base::WallTime::from_unix_ms(state->start_unix_ms);
  recording.duration_ms = state->duration_ms();
  recording.marks = state->marks;
  recording.is_continuation = state->is_continuation;
  add_files(recording, folder);
  recording.is_open =
      !state->is_ended && is_newest && is_written(folder / output::kRecordingState, now);
  return recording;
}

/// One whose state can't be read takes room all the same, and grows old.
Recording read_files(const fs::path& folder, std::int64_t start_ms, bool is_newest,
                     base::WallTime now) {
  Recording recording;
  recording.id = folder.filename().string();
  recording.started_at = base::WallTime::from_unix_ms(start_ms);
  add_files(recording, folder);
  recording.is_open =
      is_newest && (is_written(folder, now) || is_written(folder / output::kRecordingState, now));
  return recording;
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

fs::path RecordingShelf::path_of(const ShowId& show, std::string_view id) const {
  return folder_ / show.str() / id;
}

std::vector<Recording> RecordingShelf::list(const ShowId& show) const {
  std::vector<Recording> recordings;
  if (!is_plain(show)) return recordings;
  bool is_newest = true;
  for (const auto& [start, folder] : folders_of(folder_ / show.str())) {
    if (recordings.size() == kListMax) break;
    auto recording = read(folder, std::exchange(is_newest, false), clock_.wall());
    if (recording) recordings.push_back(*std::move(recording));
  }
  return recordings;
}

std::optional<Recording> RecordingShelf::find(const ShowId& show, std::string_view id) const {
  if (!is_plain(show) || !output::recording_start_of(id)) return std::nullopt;
  const auto folders = folders_of(folder_ / show.str());
  const fs::path wanted = path_of(show, id);
  for (const auto& [start, folder] : folders) {
    if (folder == wanted) return read(folder, folder == folders.front().second, clock_.wall());
  }
  return std::nullopt;
}

base::Result<void> RecordingShelf::remove(const ShowId& show, std::string_view id) {
  if (!is_plain(show) || !output::recording_start_of(id)) return base::fail("no such recording");
  std::error_code failed;
  fs::remove_all(path_of(show, id), failed);
  if (!failed) return {};
  return base::fail(
      fmt::format("recording {} can't be removed from the disk: {}", id, failed.message()));
}

std::vector<RecordingShelf::Kept> RecordingShelf::all() const {
  std::vector<Kept> all;
  std::error_code failed;
  for (fs::directory_iterator it(folder_, failed), end; !failed && it != end;
       it.increment(failed)) {
    const ShowId show(it->path().filename().string());
    if (!is_plain(show)) continue;
    bool is_newest = true;
    for (const auto& [start, folder] : folders_of(it->path())) {
      auto recording = read(folder, is_newest, clock_.wall());
      if (!recording) recording = read_files(folder, start, is_newest, clock_.wall());
      is_newest = false;
      all.push_back({show, *std::move(recording)});
    }
  }
  std::sort(all.begin(), all.end(), [](const Kept& a, const Kept& b) {
    return a.recording.started_at.unix_ms() < b.recording.started_at.unix_ms();
  });
  return all;
}

bool RecordingShelf::is_disk_full() const {
  const auto room = look_for_room_(folder_);
  return room && room->available < limits_.reserve.to_go_on(room->capacity);
}

void RecordingShelf::tidy() {
  const base::Instant now = clock_.now();
  if (now < tidy_at_) return;
  tidy_at_ = now + kTidyEvery;
  const std::vector<Kept> kept = all();
  const std::uint64_t bytes = std::accumulate(
      kept.begin(), kept.end(), std::uint64_t{0}, [](std::uint64_t sum, const Kept& one) {
        return sum + static_cast<std::uint64_t>(one.recording.bytes);
      });
  const std::int64_t oldest_ms = clock_.wall().unix_ms() - limits_.days_max * kDayMs;
  const bool is_too_much = bytes > limits_.bytes_max;
  const bool is_room_needed = is_too_much || is_disk_full();
  for (const auto& [show, recording] : kept) {
    const bool is_old = recording.started_at.unix_ms() + recording.duration_ms < oldest_ms;
    if (recording.is_open || (!is_old && !is_room_needed)) continue;
    if (const auto removed = remove(show, recording.id); !removed) {
      base::log::error("serve", "{}: {}", show.str(), removed.error().message);
      continue;
    }
    base::log::info("serve", "{}: recording {} removed: {}", show.str(), recording.id,
                    is_old        ? "it is older than recordings are kept"
                    : is_too_much ? "the recordings take more room than they may"
                                  : "the disk is nearly full");
    // One at a time: to free gigabytes takes a disk a while, and this thread has others to answer.
    tidy_at_ = now + kTidyAgain;
    return;
  }
}

}  // namespace shelcaster::app
