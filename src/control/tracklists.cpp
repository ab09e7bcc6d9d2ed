#include <utility>

#include "control/detail/handlers.hpp"
#include "control/detail/views.hpp"
#include "control/fields.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

constexpr std::size_t kTracksMax = 2000;

studio::Tracklist addressed_tracklist(Desk& desk, const Call& call) {
  auto list = desk.core.find_tracklist(studio::TracklistId(call.params.at(0)));
  if (!list) refuse(404, "there is no such tracklist");
  return std::move(*list);
}

std::string read_title(const Call& call) {
  Fields fields(call.body);
  const auto title = fields.text("title", 1, 200, Need::kRequired);
  fields.finish();
  return *title;
}

}  // namespace

Answered tracklists_create(Desk& desk, Call& call) {
  const std::string title = read_title(call);
  Change change = desk.core.change(call.who);
  const studio::Tracklist list{
      studio::TracklistId(desk.core.new_id("tl")), title, {}, change.at(), change.at()};
  change.put(list);
  return desk.core.reply(call, change, 201, tracklist_json(list));
}

Answered tracklists_list(Desk& desk, Call&) {
  json::array lists;
  for (const studio::Tracklist& list : desk.core.tracklists()) {
    lists.push_back(tracklist_json(list));
  }
  return json_response(200, {{"tracklists", std::move(lists)}});
}

Answered tracklists_get(Desk& desk, Call& call) {
  return json_response(200, tracklist_json(addressed_tracklist(desk, call)));
}

Answered tracklists_patch(Desk& desk, Call& call) {
  studio::Tracklist list = addressed_tracklist(desk, call);
  list.title = read_title(call);
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
