#pragma once

#include <compare>
#include <set>

#include "control/doorbell.hpp"
#include "store/store.hpp"

namespace shelcaster::control::detail {

struct Ring {
  studio::ShowId show;
  Changed what{};
  friend auto operator<=>(const Ring&, const Ring&) = default;
};

/// Whose doorbells are to be rung after a write, in their order. `desired`: the shows whose desired
/// state it changes; a track is the business of those.
std::set<Ring> rings_of(const store::Write&, const std::set<studio::ShowId>& desired);

}  // namespace shelcaster::control::detail
