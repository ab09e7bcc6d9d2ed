#pragma once

#include <boost/json.hpp>

#include "control/detail/core.hpp"

namespace shelcaster::control::detail {

/// The data of an event `queue_changed`: {added, removed, order} as far as each is so, of which
/// `order` comes with another order of what was there before. A change of more than 100 items is
/// told as {reload: true}: who wants to know reads the queue.
boost::json::object queue_change(Core&, const studio::Queue& before, const studio::Queue& after);

}  // namespace shelcaster::control::detail
