#include "control/detail/lifecycle.hpp"

#include <functional>
#include <utility>

#include "control/detail/commands.hpp"
#include "control/detail/presence.hpp"
#include "control/detail/queue_change.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;
using studio::ShowStatus;

namespace {

void move_to(studio::Show& show, ShowStatus to, base::WallTime at) {
  const auto next = studio::transition(show.status, to);
  if (!next) {
    json::array allowed;
    for (const ShowStatus status : studio::allowed_after(show.status)) {
      allowed.emplace_back(studio::to_string(status));
    }
    throw Refusal{{409, next.error().message, {}, {{"allowed", std::move(allowed)}}}};
  }
  show.status = *next;
  show.updated_at = at;
}

/// The show's own tracklist is what it plays, unless somebody has queued something already.
QueuedAtStart queue_own_tracklist(Core& core, const studio::Show& show, Change& change) {
  studio::Queue queue = core.queue(show.id);
  if (!queue.items.empty() || show.tracklist_id.empty()) return {};
  const auto list = core.find_tracklist(show.tracklist_id);
  if (!list || !studio::may_use(show.id, list->owner)) return {};
  core.fetch_tracks(list->track_ids);
  QueuedAtStart made;
  for (const studio::TrackId& track : list->track_ids) {
    if (!core.find_track_for(show.id, track)) continue;
    if (queue.items.size() == kQueueItemsMax) {
      ++made.left_out;
      continue;
    }
    queue.items.push_back({studio::ItemId(core.new_id("item")), track});
  }
  change.put(show.id, queue);
  change.event(show.id, "queue_changed", queue_change(core, {}, queue));
  made.queued = queue.items.size();
  return made;
}

/// The show is over, in whatever way: nothing plays, nothing is to be done, and nobody has a place
/// in its mixer any more. `last` adds what says so. False when the store can't keep it.
bool commit_end(Core& core, const studio::ShowId& id, const std::function<void(Change&)>& last) {
  const auto end = [&](Change& change) {
    for (store::Key& key : core.keys_of(store::Collection::kCommands, id.str(), kCommandsMax)) {
      core.commit_step(change, 1);
      change.remove(std::move(key));
    }
    for (studio::Participant& person : core.participants(id)) {
      const bool was_here = person.is_seated && !person.is_kicked;
      const bool was_on_air = person.role == studio::Role::kCaller && person.is_on_air;
      if (!was_here && !was_on_air) continue;
      person.is_seated = person.is_self_muted = false;
      core.commit_step(change, kActionsOfLeaving);
      prepare_leave(person, "stopped", change);
    }
    studio::Deck deck = core.stored_deck(id);
    deck.state = studio::DeckState::kStopped;
    change.put(id, deck);
    last(change);
  };
  try {
    return core.try_commit_made(end);
  } catch (const Refusal&) {
    return false;  // the store has failed at a step before the last
  }
}

}  // namespace

bool is_up(const studio::Show& show) {
  return show.status == ShowStatus::kStarting || show.status == ShowStatus::kLive;
}

bool has_runner(const studio::Show& show) {
  return is_up(show) || show.status == ShowStatus::kStopping;
}

QueuedAtStart prepare_start(Core& core, studio::Show& show, Change& change) {
  move_to(show, ShowStatus::kStarting, change.at());
  show.composition_status = studio::CompositionStatus::kStarting;
  ++show.task_number;
  show.error.clear();
  change.put(show);
  const QueuedAtStart queued = queue_own_tracklist(core, show, change);
  json::object data{{"taskNumber", show.task_number}};
  if (queued.queued > 0) data["queued"] = queued.queued;
  if (queued.left_out > 0) data["notQueued"] = queued.left_out;
  change.event(show.id, "show_starting", std::move(data));
  return queued;
}

void prepare_live(studio::Show& show, Change& change) {
  if (show.status == ShowStatus::kStarting) {
    move_to(show, ShowStatus::kLive, change.at());
    change.event(show.id, "show_live");
  }
  show.composition_status = studio::CompositionStatus::kRunning;
  change.put(show);
}

void prepare_stop(studio::Show& show, Change& change) {
  move_to(show, ShowStatus::kStopping, change.at());
  change.put(show);
  change.event(show.id, "show_stopping");
}

std::optional<studio::Show> commit_stopped(Core& core, const studio::ShowId& id) {
  studio::Show show = core.show(id);
  if (!has_runner(show)) return show;
  const bool is_kept = commit_end(core, id, [&](Change& change) {
    show = core.show(id);
    if (!has_runner(show)) return;
    if (is_up(show)) move_to(show, ShowStatus::kStopping, change.at());
    move_to(show, ShowStatus::kStopped, change.at());
    show.composition_status = studio::CompositionStatus::kStopped;
    change.put(show);
    change.event(id, "show_stopped");
  });
  return is_kept ? std::optional(show) : std::nullopt;
}

std::optional<studio::Show> commit_error(Core& core, const studio::Show& failed,
                                         const std::string& why) {
  studio::Show show = failed;
  const bool is_kept = commit_end(core, show.id, [&](Change& change) {
    show = core.show(show.id);
    move_to(show, ShowStatus::kError, change.at());
    show.composition_status = studio::CompositionStatus::kStopped;
    show.error = why;
    change.put(show);
    change.event(show.id, "show_error", {{"error", why}});
  });
  return is_kept ? std::optional(show) : std::nullopt;
}

}  // namespace shelcaster::control::detail
