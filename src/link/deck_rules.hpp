#pragma once

#include <span>
#include <string>
#include <string_view>

#include "link/orders.hpp"
#include "link/reports.hpp"

namespace shelcaster::link {

enum class DeckVerb { kPlay, kPause, kStop, kSkip, kSeek };

/// What a deck command means, for everybody who has to do with one: serve, which reckons with those
/// on their way, the keeper, which waits until they are settled, and the mixer, which does them.
struct DeckRule {
  DeckVerb verb;
  std::string_view name;  // of the command
  std::string_view word;  // for it in the API
  /// The id of the item that the deck has after it, which had `plays` before; empty: none. `queue`:
  /// the ids of its items.
  std::string (*plays_after)(const Command&, const std::string& plays,
                             std::span<const std::string> queue);
  /// Whether a report can't be from before the command was done. One that leaves the deck as it
  /// was, as a seek does, is never shown.
  bool (*is_shown_by)(const Command&, const DeckReport&);
};

const DeckRule& rule_of(DeckVerb);
/// nullptr: a command of another version.
const DeckRule* find_rule(const Command&);
const DeckRule* find_rule_by_word(std::string_view word);

/// An item comes along that isn't queued: it takes the deck from the queue, which gets it back.
bool is_unqueued_play(const Command&);

}  // namespace shelcaster::link
