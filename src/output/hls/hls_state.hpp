#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"

namespace shelcaster::output {

/// One finished media segment.
struct HlsSegment {
  std::int64_t number = 0;
  base::SampleTime start;
  std::int64_t samples = 0;
  std::int64_t init_number = 0;    // init-<n>.mp4 that it needs
  std::int64_t start_unix_ms = 0;  // EXT-X-PROGRAM-DATE-TIME
  bool is_after_discontinuity = false;
};

/// What a restarted packager goes on from: the play list, and whose time it counts in.
struct HlsState {
  std::int64_t epoch_unix_ms = 0;  // of the tape that the programme is made from
  /// Where the programme began, and its first segment: what lies before it in the window is of an
  /// earlier one, whose samples are counted from another epoch.
  base::SampleTime programme_start;
  std::int64_t programme_segment = 0;
  std::int64_t next_segment = 0;
  std::int64_t next_init = 0;
  /// Discontinuities that left the window (RFC 8216 §4.3.3.3).
  std::int64_t discontinuity_sequence = 0;
  bool is_ended = false;
  std::deque<HlsSegment> window;
};

std::string write_hls_state(const HlsState& state);
/// Refuses what doesn't hang together: the file may be damaged or of another version.
base::Result<HlsState> parse_hls_state(std::string_view json);

/// The media play list (RFC 8216 §4).
std::string write_hls_playlist(const HlsState& state, int target_duration_s);

/// The address to give out: a list of the one media play list beside it, with what players that
/// choose before they load want to know of it.
std::string write_hls_master(std::string_view media_list, std::int64_t bits_per_second);

std::string hls_segment_name(std::int64_t number);
std::string hls_init_name(std::int64_t number);

}  // namespace shelcaster::output
