#include "control/detail/commands.hpp"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "control/detail/decks.hpp"
#include "link/deck_rules.hpp"
#include "link/frame.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;
using studio::ShowId;

namespace {

/// Beside the command in its document: what it waits for.
constexpr std::string_view kAwaits = "awaits";

std::string key_of(std::uint64_t number, const link::Command& command) {
  return fmt::format("{:012}-{}", number, command.id);
}

/// After all that are there.
std::string last_key(const std::vector<StoredCommand>& waiting, const link::Command& command) {
  std::uint64_t last = 0;
  for (const StoredCommand& pending : waiting) {
    const std::string& key = pending.key_id;
    std::uint64_t number = 0;
    (void)std::from_chars(key.data(), key.data() + key.size(), number);
    last = std::max(last, number);
  }
  return key_of(last + 1, command);
}

}  // namespace

std::string first_key(const link::Command& command) { return key_of(0, command); }

std::vector<StoredCommand> stored_commands(Core& core, const ShowId& id,
                                           std::vector<std::string>* unusable) {
  std::vector<StoredCommand> commands;
  for (const store::Document& document : core.peek_all({store::Collection::kCommands, id.str()})) {
    auto command = link::parse_kept<link::Command>(document.body);
    if (!command || !link::fits_frame(document.body)) {
      if (unusable != nullptr) unusable->push_back(document.key.id);
      continue;
    }
    StoredCommand stored{document.key.id, std::move(*command)};
    if (document.body.contains(kAwaits) && stored.command.item) {
      stored.awaits = studio::TrackId(stored.command.item->track_id);
    }
    commands.push_back(std::move(stored));
  }
  return commands;
}

namespace {

/// `body`: the command as a message.
void put_written(const ShowId& id, const StoredCommand& stored, json::object body, Change& change) {
  if (stored.awaits) body[kAwaits] = stored.awaits->str();
  // Its id is its own, and whoever writes it again has read it.
  change.overwrite({store::Collection::kCommands, id.str(), stored.key_id}, std::move(body));
}

}  // namespace

void put_command(const ShowId& id, const StoredCommand& stored, Change& change) {
  put_written(id, stored, link::to_json(stored.command), change);
}

void prepare_drop(const ShowId& id, const StoredCommand& stored, std::string_view why,
                  Change& change) {
  change.remove({store::Collection::kCommands, id.str(), stored.key_id});
  change.event(id, "deck_command_failed", {{"id", stored.command.id}, {"error", why}});
}

void prepare_command(Core& core, const LiveBoard& board, const ShowId& id,
                     const link::Command& command, Change& change, GivenBy who) {
  const std::vector<StoredCommand> waiting = stored_commands(core, id);
  if (waiting.size() >= kCommandsMax) {
    throw Refusal{{503,
                   fmt::format("{} commands wait for the show's mixer: try again", kCommandsMax),
                   {},
                   {},
                   {{"Retry-After", "2"}}}};
  }
  if (who == GivenBy::kDesk) {
    for (const StoredCommand& pending : waiting) {
      if (pending.awaits) prepare_drop(id, pending, "another command came first", change);
    }
  }
  StoredCommand stored{last_key(waiting, command), command};
  if (link::is_unqueued_play(command)) {
    const studio::TrackId track(command.item->track_id);
    const studio::ItemId plays =
        plays_next(deck_of(core, board, id), waiting, core.queue(id).items);
    if (!core.is_playable(track) && !plays.empty()) {
      stored.awaits = track;
    } else {
      prepare_played(id, unqueued_item(command), change, command.id);
    }
  }
  json::object body = link::to_json(command);
  if (!link::fits_frame(body)) refuse(422, "this command is too large for the show's mixer");
  put_written(id, stored, std::move(body), change);
}

studio::ItemId skipped_by_next(Core& core, const LiveBoard& board, const ShowId& id) {
  // What is stored may be older than the last skip that was done.
  const LiveShow* live = board.find(id);
  if (live == nullptr || (!live->deck && live->status.empty())) {
    throw Refusal{{503,
                   "what plays is not known until the show's stage is found again: try again",
                   {},
                   {},
                   {{"Retry-After", "1"}}}};
  }
  // The commands first: one that was done is on the board before it leaves the store.
  const std::vector<StoredCommand> waiting = stored_commands(core, id);
  return plays_next(deck_of(core, board, id), waiting, core.queue(id).items);
}

studio::ItemId plays_next(const studio::Deck& deck, const std::vector<StoredCommand>& waiting,
                          const std::vector<studio::QueueItem>& items) {
  std::string plays = deck.item_id.str();
  if (waiting.empty()) return studio::ItemId(plays);
  std::vector<std::string> queue;
  for (const studio::QueueItem& item : items) queue.push_back(item.id.str());
  // What is still on its way to the mixer comes before it.
  for (const StoredCommand& pending : waiting) {
    const link::DeckRule* rule = link::find_rule(pending.command);
    if (pending.awaits || rule == nullptr) continue;
    plays = rule->plays_after(pending.command, plays, queue);
  }
  return studio::ItemId(plays);
}

void skip(Core& core, const LiveBoard& board, const ShowId& id, const studio::ItemId& item) {
  link::Command command;
  command.id = core.new_id("cmd");
  command.command = link::rule_of(link::DeckVerb::kSkip).name;
  command.item_id = item.str();
  Change change = core.change_by_system();
  prepare_command(core, board, id, command, change);
  core.commit(change);
}

}  // namespace shelcaster::control::detail
