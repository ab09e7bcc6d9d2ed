#pragma once

#include "app/config/serve_config.hpp"

namespace shelcaster::app {

/// The role `serve`: the control plane, the pages and the HLS origin, until SIGTERM or SIGINT.
/// Shows go on without it unless stop_shows_on_exit is set. Prints `listening on http://…` once it
/// does. The process's exit code.
int run_serve(const ServeConfig& config);

}  // namespace shelcaster::app
