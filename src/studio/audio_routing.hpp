#pragma once

#include "base/fields.hpp"
#include "base/time.hpp"

namespace shelcaster::studio {

/// The seed's "Audio Routing Configuration" with its defaults. Who is on air stands in the
/// participants' rows alone.
struct AudioRouting {
  int tracklist_volume = 30;  // 0–100
  int host_volume = 100;
  int callers_volume = 80;
  int master_volume = 100;
  struct Compression {
    bool is_enabled = true;
    double threshold_db = -20;
    double ratio = 4;
    bool operator==(const Compression&) const = default;
  } compression;
  struct Limiter {
    bool is_enabled = true;
    double ceiling_db = -1;  // true peak
    bool operator==(const Limiter&) const = default;
  } limiter;
  base::WallTime updated_at = {};
  bool operator==(const AudioRouting&) const = default;
};

void fields(auto& archive, base::Of<AudioRouting::Compression> auto& compression) {
  archive("enabled", compression.is_enabled);
  archive("threshold", compression.threshold_db, base::Within{-60.0, 0.0});
  archive("ratio", compression.ratio, base::Within{1.0, 20.0});
}
void fields(auto& archive, base::Of<AudioRouting::Limiter> auto& limiter) {
  archive("enabled", limiter.is_enabled);
  archive("ceiling", limiter.ceiling_db, base::Within{-20.0, 0.0});
}
/// What the desk sets of it, by the names that it has in what the mixer is told and in the API.
void fields(auto& archive, base::Of<AudioRouting> auto& routing) {
  archive("tracklistVolume", routing.tracklist_volume, base::Within{0, 100});
  archive("hostVolume", routing.host_volume, base::Within{0, 100});
  archive("callersVolume", routing.callers_volume, base::Within{0, 100});
  archive("masterVolume", routing.master_volume, base::Within{0, 100});
  archive("compression", routing.compression);
  archive("limiter", routing.limiter);
}

}  // namespace shelcaster::studio
