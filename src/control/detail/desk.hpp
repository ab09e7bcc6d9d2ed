#pragma once

#include <map>
#include <optional>
#include <string>

#include "control/detail/alert_watch.hpp"
#include "control/detail/core.hpp"
#include "control/detail/session_book.hpp"
#include "control/detail/show_runner.hpp"
#include "control/detail/status_feed.hpp"
#include "control/rate_limit.hpp"

namespace shelcaster::control::detail {

/// An offer or ICE restart that is with the keeper.
struct PendingExchange {
  Respond respond;
  base::Instant deadline;
  studio::ShowId show_id;
  std::string session_id;
  std::string location;  // of the session; empty: this is an ICE restart
};

/// What the handlers work on.
struct Desk {
  Desk(ApiConfig config, ApiPorts ports)
      : core(std::move(config), ports),
        runner(core),
        joins(core.config.joins_per_minute_max),
        sessions(core.config.media_sessions_max) {}
  Core core;
  ShowRunner runner;
  RateLimit joins;
  std::map<std::string, PendingExchange> exchanges;  // by request id
  SessionBook sessions;
  StatusFeed status_feed;
  AlertWatch alerts;
};

/// A handler answers at once, or keeps `call.respond` and returns nothing.
using Handler = std::optional<Response> (*)(Desk&, Call&);

}  // namespace shelcaster::control::detail
