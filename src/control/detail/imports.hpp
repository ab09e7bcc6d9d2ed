#pragma once

#include <map>

#include "control/detail/import_ends.hpp"
#include "control/detail/import_states.hpp"
#include "control/detail/import_watch.hpp"

namespace shelcaster::control::detail {

/// The imports that this process has under way: how far they are, what decks do with them, and
/// their ends as far as the store hasn't taken them yet.
struct Imports {
  ImportStates states;
  ImportWatch watch;
  ImportEnds ends;
};

}  // namespace shelcaster::control::detail
