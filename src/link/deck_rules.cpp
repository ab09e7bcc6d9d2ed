#include "link/deck_rules.hpp"

#include <algorithm>
#include <array>

namespace shelcaster::link {
namespace {

using Queue = std::span<const std::string>;

constexpr std::string_view kPlaying = "PLAYING";
constexpr std::string_view kStopped = "STOPPED";

/// The id of the item that it names or brings along; empty: none.
const std::string& item_of(const Command& command) {
  return command.item ? command.item->item_id : command.item_id;
}

std::string play(const Command& command, const std::string& plays, Queue queue) {
  if (const std::string& item = item_of(command); !item.empty() || command.item) return item;
  return plays.empty() && !queue.empty() ? queue.front() : plays;
}

std::string leave(const Command& /*command*/, const std::string& plays, Queue /*queue*/) {
  return plays;
}

std::string stop(const Command& /*command*/, const std::string& /*plays*/, Queue /*queue*/) {
  return {};
}

std::string skip(const Command& command, const std::string& plays, Queue queue) {
  if (command.item_id != plays) return plays;
  // One that has left the queue already was its first.
  const auto at = std::ranges::find(queue, plays);
  const auto next = at == queue.end() ? queue.begin() : at + 1;
  return next == queue.end() ? std::string() : *next;
}

bool shows_play(const Command& command, const DeckReport& report) {
  const std::string& item = item_of(command);
  return report.state == kPlaying && (item.empty() || report.item_id == item);
}

bool shows_pause(const Command& /*command*/, const DeckReport& report) {
  return report.state != kPlaying;
}

bool shows_stop(const Command& /*command*/, const DeckReport& report) {
  return report.state == kStopped;
}

bool shows_skip(const Command& command, const DeckReport& report) {
  return !command.item_id.empty() && report.item_id != command.item_id;
}

bool shows_nothing(const Command& /*command*/, const DeckReport& /*report*/) { return false; }

constexpr std::array<DeckRule, 5> kRules{{
    {DeckVerb::kPlay, "DECK_PLAY", "PLAY", play, shows_play},
    {DeckVerb::kPause, "DECK_PAUSE", "PAUSE", leave, shows_pause},
    {DeckVerb::kStop, "DECK_STOP", "STOP", stop, shows_stop},
    {DeckVerb::kSkip, "DECK_SKIP", "SKIP", skip, shows_skip},
    {DeckVerb::kSeek, "DECK_SEEK", "SEEK", leave, shows_nothing},
}};

template <typename Field>
const DeckRule* find(Field DeckRule::*field, const Field& value) {
  const auto found = std::ranges::find(kRules, value, field);
  return found == kRules.end() ? nullptr : &*found;
}

}  // namespace

const DeckRule& rule_of(DeckVerb verb) { return *find(&DeckRule::verb, verb); }

const DeckRule* find_rule(const Command& command) {
  return find(&DeckRule::name, std::string_view(command.command));
}

const DeckRule* find_rule_by_word(std::string_view word) { return find(&DeckRule::word, word); }

bool is_unqueued_play(const Command& command) {
  const DeckRule* rule = find_rule(command);
  return rule != nullptr && rule->verb == DeckVerb::kPlay && command.item &&
         command.item_id.empty();
}

}  // namespace shelcaster::link
