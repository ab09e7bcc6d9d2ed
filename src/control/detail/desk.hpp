#pragma once

#include <optional>

#include "control/ask.hpp"
#include "control/detail/core.hpp"
#include "control/detail/fan_out.hpp"
#include "control/detail/imports.hpp"
#include "control/detail/rate_limits.hpp"
#include "control/detail/show_sweep.hpp"
#include "control/live_board.hpp"

namespace shelcaster::control::detail {

/// What the Front's handlers work on. All of it stands elsewhere: nothing of a show is kept here
/// between two calls.
struct Desk {
  Core& core;
  LiveBoard& board;
  Ask& ask;
  FanOut& fan_out;
  Imports& imports;
  RateLimits& limits;
  ShowSweep& show_sweep;
};

/// A handler answers at once, or keeps `call.respond` and returns nothing.
using Handler = std::optional<Response> (*)(Desk&, Call&);

}  // namespace shelcaster::control::detail
