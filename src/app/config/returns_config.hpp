#pragma once

namespace shelcaster::app {

/// How the return of each person and of the programme is encoded; the settings [opus] returns_*.
struct ReturnsConfig {
  int channels = 2;
  int bitrate_bps = 96'000;
  int complexity = 2;
};

}  // namespace shelcaster::app
