#include <utility>

#include "control/detail/addressed.hpp"
#include "control/detail/handlers.hpp"
#include "control/detail/views.hpp"

namespace shelcaster::control::detail {

namespace {

constexpr std::size_t kTracksMax = 2000;

studio::Tracklist addressed_tracklist(Desk& desk, const Call& call) {
  return addressed(desk.core, call, &Core::find_tracklist, "tracklist");
}

}  // namespace

Answered tracklists_create(Desk& desk, Call& call) {
  const std::string title = only_title(call);
  Change change = desk.core.change(call.who);
  const studio::Tracklist list{
      studio::TracklistId(desk.core.new_id("tl")), title, {}, change.at(), change.at()};
  change.put(list);
  return desk.core.reply(call, change, 201, tracklist_json(list));
}

Answered tracklists_list(Desk& desk, Call&) {
  return list_response("tracklists", desk.core.tracklists(), tracklist_json);
}

Answered tracklists_get(Desk& desk, Call& call) {
  return json_response(200, tracklist_json(addressed_tracklist(desk, call)));
}

Answered tracklists_patch(Desk& desk, Call& call) {
  studio::Tracklist list = addressed_tracklist(desk, call);
  list.title = only_title(call);
  Change change = desk.core.change(call.who);
  list.updated_at = change.at();
  change.put(list);
  return desk.core.reply(call, change, 200, tracklist_json(list));
}

Answered tracklists_delete(Desk& desk, Call& call) {
  const studio::Tracklist list = addressed_tracklist(desk, call);
  Change change = desk.core.change(call.who);
  change.remove({store::Collection::kTracklists, "", list.id.str()});
  for (studio::Show show : desk.core.shows()) {
    if (show.tracklist_id != list.id) continue;
    show.tracklist_id = studio::TracklistId();
    show.updated_at = change.at();
    change.put(show);
    change.event(show.id, "show_updated", {{"title", show.title}, {"tracklistId", nullptr}});
  }
  desk.core.commit(change);
  return Response{204, {}, ""};
}

Answered tracklists_put_tracks(Desk& desk, Call& call) {
  studio::Tracklist list = addressed_tracklist(desk, call);
  Fields fields(call.body);
  const auto ids = fields.texts("trackIds", kTracksMax, Need::kRequired);
  std::vector<studio::TrackId> tracks;
  for (const std::string& id : ids.value_or(std::vector<std::string>())) {
    tracks.emplace_back(id);
    if (!desk.core.find_track(tracks.back())) {
      fields.wrong("trackIds", "'" + id + "' is no track");
    }
  }
  fields.finish();
  list.track_ids = std::move(tracks);
  Change change = desk.core.change(call.who);
  list.updated_at = change.at();
  change.put(list);
  return desk.core.reply(call, change, 200, tracklist_json(list));
}

}  // namespace shelcaster::control::detail
