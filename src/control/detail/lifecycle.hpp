#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "control/detail/core.hpp"

// The steps of a show from CREATING to STOPPED. Those that prepare put it into a change: whoever
// takes one commits it.
// 409, with the statuses that are allowed, from a status that doesn't lead there.
namespace shelcaster::control::detail {

inline constexpr std::size_t kQueueItemsMax = 1'000;  // of one show

/// What of a show's own tracklist was queued when it started, and what found no room.
struct QueuedAtStart {
  std::size_t queued = 0;
  std::size_t left_out = 0;
};

/// On the air, or on the way there.
bool is_up(const studio::Show&);
/// The same, or on the way off it: it has a Runner.
bool has_runner(const studio::Show&);

QueuedAtStart prepare_start(Core&, studio::Show&, Change&);
/// What runs is on the air; from LIVE, that it runs again.
void prepare_live(studio::Show&, Change&);
void prepare_stop(studio::Show&, Change&);

// The end of a show may be more than one write holds. Who was there and what was to be done go
// first, in steps; the last one, with the status, is the one that ends it. One that is cut off in
// between is what it was before, and ending it again goes on from there.

/// Stopped, whether somebody has asked for that or not; a show that doesn't run stays as it is.
/// Nothing when the store can't keep it.
std::optional<studio::Show> commit_stopped(Core&, const studio::ShowId&);
std::optional<studio::Show> commit_error(Core&, const studio::Show&, const std::string& why);

}  // namespace shelcaster::control::detail
