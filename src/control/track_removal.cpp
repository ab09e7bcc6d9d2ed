#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "control/detail/decks.hpp"
#include "control/detail/handlers.hpp"
#include "control/detail/queue_change.hpp"

namespace shelcaster::control::detail {

namespace {

/// Of one queue: it, what says so, and the counter of its show's log.
constexpr std::size_t kActionsOfAQueue = 3;

}  // namespace

void take_out_of_lists(Desk& desk, const std::set<studio::TrackId>& tracks, Change& change,
                       const std::optional<studio::ShowId>& except) {
  if (tracks.empty()) return;
  std::set<std::uint64_t> marks;
  for (const studio::TrackId& id : tracks) marks.insert(LibraryIndex::mark_of_track(id));
  using enum Core::Freshness;
  for (const std::string& id :
       desk.core.library(store::Collection::kTracklists, kNow).with(marks)) {
    auto list = desk.core.find_tracklist(studio::TracklistId(id));
    if (!list || (except && list->owner == except)) continue;
    const auto is_gone = [&](const studio::TrackId& track) { return tracks.contains(track); };
    if (std::erase_if(list->track_ids, is_gone) == 0) continue;
    list->updated_at = change.at();
    desk.core.commit_step(change, 1);
    change.put(*list);
  }
  const std::vector<studio::Show> shows = desk.core.shows();
  desk.core.fetch_queues(shows);
  for (const studio::Show& show : shows) {
    if (show.id == except) continue;
    const studio::Queue before = desk.core.queue(show.id);
    studio::Queue queue = before;
    const auto is_gone = [&](const studio::QueueItem& item) {
      return tracks.contains(item.track_id);
    };
    if (std::erase_if(queue.items, is_gone) == 0) continue;
    desk.core.commit_step(change, kActionsOfAQueue);
    change.put(show.id, queue);
    change.desire(show.id);
    change.event(show.id, "queue_changed", queue_change(desk.core, before, queue));
  }
}

void remove_tracks(Desk& desk, const std::vector<studio::Track>& tracks, Change& change) {
  std::vector<std::pair<studio::ShowId, studio::ItemId>> waiting;
  for (const studio::Track& track : tracks) {
    change.remove({store::Collection::kTracks, "", track.id.str()});
    if (track.status != studio::TrackStatus::kImporting) continue;
    for (auto& on_deck : items_on_decks(desk.core, desk.board, track.id)) {
      waiting.push_back(std::move(on_deck));
    }
  }
  desk.core.commit(change);
  for (const studio::Track& track : tracks) {
    desk.core.ports.media.cancel_import(track.id);
    desk.core.ports.media.remove(track.id);
    if (!track.cover.empty()) desk.core.ports.media.remove_cover(track.cover);
    desk.core.imports.erase(track.id);
  }
  // The rest of what plays would never come.
  for (const auto& one : waiting) {
    desk.core.contained(one.first.str(),
                        [&] { skip(desk.core, desk.board, one.first, one.second); });
  }
}

void forget_own_list(studio::Show& show, Change& change) {
  show.tracklist_id = studio::TracklistId();
  show.updated_at = change.at();
  change.put(show);
  change.event(show.id, "show_updated", {{"title", show.title}, {"tracklistId", nullptr}});
}

}  // namespace shelcaster::control::detail
