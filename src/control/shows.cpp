#include <utility>

#include "control/detail/handlers.hpp"
#include "control/detail/views.hpp"
#include "control/fields.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;

studio::TracklistId existing_tracklist(Desk& desk, const std::string& id) {
  studio::TracklistId tracklist(id);
  if (!desk.core.find_tracklist(tracklist)) {
    refuse_fields({{"/tracklistId", "there is no such tracklist"}});
  }
  return tracklist;
}

studio::Show make_show(Desk& desk, Change& change, const std::string& title,
                       const studio::TracklistId& tracklist) {
  studio::Show show;
  show.id = studio::ShowId(desk.core.new_id("show"));
  show.title = title;
  show.tracklist_id = tracklist;
  show.created_at = show.updated_at = change.at();
  studio::Participant host;
  host.id = studio::ParticipantId(desk.core.new_id("part"));
  host.show_id = show.id;
  host.username = "Host";
  host.role = studio::Role::kHost;
  host.is_on_air = host.has_been_on_air = true;
  host.joined_at = change.at();
  show.host_user_id = host.id;
  studio::AudioRouting routing;
  routing.updated_at = change.at();
  change.put(show);
  change.put(host);
  change.put(show.id, routing);
  change.desire(show.id);
  change.event(show.id, "show_created", {{"title", title}});
  return show;
}

Answered shows_create(Desk& desk, Call& call) {
  Fields fields(call.body);
  const auto title = fields.text("title", 1, 200, Need::kRequired);
  const auto tracklist = fields.text("tracklistId", 1, 100);
  fields.finish();
  const studio::TracklistId tracklist_id =
      tracklist ? existing_tracklist(desk, *tracklist) : studio::TracklistId();
  Change change = desk.core.change(call.who);
  const studio::Show show = make_show(desk, change, *title, tracklist_id);
  return desk.core.reply(call, change, 201, show_json(show));
}

Answered shows_list(Desk& desk, Call& call) {
  json::array shows;
  for (const studio::Show& show : desk.core.shows()) {
    if (call.who.scope == Scope::kAdmin || show.id == call.who.show_id) {
      shows.push_back(show_json(show));
    }
  }
  return json_response(200, {{"shows", std::move(shows)}});
}

Answered shows_get(Desk& desk, Call& call) {
  return json_response(200, show_json(desk.core.show(call.show_id())));
}

Answered shows_patch(Desk& desk, Call& call) {
  studio::Show show = desk.core.show(call.show_id());
  Fields fields(call.body);
  const bool is_tracklist_cleared = fields.is_null("tracklistId");
  const auto title = fields.text("title", 1, 200);
  const auto tracklist = is_tracklist_cleared ? std::nullopt : fields.text("tracklistId", 1, 100);
  fields.finish();
  if (title) show.title = *title;
  if (is_tracklist_cleared) show.tracklist_id = studio::TracklistId();
  if (tracklist) show.tracklist_id = existing_tracklist(desk, *tracklist);
  Change change = desk.core.change(call.who);
  show.updated_at = change.at();
  change.put(show);
  change.desire(show.id);
  change.event(show.id, "show_updated",
               {{"title", show.title}, {"tracklistId", show_json(show).at("tracklistId")}});
  return desk.core.reply(call, change, 200, show_json(show));
}

Answered shows_delete(Desk& desk, Call& call) {
  const studio::Show show = desk.core.show(call.show_id());
  using enum studio::ShowStatus;
  if (show.status != kCreating && show.status != kStopped && show.status != kError) {
    throw Refusal{{409,
                   "a show can be deleted only when it isn't running: stop it first",
                   {},
                   {{"allowed", {"CREATING", "STOPPED", "ERROR"}}}}};
  }
  desk.alerts.end(desk.core, show, "the show was deleted");
  Change change = desk.core.change(call.who);
  const std::string id = show.id.str();
  change.remove({store::Collection::kShows, "", id});
  for (const studio::Participant& person : desk.core.participants(show.id)) {
    change.remove({store::Collection::kParticipants, id, person.id.str()});
  }
  for (const studio::Output& output : desk.core.outputs(show.id)) {
    change.remove({store::Collection::kOutputs, id, output.id});
  }
  change.remove({store::Collection::kRouting, id, "CONFIG"});
  change.remove({store::Collection::kRouting, id, "SILENCE"});
  change.remove({store::Collection::kQueues, id, "QUEUE"});
  change.remove({store::Collection::kDecks, id, "DECK"});
  change.remove({store::Collection::kDesired, id, "DESIRED"});
  change.event(show.id, "show_deleted");
  desk.core.commit(change);
  desk.runner.forget(show.id);
  desk.core.hub.close_show(show.id);
  return Response{204, {}, ""};
}

Answered shows_public(Desk& desk, Call& call) {
  const studio::Show show = desk.core.show(call.show_id());
  return json_response(200, {{"showId", show.id.str()},
                             {"title", show.title},
                             {"status", studio::to_string(show.status)}});
}

Answered shows_me(Desk& desk, Call& call) {
  if (call.who.participant_id.empty()) refuse(403, "this token has no seat");
  const studio::Show show = desk.core.show(call.show_id());
  const studio::Participant person = desk.core.participant(show.id, call.who.participant_id);
  return json_response(200, {{"show",
                              {{"showId", show.id.str()},
                               {"title", show.title},
                               {"status", studio::to_string(show.status)}}},
                             {"participant", participant_json(desk.runner, person)}});
}

}  // namespace shelcaster::control::detail
