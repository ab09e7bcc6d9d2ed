#pragma once

#include "control/detail/event_hub.hpp"
#include "control/detail/event_replay.hpp"
#include "control/detail/status_feed.hpp"

namespace shelcaster::control::detail {

/// All that goes to whoever watches a show: the rows of its log, live values, the log again for who
/// is behind, and who watches.
struct FanOut {
  EventHub hub;
  EventReplay replay;
  StatusFeed status;
};

}  // namespace shelcaster::control::detail
