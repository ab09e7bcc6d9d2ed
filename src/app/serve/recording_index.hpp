#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "control/ports.hpp"

namespace shelcaster::app {

struct IndexedRecording {
  control::Recording recording;
  /// One whose state can't be read takes room all the same, and grows old.
  bool has_state = false;
  bool has_ended = false;
  std::int64_t changed_ns = 0;  // the folder, when this was read
};

/// What is in `<folder>/<showId>/<recordingId>/`. What has ended is read once, since only the
/// newest of a show changes. One owner, whose thread waits for the disk.
class RecordingIndex {
 public:
  explicit RecordingIndex(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// As they are now, the newest first; valid until the next call.
  const std::vector<IndexedRecording>& look(const studio::ShowId&, base::WallTime now);
  /// Those that have a folder here.
  [[nodiscard]] std::vector<studio::ShowId> shows() const;
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  /// `id`: of a recording that look() gave.
  [[nodiscard]] std::filesystem::path path_of(const studio::ShowId& show,
                                              std::string_view id) const {
    return folder_ / show.str() / id;
  }

 private:
  const std::filesystem::path folder_;
  std::map<studio::ShowId, std::vector<IndexedRecording>> shows_;
};

}  // namespace shelcaster::app
