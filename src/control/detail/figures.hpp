#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// The figures of a show's processes as the API names them, out of the keeper's last status. What a
// process didn't report is null: it is not known, and 0 would say that all is well.
namespace shelcaster::control::detail {

/// {state, restarts, ticks, lateTicks, missedTicks, sessions, deadAirFallbacks,
/// falseFallbacks, drops: {cause: count}}, counted since
/// the process was started; null before the first report.
boost::json::value mixer_json(const boost::json::object& status);

/// {state, restarts, lagMs, overruns, writeErrors, lastSegment, lastSegmentUnixMs}; null before the
/// first report.
boost::json::value publisher_json(const boost::json::object& status);

/// What a segment that was decoded from the disk again sounds like: {segment, samples, peakDb,
/// loudnessLufs, ok, problem}; null before the first.
boost::json::value decoded_json(const boost::json::object& status);

/// Why the publisher can't write what belongs on the disk; empty if it can, nothing if it isn't
/// known.
std::optional<std::string> disk_problem(const boost::json::object& status);

/// The id of the recording among a show's outputs.
inline constexpr std::string_view kRecordingOutput = "recording";

/// Why the programme isn't being recorded, in a sentence for a person; empty if it is, nothing if
/// that isn't known.
std::optional<std::string> recording_problem(const boost::json::object& status);

/// For how long the mixer's process has shown clipping of the programme, all in all.
std::optional<std::int64_t> clip_ms(const boost::json::object& status);

/// What keeps listeners of a show on the air from hearing it, in sentences for a person; empty if
/// nothing does. `now` and `heartbeat` in Unix ms.
std::vector<std::string> output_problems(const boost::json::object& status,
                                         std::optional<std::int64_t> heartbeat, std::int64_t now);

}  // namespace shelcaster::control::detail
