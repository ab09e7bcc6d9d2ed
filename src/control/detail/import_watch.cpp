#include "control/detail/import_watch.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "base/log.hpp"
#include "control/detail/decks.hpp"
#include "control/detail/desk.hpp"
#include "control/detail/handlers.hpp"

namespace shelcaster::control::detail {

using studio::TrackId;
using namespace std::chrono_literals;

namespace {

constexpr base::Duration kLookInterval = 1s;
/// A command and the deck's report of it cross each other.
constexpr base::Duration kUnwantedGrace = 2s;

}  // namespace

void ImportWatch::drop(const Desk& desk, const std::vector<TrackId>& tracks) {
  for (const TrackId& id : tracks) {
    if (!desk.core.imports.contains(id)) continue;
    unwanted_since_[id] = desk.core.ports.clock.now() - kUnwantedGrace;
    looked_at_.reset();
  }
}

void ImportWatch::handle_tick(Desk& desk) {
  if (desk.core.imports.empty()) return unwanted_since_.clear();
  const base::Instant now = desk.core.ports.clock.now();
  if (looked_at_ && now - *looked_at_ < kLookInterval) return;
  looked_at_ = now;
  std::map<TrackId, Wanted> wanted;
  for (const studio::ShowId& show : desk.board.shows()) {
    add_wanted(desk.core, desk.board, show, wanted);
  }
  std::vector<TrackId> forsaken;
  for (auto& [id, import] : desk.core.imports) {
    const auto found = wanted.find(id);
    const Wanted now_wanted = found == wanted.end() ? Wanted::kNot : found->second;
    if (now_wanted != import.wanted) {
      import.wanted = now_wanted;
      desk.core.ports.media.set_wanted(id, now_wanted);
    }
    if (now_wanted != Wanted::kNot || !import.is_for_deck) {
      unwanted_since_.erase(id);
    } else if (now - unwanted_since_.try_emplace(id, now).first->second >= kUnwantedGrace) {
      forsaken.push_back(id);
    }
  }
  for (const TrackId& id : forsaken) {
    unwanted_since_.erase(id);
    if (is_in_a_list(desk.core, id)) {
      desk.core.imports.at(id).is_for_deck = false;
      continue;
    }
    base::log::info("control", "{}: nobody plays it any more: its fetch is ended", id.str());
    forget_import(desk, id);
  }
}

}  // namespace shelcaster::control::detail
