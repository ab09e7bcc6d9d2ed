#pragma once

#include "store/store.hpp"
#include "studio/ids.hpp"

namespace shelcaster::control::detail {

/// What there is of a show in the store, for who asks for several of them at once.
enum class Part {
  kShow,
  kPeople,
  kRouting,
  kSilence,
  kQueue,
  kDeck,
  kPlayed,
  kOutputs,
  kDesired,
  kCommands,
  kAlerts,
};

void add_part(Part, const studio::ShowId&, store::Reading& wanted);

}  // namespace shelcaster::control::detail
