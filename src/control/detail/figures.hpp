#pragma once

#include <boost/json.hpp>

// The figures of a show's processes as the API names them, out of the keeper's last status. What a
// process didn't report is null: it is not known, and 0 would say that all is well.
namespace shelcaster::control::detail {

/// {state, restarts, ticks, lateTicks, missedTicks, sessions, drops: {cause: count}}, counted since
/// the process was started; null before the first report.
boost::json::value mixer_json(const boost::json::object& status);

/// {state, restarts, lagMs, overruns, writeErrors, lastSegment, lastSegmentUnixMs}; null before the
/// first report.
boost::json::value publisher_json(const boost::json::object& status);

}  // namespace shelcaster::control::detail
