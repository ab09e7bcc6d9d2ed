#include <algorithm>
#include <string_view>

#include "control/detail/decks.hpp"
#include "control/detail/handlers.hpp"

namespace shelcaster::control::detail {

namespace {

std::optional<studio::Track> same_music(Desk& desk, const studio::Track& track) {
  if (!track.is_for_deck || track.content_hash.empty()) return std::nullopt;
  const auto mark = LibraryIndex::mark_of_music(track.content_hash);
  for (const std::string& id : desk.core.library(store::Collection::kTracks).with({mark})) {
    auto other = desk.core.find_track(studio::TrackId(id));
    if (other && other->id != track.id && other->owner == track.owner &&
        other->status == studio::TrackStatus::kReady && other->content_hash == track.content_hash) {
      return other;
    }
  }
  return std::nullopt;
}

/// But for the query, where what is signed anew differs.
bool is_same_address(std::string_view one, std::string_view other) {
  return one.substr(0, one.find('?')) == other.substr(0, other.find('?'));
}

}  // namespace

bool is_in_a_list(Core& core, const studio::TrackId& id) {
  const std::vector<studio::Show> shows = core.shows();
  core.fetch_queues(shows);
  for (const studio::Show& show : shows) {
    for (const studio::QueueItem& item : core.queue(show.id).items) {
      if (item.track_id == id) return true;
    }
  }
  const auto mark = LibraryIndex::mark_of_track(id);
  using enum Core::Freshness;
  return !core.library(store::Collection::kTracklists, kNow).with({mark}).empty();
}

bool prepare_forget_failed(Core& core, const studio::Track& track, Change& change) {
  const bool has_failed = track.is_for_deck && track.status == studio::TrackStatus::kFailed;
  if (!has_failed || is_in_a_list(core, track.id)) return false;
  change.remove(key_of(track));
  return true;
}

bool merge_with_same_music(Desk& desk, const studio::Track& track) {
  const auto other = same_music(desk, track);
  if (!other || is_in_a_list(desk.core, track.id)) return false;
  Change change = desk.core.change_by_system();
  for (const studio::ShowId& show : desk.board.shows()) {
    const auto awaited = awaited_tracks(desk.core, show);
    if (std::ranges::find(awaited, track.id) != awaited.end()) return false;
    const auto on_deck = played(desk.core, show);
    if (!on_deck || on_deck->track_id != track.id) continue;
    // One that is on its way to a deck still has the path of this track's file.
    const LiveShow* live = desk.board.find(show);
    if (!live->deck || live->deck->item_id != on_deck->id) return false;
    // One that is fetched anew is called as it was before.
    prepare_played_as(desk.core, show, other->id,
                      is_same_address(other->source, track.source) ? "" : track.title, change);
    change.desire(show);
  }
  // So many decks would take more than one write, and two tracks of the same music do no harm.
  if (change.actions() > kStepActionsMax) return false;
  change.remove(key_of(track));
  desk.core.commit(change);
  desk.core.imports.erase(track.id);
  desk.core.ports.media.remove(track.id);
  if (!track.cover.empty()) desk.core.ports.media.remove_cover(track.cover);
  return true;
}

}  // namespace shelcaster::control::detail
