#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace shelcaster::output {

// A recording is a folder, named by its id, with these files; no other name is ever made.
inline constexpr std::string_view kRecordingAac = "programme.aac";    // ADTS
inline constexpr std::string_view kRecordingFlac = "programme.flac";  // 24 bits
inline constexpr std::string_view kRecordingMarks = "marks.jsonl";
inline constexpr std::string_view kRecordingCue = "programme.cue";  // once it has ended
inline constexpr std::string_view kRecordingState = "state";        // for programs

/// "rec-" and when its first sample was on the air, in Unix milliseconds.
std::string recording_id(std::int64_t start_unix_ms);
/// Nothing for what recording_id() can't have made, so for whatever would lead out of a folder.
std::optional<std::int64_t> recording_start_of(std::string_view id);

/// How far a recording is on the disk, and what the next recorder goes on from.
struct RecordingState {
  std::int64_t epoch_unix_ms = 0;  // of the tape whose samples are counted
  base::SampleTime start;          // of both files
  std::int64_t start_unix_ms = 0;
  /// It goes on with a programme of which another recording has the beginning.
  bool is_continuation = false;

  std::int64_t aac_bytes = 0;
  base::SampleTime aac_next;  // the first sample that the AAC hasn't got
  bool has_flac = false;
  std::int64_t flac_bytes = 0;
  std::int64_t flac_frames = 0;
  base::SampleTime flac_next;

  std::int64_t marks_bytes = 0;
  std::int64_t marks = 0;           // lines
  std::uint64_t next_mark = 0;      // of the tape's lane: those before are dealt with
  std::string track;                // the tape's mark of what plays; empty: nothing
  std::vector<std::string> on_air;  // participant ids
  bool is_ended = false;

  [[nodiscard]] std::int64_t duration_ms() const {
    return (aac_next - start) * 1000 / base::kSampleRate;
  }
  [[nodiscard]] std::int64_t bytes() const { return aac_bytes + flac_bytes + marks_bytes; }
};

/// The longest that write_recording_state() makes: 128 people are on the air at most.
inline constexpr std::size_t kRecordingStateBytesMax = std::size_t{1} << 14U;

std::string write_recording_state(const RecordingState& state);
/// Refuses what doesn't hang together: the file may be damaged or of another version.
base::Result<RecordingState> parse_recording_state(std::string_view json);

}  // namespace shelcaster::output
