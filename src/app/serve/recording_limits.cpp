#include "app/serve/recording_limits.hpp"

#include <algorithm>

namespace shelcaster::app {

namespace {

using control::RecordingEnd;

constexpr std::int64_t kDayMs = std::int64_t{24} * 3'600 * 1'000;

std::uint64_t bytes_of(const ClosedOfShow& one) {
  std::uint64_t bytes = 0;
  for (const ClosedRecording& recording : one.recordings) bytes += recording.bytes;
  return bytes;
}

/// A show's oldest, and what it weighs against the others'.
struct Oldest {
  const ClosedOfShow* of = nullptr;
  std::uint64_t bytes = 0;

  [[nodiscard]] const ClosedRecording& recording() const { return of->recordings.front(); }
  [[nodiscard]] bool ended_before(std::int64_t unix_ms) const {
    return recording().ended_at.unix_ms() < unix_ms;
  }
};

std::optional<DueRecording> due(const Oldest& one, RecordingEnd why) {
  return DueRecording{one.of->show, one.recording(), why};
}

/// Of those that have as much, the one whose oldest is older.
const Oldest* heaviest(const std::vector<const Oldest*>& all) {
  const auto found = std::max_element(all.begin(), all.end(), [](const Oldest* a, const Oldest* b) {
    if (a->bytes != b->bytes) return a->bytes < b->bytes;
    return a->recording().ended_at.unix_ms() > b->recording().ended_at.unix_ms();
  });
  return found == all.end() ? nullptr : *found;
}

}  // namespace

std::optional<DueRecording> due_recording(const std::vector<ClosedOfShow>& shows,
                                          const RecordingLimits& limits, base::WallTime now,
                                          bool needs_room) {
  const std::int64_t old_ms = now.unix_ms() - limits.days_max * kDayMs;
  const std::int64_t day_ago_ms = now.unix_ms() - kDayMs;
  const std::uint64_t share = limits.show_bytes_max();
  std::vector<Oldest> all;
  for (const ClosedOfShow& one : shows) {
    if (one.recordings.empty()) continue;
    all.push_back({&one, bytes_of(one)});
    if (all.back().ended_before(old_ms)) return due(all.back(), RecordingEnd::kTooOld);
    if (one.recordings.size() > RecordingLimits::kOfShowMax) {
      return due(all.back(), RecordingEnd::kTooMany);
    }
  }
  std::uint64_t together = 0;
  std::vector<const Oldest*> may_go;
  std::vector<const Oldest*> any;
  for (const Oldest& one : all) {
    const bool is_young = !one.ended_before(day_ago_ms);
    if (one.bytes > share && !is_young) return due(one, RecordingEnd::kTooMuch);
    together += std::min(one.bytes, share);
    if (!is_young) may_go.push_back(&one);
    any.push_back(&one);
  }
  if (together > limits.bytes_max) {
    if (const Oldest* one = heaviest(may_go)) return due(*one, RecordingEnd::kTooMuch);
  }
  if (!needs_room) return std::nullopt;
  const Oldest* one = heaviest(any);
  return one != nullptr ? due(*one, RecordingEnd::kDiskFull) : std::nullopt;
}

}  // namespace shelcaster::app
