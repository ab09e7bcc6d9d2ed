#pragma once

namespace shelcaster::app {

/// SIGTERM and SIGINT set a flag from now on, for roles that look at it in their own loop.
void catch_stop_signals();
bool stop_was_asked();

}  // namespace shelcaster::app
