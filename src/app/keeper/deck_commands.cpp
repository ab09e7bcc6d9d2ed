#include "app/keeper/deck_commands.hpp"

#include <algorithm>
#include <utility>

#include "link/deck_rules.hpp"

namespace shelcaster::app {
namespace {

// The audio thread takes a command within a block of 10 ms and reports the deck in the next: later
// than this a report that shows no change shows that there was none to make.
constexpr base::Duration kShownAfter = std::chrono::milliseconds(250);
// A deck that plays reports each second.
constexpr base::Duration kSilentMax = std::chrono::milliseconds(1'500);
// It may have ended them, and nothing else is done before it is.
constexpr int kMixersEndedMax = 5;
constexpr std::size_t kPassedMax = 1'024;

/// One that this version doesn't know is settled by time alone.
bool is_shown(const link::Command& command, const link::DeckReport& report) {
  const link::DeckRule* rule = link::find_rule(command);
  return rule != nullptr && rule->is_shown_by(command, report);
}

}  // namespace

std::deque<DeckCommands::Passed>::iterator DeckCommands::find(std::string_view id) {
  return std::find_if(passed_.begin(), passed_.end(),
                      [id](const Passed& passed) { return passed.command.id == id; });
}

void DeckCommands::take(const link::Command& command) {
  if (const auto known = find(command.id); known != passed_.end()) {
    known->is_given = false;
    return;
  }
  if (passed_.size() == kPassedMax) passed_.pop_front();
  passed_.push_back({.command = command,
                     .is_given = false,
                     .is_at_mixer = false,
                     .mixers_ended = 0,
                     .acked_at = {}});
}

std::optional<link::Command> DeckCommands::next() {
  const auto first = std::ranges::find_if(passed_, [](const auto& c) { return !c.acked_at; });
  if (first == passed_.end() || std::exchange(first->is_given, true)) return std::nullopt;
  first->is_at_mixer = true;
  return first->command;
}

void DeckCommands::put_back(std::string_view id) {
  const auto found = find(id);
  if (found == passed_.end()) return;
  found->is_given = false;
  found->is_at_mixer = false;
}

void DeckCommands::drop(std::string_view id) {
  if (const auto found = find(id); found != passed_.end()) passed_.erase(found);
}

void DeckCommands::drop_unanswered() {
  std::erase_if(passed_, [](const Passed& passed) { return !passed.acked_at; });
}

std::optional<std::string> DeckCommands::handle_mixer_ended() {
  const auto given = std::ranges::find_if(
      passed_, [](const Passed& passed) { return passed.is_at_mixer && !passed.acked_at; });
  if (given == passed_.end()) return std::nullopt;
  given->is_at_mixer = false;
  if (++given->mixers_ended < kMixersEndedMax) return std::nullopt;
  std::string id = std::move(given->command.id);
  passed_.erase(given);
  return id;
}

void DeckCommands::handle_ack(base::Instant now, std::string_view id) {
  if (const auto found = find(id); found != passed_.end() && !found->acked_at) {
    found->acked_at = now;
  }
}

template <typename IsSettled>
std::vector<std::string> DeckCommands::settle(IsSettled is_settled) {
  std::vector<std::string> settled;
  while (!passed_.empty() && passed_.front().acked_at && is_settled(passed_.front())) {
    settled.push_back(std::move(passed_.front().command.id));
    passed_.pop_front();
  }
  return settled;
}

std::vector<std::string> DeckCommands::handle_report(base::Instant now,
                                                     const link::DeckReport& report) {
  return settle([&](const Passed& passed) {
    return now - *passed.acked_at >= kShownAfter || is_shown(passed.command, report);
  });
}

std::vector<std::string> DeckCommands::handle_timeout(base::Instant now) {
  return settle([now](const Passed& passed) { return now - *passed.acked_at >= kSilentMax; });
}

std::vector<link::Command> DeckCommands::unsettled() const {
  std::vector<link::Command> commands;
  for (const Passed& passed : passed_) {
    if (passed.acked_at) commands.push_back(passed.command);
  }
  return commands;
}

}  // namespace shelcaster::app
