#pragma once

#include "store/sqlite/detail/connection.hpp"
#include "store/store.hpp"

// The tables `events`, `event_counters` and what goes with them.
namespace shelcaster::store::detail {

/// Gives the event its number.
base::Result<void> append(Connection&, Event&);
base::Result<void> end_show(Connection&, const std::string& show_id);
base::Result<EventPage> read_events(Connection&, const EventQuery&);
base::Result<EventRange> read_range(Connection&, const std::string& show_id);
base::Result<bool> tidy(Connection&, const Retention&);

}  // namespace shelcaster::store::detail
