#pragma once

#include "base/fields.hpp"

namespace shelcaster::studio {

/// What the desk sets of a person's channel in the mix.
struct SeatControls {
  int volume = 100;  // 0–100, linear amplitude
  bool is_muted = false;
  double pan = 0;  // −1 left … 1 right
  bool operator==(const SeatControls&) const = default;
};

/// By these names they stand in what is stored, in what the mixer is told and in the API.
void fields(auto& archive, base::Of<SeatControls> auto& controls) {
  archive("volume", controls.volume, base::Within{0, 100});
  archive("muted", controls.is_muted);
  archive.since_later("pan", controls.pan, 0.0, base::Within{-1.0, 1.0});
}

}  // namespace shelcaster::studio
