#include "app/serve/recording_shelf.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "base/log.hpp"

namespace shelcaster::app {

namespace fs = std::filesystem;
using control::Recording;
using control::RecordingRemoval;
using studio::ShowId;

namespace {

constexpr base::Duration kTidyEvery = std::chrono::minutes(1);
/// While there may be more to remove.
constexpr base::Duration kTidyAgain = std::chrono::seconds(1);
/// Room that is still to come, of a file that somebody downloads: the next one isn't taken at once.
constexpr base::Duration kWaitForRoom = std::chrono::minutes(10);
/// What a disk didn't remove isn't asked of it, nor told, each minute.
constexpr base::Duration kTryAgain = std::chrono::hours(1);

ClosedRecording closed_of(const Recording& recording) {
  return {recording.id,
          base::WallTime::from_unix_ms(recording.started_at.unix_ms() + recording.duration_ms),
          static_cast<std::uint64_t>(recording.bytes)};
}

}  // namespace

control::RecordingPage RecordingShelf::list(const ShowId& show,
                                            const control::RecordingQuery& query,
                                            base::WallTime wall) {
  control::RecordingPage page;
  page.closed_bytes_max = limits_.show_bytes_max();
  for (const IndexedRecording& one : index_.look(show, wall)) {
    const Recording& recording = one.recording;
    if (!recording.is_open) {
      page.closed_bytes += static_cast<std::uint64_t>(recording.bytes);
      if (one.has_state) page.next_to_go = recording.id;
    }
    if (!one.has_state || (query.before && recording.started_at >= *query.before)) continue;
    page.has_more = page.recordings.size() == query.limit;
    if (!page.has_more) page.recordings.push_back(recording);
  }
  return page;
}

std::optional<Recording> RecordingShelf::find(const ShowId& show, std::string_view id,
                                              base::WallTime wall) {
  for (const IndexedRecording& one : index_.look(show, wall)) {
    if (one.has_state && one.recording.id == id) return one.recording;
  }
  return std::nullopt;
}

base::Result<RecordingRemoval> RecordingShelf::remove(const ShowId& show, std::string_view id,
                                                      base::WallTime wall) {
  const auto found = find(show, id, wall);
  if (!found) return RecordingRemoval::kUnknown;
  if (found->is_open) return RecordingRemoval::kOpen;
  if (auto removed = remove_files(show, id); !removed) return tl::unexpected(removed.error());
  return RecordingRemoval::kDone;
}

base::Result<void> RecordingShelf::remove_files(const ShowId& show, std::string_view id) const {
  std::error_code failed;
  fs::remove_all(index_.path_of(show, id), failed);
  if (!failed) return {};
  return base::fail(
      fmt::format("recording {} can't be removed from the disk: {}", id, failed.message()));
}

std::vector<ClosedOfShow> RecordingShelf::closed(Moment moment) {
  std::erase_if(stuck_, [&](const auto& one) { return one.second <= moment.now; });
  std::vector<ClosedOfShow> all;
  for (const ShowId& show : index_.shows()) {
    ClosedOfShow& of_show = all.emplace_back(ClosedOfShow{show, {}});
    for (const IndexedRecording& one : index_.look(show, moment.wall)) {
      if (one.recording.is_open) continue;
      if (stuck_.contains(index_.path_of(show, one.recording.id))) continue;
      of_show.recordings.push_back(closed_of(one.recording));
    }
    std::reverse(of_show.recordings.begin(), of_show.recordings.end());
  }
  return all;
}

std::optional<std::uint64_t> RecordingShelf::room() const {
  const auto room = look_for_room_(index_.folder());
  return room ? std::optional(room->available) : std::nullopt;
}

bool RecordingShelf::needs_room() const {
  const auto room = look_for_room_(index_.folder());
  return room && room->available < limits_.reserve.to_go_on(room->capacity);
}

RecordingShelf::Tidied RecordingShelf::tidy(Moment moment) {
  const auto due = due_recording(closed(moment), limits_, moment.wall, needs_room());
  if (!due) return {{}, kTidyEvery};
  const auto room_before = room();
  if (const auto removed = remove_files(due->show, due->recording.id); !removed) {
    base::log::error("serve", "{}: {}", due->show.str(), removed.error().message);
    stuck_[index_.path_of(due->show, due->recording.id)] = moment.now + kTryAgain;
    return {{}, kTidyAgain};
  }
  base::log::info("serve", "{}: recording {} removed: {}", due->show.str(), due->recording.id,
                  control::to_string(due->why));
  const auto room_after = room();
  const bool has_freed =
      !room_before || !room_after || *room_after >= *room_before + due->recording.bytes / 2;
  const bool waits = due->why == control::RecordingEnd::kDiskFull && !has_freed;
  return {due, waits ? kWaitForRoom : kTidyAgain};
}

}  // namespace shelcaster::app
