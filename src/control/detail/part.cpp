#include "control/detail/part.hpp"

namespace shelcaster::control::detail {

using store::Collection;

void add_part(Part part, const studio::ShowId& of, store::Reading& wanted) {
  const std::string& show = of.str();
  switch (part) {
    case Part::kShow:
      wanted.keys.push_back({Collection::kShows, "", show});
      return;
    case Part::kPeople:
      wanted.scopes.push_back({Collection::kParticipants, show});
      return;
    case Part::kRouting:
      wanted.keys.push_back({Collection::kRouting, show, "CONFIG"});
      return;
    case Part::kSilence:
      wanted.keys.push_back({Collection::kRouting, show, "SILENCE"});
      return;
    case Part::kQueue:
      wanted.keys.push_back({Collection::kQueues, show, "QUEUE"});
      return;
    case Part::kDeck:
      wanted.keys.push_back({Collection::kDecks, show, "DECK"});
      return;
    case Part::kPlayed:
      wanted.keys.push_back({Collection::kDecks, show, "PLAYED"});
      return;
    case Part::kOutputs:
      wanted.scopes.push_back({Collection::kOutputs, show});
      return;
    case Part::kDesired:
      wanted.keys.push_back({Collection::kDesired, show, "DESIRED"});
      return;
    case Part::kCommands:
      wanted.scopes.push_back({Collection::kCommands, show});
      return;
    case Part::kAlerts:
      wanted.keys.push_back({Collection::kAlerts, "", show});
      return;
  }
}

}  // namespace shelcaster::control::detail
