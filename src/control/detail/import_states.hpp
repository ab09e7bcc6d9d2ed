#pragma once

#include <map>

#include "control/ports.hpp"
#include "studio/model.hpp"

namespace shelcaster::control::detail {

/// An import that this process has under way.
struct ImportState {
  double progress = 0;
  bool is_playable = false;      // its first sound can be played
  Wanted wanted = Wanted::kNot;  // as Media was told last
  /// PLAY_MEDIA alone asked for it: it goes when no deck wants it.
  bool is_for_deck = false;
};

using ImportStates = std::map<studio::TrackId, ImportState>;

}  // namespace shelcaster::control::detail
