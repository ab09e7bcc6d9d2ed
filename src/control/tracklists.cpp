#include <fmt/format.h>

#include <utility>

#include "control/detail/addressed.hpp"
#include "control/detail/handlers.hpp"
#include "control/detail/library_page.hpp"
#include "control/detail/views.hpp"

namespace shelcaster::control::detail {

namespace {

constexpr std::size_t kTracksMax = 2000;
/// Of what is no track so many are told: each is looked for in the store.
constexpr std::size_t kWrongMax = 20;
/// Of what all lists together may hold, one show's.
constexpr std::size_t kShareOfAShow = 4;

studio::Tracklist addressed_tracklist(Desk& desk, const Call& call) {
  return addressed(desk.core, call, &Core::seen_tracklist, "tracklist");
}

/// All lists are looked through in memory when a track goes, so that there is an end to them.
void require_room_for(Core& core, const studio::Tracklist& list, std::size_t tracks) {
  std::size_t of_all = tracks;
  std::size_t of_owner = tracks;
  for (const auto& [place, entry] : core.library(store::Collection::kTracklists).entries()) {
    if (place.id == list.id.str()) continue;
    of_all += entry.tracks;
    if (entry.owner == list.owner) of_owner += entry.tracks;
  }
  const std::size_t most = core.config.tracklist_tracks_max;
  const bool is_of_a_show = list.owner && !list.owner->empty();
  if (is_of_a_show && of_owner > most / kShareOfAShow) {
    refuse(409, fmt::format("the tracklists of one show may have {} tracks together: shorten or "
                            "delete some first",
                            most / kShareOfAShow));
  }
  if (of_all > most) {
    refuse(409, fmt::format("all tracklists may have {} tracks together: shorten or delete some "
                            "first",
                            most));
  }
}

/// A list of the station's is for every show, and so are its tracks.
bool may_hold(Core& core, const studio::Tracklist& list, const studio::TrackId& id) {
  const studio::ShowId show = list.owner.value_or(studio::ShowId());
  if (const auto* known = core.library(store::Collection::kTracks).find(id.str())) {
    return studio::may_use(show, known->owner);
  }
  const auto track = core.find_track(id);  // made by another process a moment ago
  return track && studio::may_use(show, track->owner);
}

}  // namespace

Answered tracklists_create(Desk& desk, Call& call) {
  const std::string title = only_title(call);
  desk.core.require_fewer_than(store::Collection::kTracklists, "", desk.core.config.tracklists_max,
                               "tracklists");
  Change change = desk.core.change(call.who);
  const studio::Tracklist list{studio::TracklistId(desk.core.new_id("tl")),
                               title,
                               {},
                               change.at(),
                               change.at(),
                               owner_of(call.who)};
  change.create(list);
  return desk.core.reply(call, change, 201, tracklist_json(list));
}

Answered tracklists_list(Desk& desk, Call& call) {
  return library_page(desk.core, call, store::Collection::kTracklists, "tracklists",
                      &Core::seen_tracklist, tracklist_json);
}

Answered tracklists_get(Desk& desk, Call& call) {
  return json_response(200, tracklist_json(addressed_tracklist(desk, call)));
}

Answered tracklists_patch(Desk& desk, Call& call) {
  studio::Tracklist list = addressed_tracklist(desk, call);
  change_by_body(desk.core, call, list, "tracklist");
  Change change = desk.core.change(call.who);
  list.updated_at = change.at();
  change.put(list);
  return desk.core.reply(call, change, 200, tracklist_json(list));
}

Answered tracklists_delete(Desk& desk, Call& call) {
  const studio::Tracklist list = addressed_tracklist(desk, call);
  require_change(call.who, list.owner, "tracklist");
  Change change = desk.core.change(call.who);
  // As many shows as there are may begin with it; when it goes itself, all of that is done.
  for (studio::Show show : desk.core.shows()) {
    if (show.tracklist_id != list.id) continue;
    desk.core.commit_step(change, kActionsOfForgettingAList);
    forget_own_list(show, change);
  }
  change.remove(key_of(list));
  desk.core.commit(change);
  return Response{204, {}, ""};
}

Answered tracklists_put_tracks(Desk& desk, Call& call) {
  studio::Tracklist list = addressed_tracklist(desk, call);
  require_change(call.who, list.owner, "tracklist");
  Fields fields(call.body);
  const auto ids = fields.texts("trackIds", kTracksMax, Need::kRequired);
  std::vector<studio::TrackId> tracks;
  std::size_t wrong = 0;
  for (const std::string& id : ids.value_or(std::vector<std::string>())) {
    tracks.emplace_back(id);
    if (!may_hold(desk.core, list, tracks.back())) {
      fields.wrong("trackIds", "'" + id + "' is no track");
      if (++wrong == kWrongMax) break;
    }
  }
  fields.finish();
  // Whoever takes some out may, however many there are.
  if (tracks.size() > list.track_ids.size()) require_room_for(desk.core, list, tracks.size());
  list.track_ids = std::move(tracks);
  Change change = desk.core.change(call.who);
  list.updated_at = change.at();
  change.put(list);
  return desk.core.reply(call, change, 200, tracklist_json(list));
}

}  // namespace shelcaster::control::detail
