#include "control/detail/show_sweep.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>
#include <vector>

#include "control/detail/desk.hpp"
#include "control/detail/handlers.hpp"

namespace shelcaster::control::detail {

using store::Collection;
using studio::ShowId;

namespace {

/// Of one step: each track has files, and a disk may be slow.
constexpr std::size_t kTracksAtOnce = 16;
constexpr std::size_t kListsAtOnce = 64;
static_assert(kTracksAtOnce + kListsAtOnce <= store::kWriteActionsMax);

store::Key marker(const ShowId& show) { return {Collection::kEndedShows, "", show.str()}; }

/// An admin may have given it to the station, or to another show, since it was looked for. What
/// can't be read stands for itself, without an owner.
bool is_still_of(const ShowId& show, const studio::Owner& owner) {
  return !owner || *owner == show;
}

std::vector<std::string> first(const std::deque<std::string>& ids, std::size_t count) {
  return {ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), count))};
}
void drop_first(std::deque<std::string>& ids, std::size_t count) {
  ids.erase(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(std::min(ids.size(), count)));
}

/// Nothing of another show, or of the station's, refers to what goes: an admin may have given away
/// what another show or list already had.
void detach(Desk& desk, const ShowId& show, const std::vector<std::string>& lists,
            const std::vector<std::string>& tracks) {
  Change change = desk.core.change_by_system();
  take_out_of_lists(desk, {tracks.begin(), tracks.end()}, change, show);
  const std::set<std::string> gone(lists.begin(), lists.end());
  for (studio::Show other : desk.core.shows()) {
    if (!gone.contains(other.tracklist_id.str())) continue;
    desk.core.commit_step(change, kActionsOfForgettingAList);
    forget_own_list(other, change);
  }
  desk.core.commit(change);
}

}  // namespace

void ShowSweep::prepare(const ShowId& show, Change& change) { change.overwrite(marker(show), {}); }

bool ShowSweep::is_ended(Core& core, const ShowId& show) { return core.exists(marker(show)); }

bool ShowSweep::is_under_way(const ShowId& show) const {
  const auto has = [&show](const std::deque<ShowId>& shows) {
    return std::find(shows.begin(), shows.end(), show) != shows.end();
  };
  return has(ended_) || has(emptied_);
}

void ShowSweep::begin(Desk& desk, const ShowId& show) {
  ended_.push_back(show);
  if (ended_.size() == 1 && !take_documents(desk)) handle_tick(desk);
}

void ShowSweep::recover(Desk& desk) {
  for (const std::string& show : desk.core.ended_shows()) ended_.emplace_back(show);
}

void ShowSweep::handle_tick(Desk& desk) {
  if (!desk.core.may_try_again()) return;
  take_files(desk);
  if (!ended_.empty() && !take_documents(desk)) take_library(desk);
}

bool ShowSweep::take_documents(Desk& desk) {
  const std::string id = ended_.front().str();
  if (!sessions_) {
    const auto sessions = desk.core.sessions_of(ended_.front());
    sessions_.emplace(sessions.begin(), sessions.end());
  }
  Change change = desk.core.change_by_system();
  std::size_t room = kStepActionsMax;
  using enum Collection;
  for (const auto collection : {kParticipants, kPastParticipants, kCommands, kOutputs, kRouting,
                                kQueues, kDecks, kDesired}) {
    if (room == 0) break;
    for (store::Key& key : desk.core.keys_of(collection, id, room)) {
      change.remove(std::move(key));
      --room;
    }
  }
  const std::vector<std::string> sessions = first(*sessions_, room / 2);
  for (const std::string& session : sessions) {
    change.remove({kSessions, "", session});
    change.remove({kShowSessions, id, session});
  }
  if (change.empty()) return false;
  desk.core.commit(change);
  drop_first(*sessions_, sessions.size());
  // With room left over nothing is, and the library may begin.
  return room <= 2 * sessions.size() + 1;
}

void ShowSweep::take_library(Desk& desk) {
  if (lists_.empty() && tracks_.empty()) look(desk);
  if (lists_.empty() && tracks_.empty()) return;
  const ShowId show = ended_.front();
  const std::vector<std::string> lists = first(lists_, kListsAtOnce);
  const std::vector<std::string> ids = first(tracks_, kTracksAtOnce);
  Change change = desk.core.change_by_system();
  for (const std::string& id : lists) {
    const auto list = desk.core.seen_tracklist(studio::TracklistId(id));
    if (list && is_still_of(show, list->owner)) change.remove({Collection::kTracklists, "", id});
  }
  std::vector<studio::Track> tracks;
  for (const std::string& id : ids) {
    auto track = desk.core.find_track(studio::TrackId(id));
    if (track && is_still_of(show, track->owner)) tracks.push_back(std::move(*track));
  }
  remove_tracks(desk, tracks, change);
  // A store that takes no writes now is asked again at the next tick.
  drop_first(lists_, lists.size());
  drop_first(tracks_, ids.size());
}

/// What there is of the first show in the library; when that is nothing, its files are next.
void ShowSweep::look(Desk& desk) {
  const ShowId show = ended_.front();
  const auto lists = desk.core.owned_by(Collection::kTracklists, show);
  const auto tracks = desk.core.owned_by(Collection::kTracks, show);
  if (lists.empty() && tracks.empty()) {
    emptied_.push_back(show);
    ended_.pop_front();
    sessions_.reset();
    return;
  }
  detach(desk, show, lists, tracks);
  lists_.assign(lists.begin(), lists.end());
  tracks_.assign(tracks.begin(), tracks.end());
}

void ShowSweep::take_files(Desk& desk) {
  for (auto at = emptied_.begin(); at != emptied_.end();) {
    if (!desk.core.ports.show_files.remove(*at)) {
      ++at;
      continue;
    }
    Change change = desk.core.change_by_system();
    change.remove(marker(*at));
    desk.core.commit(change);
    at = emptied_.erase(at);
  }
}

}  // namespace shelcaster::control::detail
