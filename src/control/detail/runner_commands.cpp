#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "control/detail/decks.hpp"
#include "control/detail/handlers.hpp"
#include "control/detail/runner.hpp"
#include "link/deck_rules.hpp"

// Deck commands from the store to the mixer. What PLAY_MEDIA is to put over something that plays
// takes the deck when its first sound can be played, and not at all when that doesn't come soon: a
// wrong address never cuts a song.
namespace shelcaster::control::detail {

using namespace std::chrono_literals;

namespace {

constexpr base::Duration kCommandResend = 2s;
constexpr base::Duration kDeferredMax = 10s;

}  // namespace

studio::Deck Runner::deck() { return deck_of(core_, parts_.board, id_); }

std::vector<StoredCommand> Runner::waiting() const {
  std::vector<StoredCommand> stored;
  for (const Pending& pending : commands_) stored.push_back(pending.stored);
  return stored;
}

/// In the store's order; one that is no longer there is void.
void Runner::look_at_commands() {
  std::vector<std::string> unusable;
  std::vector<StoredCommand> found = stored_commands(core_, id_, &unusable);
  for (const std::string& key : unusable) {
    if (std::ranges::find(unusable_, key) != unusable_.end()) continue;
    base::log::error("control", "{}: the stored command {} can't be given and is left out",
                     id_.str(), key);
  }
  unusable_ = std::move(unusable);
  std::vector<Pending> now;
  bool is_any_new = false;
  for (StoredCommand& stored : found) {
    const auto known = std::ranges::find_if(
        commands_, [&](const Pending& pending) { return pending.stored.key_id == stored.key_id; });
    Pending& pending = now.emplace_back();
    pending.given_up_at = core_.ports.clock.now() + kDeferredMax;
    if (known != commands_.end()) {
      pending.sent_at = known->sent_at;
      pending.given_up_at = known->given_up_at;
    }
    is_any_new = is_any_new || known == commands_.end();
    pending.stored = std::move(stored);
  }
  commands_ = std::move(now);
  look_at_played();
  // The mixer knows the part of a long queue from which the deck goes on.
  if (is_any_new && core_.queue(id_).items.size() > kWindowItems) push_desired();
  send_commands();
}

void Runner::look_at_played() {
  played_ = played(core_, id_);
  played_title_ = played_title(core_, id_);
  // It may be another track by now.
  if (!played_ || !live().deck_item || live().deck_item->id != played_->id) return;
  write([&](LiveShow& board) { board.deck_item = played_; });
}

std::optional<studio::Track> Runner::played_track() {
  if (!played_) return std::nullopt;
  auto track = core_.find_track(played_->track_id);
  if (track && !played_title_.empty()) track->title = played_title_;
  return track;
}

void Runner::send_commands() {
  if (!live().is_running || !live().is_connected) return;
  const base::Instant now = core_.ports.clock.now();
  for (Pending& pending : commands_) {
    if (pending.stored.awaits) continue;
    if (pending.sent_at && now - *pending.sent_at < kCommandResend) continue;
    if (!parts_.stages.send(id_, pending.stored.command)) return;
    pending.sent_at = now;
  }
}

void Runner::look_at_deferred() {
  const auto found = std::ranges::find_if(
      commands_, [](const Pending& pending) { return pending.stored.awaits.has_value(); });
  if (found == commands_.end()) return;
  const Pending deferred = *found;
  const auto track = core_.find_track(*deferred.stored.awaits);
  if (track && core_.is_playable(track->id)) return give_deferred(deferred, *track);
  std::string why;
  if (!track) {
    why = "the track was deleted";
  } else if (track->status == studio::TrackStatus::kFailed) {
    why = track->error;
  } else if (core_.ports.clock.now() >= deferred.given_up_at) {
    why = "it could not be played within 10 s";
  }
  if (why.empty()) return;
  Change change = core_.change_by_system();
  prepare_drop(id_, deferred.stored, why, change);
  if (track) (void)prepare_forget_failed(core_, *track, change);
  if (core_.try_commit(change)) look_at_commands();
}

/// The commit rings, and so it is sent.
void Runner::give_deferred(const Pending& deferred, const studio::Track& track) {
  if (!deferred.stored.command.item) return;
  const studio::QueueItem item{studio::ItemId(deferred.stored.command.item->item_id), track.id};
  StoredCommand given = deferred.stored;
  given.awaits.reset();
  given.command.item = item_of(core_, item.id, track);
  Change change = core_.change_by_system();
  prepare_played(id_, item, change, given.command.id);
  put_command(id_, given, change);
  (void)core_.try_commit(change);
}

void Runner::play_again() {
  const std::optional<studio::Deck> on_deck = live().deck;
  if (!on_deck || !played_ || on_deck->item_id != played_->id ||
      on_deck->state != studio::DeckState::kPlaying) {
    return;
  }
  const auto track = played_track();
  if (!track || track->status == studio::TrackStatus::kFailed) return;
  link::Command play;
  play.id = core_.new_id("cmd");
  play.command = link::rule_of(link::DeckVerb::kPlay).name;
  play.item = item_of(core_, played_->id, *track);
  play.position_ms = on_deck->position_ms;
  play.over_item_id = on_deck->queue_item_id.str();
  // Before all that was commanded since: it makes good what the deck had done already.
  const StoredCommand stored{first_key(play), std::move(play)};
  Change change = core_.change_by_system();
  put_command(id_, stored, change);
  if (core_.try_commit(change)) return;
  // The mixer waits for it, whether it is stored or not.
  commands_.insert(commands_.begin(), Pending{stored, {}, {}});
  send_commands();
}

}  // namespace shelcaster::control::detail
