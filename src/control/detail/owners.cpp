#include "control/detail/owners.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/log.hpp"

namespace shelcaster::control::detail {

namespace {

constexpr std::string_view kStation = "station";

using Users = std::set<studio::ShowId>;

studio::Owner only_user(const Users& users) {
  return users.size() == 1 ? *users.begin() : studio::ShowId();
}

/// The shows that use a track: by their queues, or by a list that is theirs. A list of the
/// station's is for all, which an empty id stands for.
std::map<studio::TrackId, Users> users_of_tracks(Core& core, const std::vector<studio::Show>& shows,
                                                 const std::vector<studio::Tracklist>& lists) {
  std::map<studio::TrackId, Users> users;
  for (const studio::Show& show : shows) {
    for (const studio::QueueItem& item : core.queue(show.id).items) {
      users[item.track_id].insert(show.id);
    }
  }
  for (const studio::Tracklist& list : lists) {
    if (!list.owner) continue;
    for (const studio::TrackId& track : list.track_ids) users[track].insert(*list.owner);
  }
  return users;
}

std::vector<studio::Tracklist> settled_lists(Core& core, const std::vector<studio::Show>& shows,
                                             Change& change) {
  std::map<studio::TracklistId, Users> users;
  for (const studio::Show& show : shows) {
    if (!show.tracklist_id.empty()) users[show.tracklist_id].insert(show.id);
  }
  std::vector<studio::Tracklist> lists = core.tracklists();
  for (studio::Tracklist& list : lists) {
    // Only a stand-in is there for what can't be read, and isn't written.
    if (list.owner || core.is_unreadable({store::Collection::kTracklists, "", list.id.str()})) {
      continue;
    }
    list.owner = only_user(users[list.id]);
    core.commit_step(change, 1);
    change.put(list);
  }
  return lists;
}

void settle_tracks(Core& core, const std::map<studio::TrackId, Users>& users, Change& change) {
  for (studio::Track& track : core.tracks()) {
    if (track.owner || core.is_unreadable({store::Collection::kTracks, "", track.id.str()})) {
      continue;
    }
    const auto found = users.find(track.id);
    track.owner = found != users.end() ? only_user(found->second) : studio::ShowId();
    core.commit_step(change, 1);
    change.put(track);
  }
}

void seat_owner(Core& core, const studio::Show& show, Change& change) {
  auto owner = core.find_participant(show.id, show.host_user_id);
  if (!owner || !owner->is_kicked) return;
  owner->is_kicked = false;
  core.commit_step(change, 1);
  change.put(*owner);
  base::log::warn("control", "{}: its owner had been removed and has their seat again",
                  show.id.str());
}

}  // namespace

studio::Owner owner_of(const Identity& who) {
  return who.scope == Scope::kAdmin ? studio::ShowId() : who.show_id;
}

bool may_see(const Identity& who, const studio::Owner& owner) {
  return who.scope == Scope::kAdmin || studio::may_use(who.show_id, owner);
}

void require_change(const Identity& who, const studio::Owner& owner, std::string_view what) {
  if (who.scope == Scope::kAdmin || owner == studio::Owner(who.show_id)) return;
  refuse(403, "this " + std::string(what) + " is the station's: only an admin may change it");
}

std::string owner_text(const studio::Owner& owner) {
  return owner && !owner->empty() ? owner->str() : std::string(kStation);
}

namespace {

bool has_every_owner(Core& core, store::Collection collection) {
  const auto& entries = core.library(collection).entries();
  return std::all_of(entries.begin(), entries.end(),
                     [](const auto& one) { return one.second.owner.has_value(); });
}

/// Of an earlier release's library, which is read as a whole.
void settle_library(Core& core, const std::vector<studio::Show>& shows) {
  Change of_lists = core.change_by_system();
  const auto lists = settled_lists(core, shows, of_lists);
  core.contained("the owners of tracklists", [&] { core.commit(of_lists); });
  core.contained("the owners of tracks", [&] {
    Change change = core.change_by_system();
    settle_tracks(core, users_of_tracks(core, shows, lists), change);
    core.commit(change);
  });
}

}  // namespace

void settle_owners(Core& core) {
  const std::vector<studio::Show> shows = core.shows();
  const bool is_settled = has_every_owner(core, store::Collection::kTracklists) &&
                          has_every_owner(core, store::Collection::kTracks);
  if (!is_settled) settle_library(core, shows);
  Change seats = core.change_by_system();
  for (const studio::Show& show : shows) {
    core.contained(show.id.str(), [&] { seat_owner(core, show, seats); });
  }
  core.contained("the seats of owners", [&] { core.commit(seats); });
}

}  // namespace shelcaster::control::detail
