#include "control/detail/decks.hpp"

#include <algorithm>
#include <string>

#include "control/detail/lifecycle.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;
using studio::QueueItem;
using studio::ShowId;
using studio::TrackId;

namespace {

store::Key played_key(const ShowId& id) { return {store::Collection::kDecks, id.str(), "PLAYED"}; }

}  // namespace

studio::Deck deck_of(Core& core, const LiveBoard& board, const ShowId& id) {
  const LiveShow* live = board.find(id);
  if (live != nullptr && live->deck) return *live->deck;
  return core.stored_deck(id);
}

link::QueueItem item_of(const Core& core, const studio::ItemId& item, const studio::Track& track) {
  return {item.str(),    track.id.str(),    core.ports.media.ready_path(track.id).string(),
          track.gain_db, track.duration_ms, track.title,
          track.artist};
}

QueueItem unqueued_item(const link::Command& command) {
  return {studio::ItemId(command.item->item_id), TrackId(command.item->track_id)};
}

std::optional<QueueItem> played(Core& core, const ShowId& id) {
  const auto& document = core.peek(played_key(id));
  if (!document) return std::nullopt;
  const json::value* item = document->body.if_contains("itemId");
  const json::value* track = document->body.if_contains("trackId");
  if (item == nullptr || track == nullptr || !item->is_string() || !track->is_string()) {
    return std::nullopt;
  }
  return QueueItem{studio::ItemId(std::string(item->get_string())),
                   TrackId(std::string(track->get_string()))};
}

void prepare_played(const ShowId& id, const QueueItem& item, Change& change,
                    const std::string& command_id) {
  json::object body{{"itemId", item.id.str()}, {"trackId", item.track_id.str()}};
  if (!command_id.empty()) body["commandId"] = command_id;
  // The last PLAY_MEDIA holds, whatever was played before.
  change.overwrite(played_key(id), std::move(body));
}

std::string played_title(Core& core, const ShowId& id) {
  const auto document = core.ports.store.get(played_key(id));
  if (!document || !*document) return {};
  const json::value* title = (*document)->body.if_contains("title");
  return title != nullptr && title->is_string() ? std::string(title->get_string()) : std::string();
}

void prepare_played_as(Core& core, const ShowId& id, const TrackId& by, const std::string& title,
                       Change& change) {
  const auto item = played(core, id);
  if (!item) return;
  change.overwrite(played_key(id),
                   {{"itemId", item->id.str()}, {"trackId", by.str()}, {"title", title}});
}

void prepare_played_in_vain(Core& core, const ShowId& id, const studio::Track& track,
                            Change& change) {
  const auto item = played(core, id);
  if (!item || item->track_id != track.id) return;
  json::object data{{"itemId", item->id.str()}, {"error", track.error}};
  const auto document = core.ports.store.get(played_key(id));
  if (document && *document) {
    if (const json::value* command = (*document)->body.if_contains("commandId")) {
      data["id"] = *command;
    }
  }
  change.event(id, "deck_command_failed", std::move(data));
}

bool is_for_a_deck_still(Core& core, const LiveBoard& board, const studio::Track& track) {
  if (!items_on_decks(core, board, track.id).empty()) return true;
  const auto shows = board.shows();
  return std::any_of(shows.begin(), shows.end(), [&](const ShowId& id) {
    const auto commands = stored_commands(core, id);
    return std::any_of(commands.begin(), commands.end(), [&](const StoredCommand& stored) {
      return stored.command.item && stored.command.item->track_id == track.id.str();
    });
  });
}

std::vector<studio::Show> shows_for_items(Core& core) {
  std::vector<studio::Show> shows = core.shows();
  store::Reading wanted;
  for (const studio::Show& show : shows) {
    add_part(Part::kQueue, show.id, wanted);
    if (!has_runner(show)) continue;
    add_part(Part::kCommands, show.id, wanted);
    add_part(Part::kPlayed, show.id, wanted);
  }
  core.fetch(std::move(wanted));
  return shows;
}

std::optional<QueueItem> find_item(Core& core, const studio::Show& show, const TrackId& track) {
  for (const QueueItem& item : core.queue(show.id).items) {
    if (item.track_id == track) return item;
  }
  if (!has_runner(show)) return std::nullopt;
  for (const StoredCommand& pending : stored_commands(core, show.id)) {
    if (pending.awaits == track) return unqueued_item(pending.command);
  }
  auto on_deck = played(core, show.id);
  if (on_deck && on_deck->track_id != track) on_deck.reset();
  return on_deck;
}

std::vector<TrackId> awaited_tracks(Core& core, const ShowId& id) {
  std::vector<TrackId> tracks;
  for (const StoredCommand& pending : stored_commands(core, id)) {
    if (pending.awaits) tracks.push_back(*pending.awaits);
  }
  return tracks;
}

void add_wanted(Core& core, const LiveBoard& board, const ShowId& id,
                std::map<TrackId, Wanted>& wanted) {
  const LiveShow* live = board.find(id);
  const auto show = core.find_show(id);
  if (live == nullptr || !show || !is_up(*show)) return;
  const auto add = [&](const TrackId& track) { wanted.try_emplace(track, Wanted::kSoon); };
  for (const StoredCommand& pending : stored_commands(core, id)) {
    if (pending.command.item) add(TrackId(pending.command.item->track_id));
  }
  const studio::Deck deck = deck_of(core, board, id);
  const auto unqueued = played(core, id);
  if (unqueued && unqueued->id == deck.item_id && deck.state != studio::DeckState::kStopped) {
    add(unqueued->track_id);
  }
  const std::vector<QueueItem> items = core.queue(id).items;
  auto next = std::ranges::find(items, deck.item_id, &QueueItem::id);
  if (next == items.end()) next = items.begin();
  for (int left = 2; left > 0 && next != items.end(); ++next) {
    const auto track = core.find_track_for(id, next->track_id);
    if (!track || track->status == studio::TrackStatus::kFailed) continue;
    add(track->id);
    --left;
  }
  if (!live->deck || live->deck->state != studio::DeckState::kPlaying) return;
  if (!live->deck_item || live->deck_item->id != live->deck->item_id) return;
  if (core.find_track(live->deck_item->track_id)) {
    wanted[live->deck_item->track_id] = Wanted::kHeard;
  }
}

std::vector<std::pair<ShowId, studio::ItemId>> items_on_decks(Core& core, const LiveBoard& board,
                                                              const TrackId& track) {
  std::vector<std::pair<ShowId, studio::ItemId>> found;
  for (const ShowId& id : board.shows()) {
    const LiveShow* live = board.find(id);
    const auto show = core.find_show(id);
    if (!show || !live->deck) continue;
    const auto item = find_item(core, *show, track);
    if (item && live->deck->item_id == item->id) found.emplace_back(id, item->id);
  }
  return found;
}

void skip_unheard(Core& core, const LiveBoard& board, const ShowId& id, const QueueItem& item) {
  const LiveShow* live = board.find(id);
  if (live == nullptr || !live->is_running) return;
  if (live->deck && live->deck->item_id == item.id && live->deck->position_ms > 0) return;
  // It was to be put over something else, and isn't.
  const auto awaited = awaited_tracks(core, id);
  if (std::ranges::find(awaited, item.track_id) != awaited.end()) return;
  skip(core, board, id, item.id);
}

}  // namespace shelcaster::control::detail
