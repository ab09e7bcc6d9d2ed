#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/serve/recording_index.hpp"
#include "app/serve/recording_limits.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "control/ports.hpp"
#include "output/recording/recording_reserve.hpp"

namespace shelcaster::app {

/// What publishers have recorded: lists it, and removes what is too old or too much. One owner,
/// whose thread waits for the disk; no clock, each call is told the time.
class RecordingShelf {
 public:
  struct Moment {
    base::Instant now;
    base::WallTime wall;
  };
  /// What a look at the limits has done.
  struct Tidied {
    std::optional<DueRecording> removed;
    base::Duration again_in{};
  };

  RecordingShelf(std::filesystem::path folder, RecordingLimits limits,
                 output::LookForRoom look_for_room = output::room_of_disk)
      : index_(std::move(folder)), limits_(limits), look_for_room_(std::move(look_for_room)) {}

  [[nodiscard]] control::RecordingPage list(const studio::ShowId&, const control::RecordingQuery&,
                                            base::WallTime);
  [[nodiscard]] std::optional<control::Recording> find(const studio::ShowId&, std::string_view id,
                                                       base::WallTime);
  base::Result<control::RecordingRemoval> remove(const studio::ShowId&, std::string_view id,
                                                 base::WallTime);
  /// Removes the next that is due, if any: one at a time, since to free gigabytes takes a disk a
  /// while and others wait.
  Tidied tidy(Moment);

 private:
  [[nodiscard]] base::Result<void> remove_files(const studio::ShowId&, std::string_view id) const;
  [[nodiscard]] std::vector<ClosedOfShow> closed(Moment);
  [[nodiscard]] std::optional<std::uint64_t> room() const;
  [[nodiscard]] bool needs_room() const;

  RecordingIndex index_;
  const RecordingLimits limits_;
  const output::LookForRoom look_for_room_;
  /// Those that couldn't be removed, until when they are left alone.
  std::map<std::filesystem::path, base::Instant> stuck_;
};

}  // namespace shelcaster::app
