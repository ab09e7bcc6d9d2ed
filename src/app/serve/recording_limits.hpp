#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "control/ports.hpp"
#include "output/recording/recording_reserve.hpp"

namespace shelcaster::app {

/// What recordings may take, and which goes when they take more. Only closed ones count and only
/// they go: what is being written is bounded by its length and by the free room of the disk.
struct RecordingLimits {
  /// Of one show: more than a show of a minute makes in half a day.
  static constexpr std::size_t kOfShowMax = 1'000;

  std::int64_t days_max = 30;
  std::uint64_t bytes_max = UINT64_MAX;  // of all shows together
  output::RecordingReserve reserve = {};

  /// A quarter, as a show has of other things that all share.
  [[nodiscard]] std::uint64_t show_bytes_max() const { return bytes_max / 4; }
};

struct ClosedRecording {
  std::string id;
  base::WallTime ended_at;
  std::uint64_t bytes = 0;
};

struct ClosedOfShow {
  studio::ShowId show;
  std::vector<ClosedRecording> recordings;  // the oldest first
};

struct DueRecording {
  studio::ShowId show;
  ClosedRecording recording;
  control::RecordingEnd why = control::RecordingEnd::kTooOld;
};

/// The next one to be removed: one that is too old, or of a show with too many; then the oldest of
/// a show that has more than its share; then, while all have more than they may, the oldest of the
/// show that has the most, where what is above a show's share counts for nobody else. One that
/// ended within the last day is kept from the limits of size: whoever made it has that long to
/// fetch it. `needs_room`: the disk has too little left, for which the show that has the most gives
/// its oldest, however young it is.
std::optional<DueRecording> due_recording(const std::vector<ClosedOfShow>& shows,
                                          const RecordingLimits& limits, base::WallTime now,
                                          bool needs_room);

}  // namespace shelcaster::app
