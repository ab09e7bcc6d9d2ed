#include <utility>

#include "control/detail/alert_watch.hpp"
#include "control/detail/decks.hpp"
#include "control/detail/handlers.hpp"
#include "control/detail/own_changes.hpp"
#include "control/detail/seating.hpp"
#include "control/detail/views.hpp"
#include "control/fields.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;

studio::TracklistId existing_tracklist(Desk& desk, const studio::ShowId& show,
                                       const std::string& id) {
  studio::TracklistId tracklist(id);
  const auto found = desk.core.find_tracklist(tracklist);
  if (!found || !studio::may_use(show, found->owner)) {
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
  host.is_invited_by_name = true;
  host.joined_at = change.at();
  show.host_user_id = host.id;
  studio::AudioRouting routing;
  routing.updated_at = change.at();
  change.create(show);
  change.create(host);
  change.create(show.id, routing);
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
      tracklist ? existing_tracklist(desk, {}, *tracklist) : studio::TracklistId();
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
  if (tracklist) show.tracklist_id = existing_tracklist(desk, show.id, *tracklist);
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
  // With this one write the show is gone for everybody; what it leaves goes in steps.
  Change change = desk.core.change(call.who);
  change.remove(key_of(show));
  ShowSweep::prepare(show.id, change);
  prepare_end_of_alerts(desk.core, show, "the show was deleted", change);
  change.event(show.id, "show_deleted");
  change.end(show.id);
  desk.core.commit(change);
  desk.core.hub.close_show(show.id);
  desk.core.contained("what a deleted show left", [&] { desk.show_sweep.begin(desk, show.id); });
  return Response{204, {}, ""};
}

Answered shows_public(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kDeck});
  const studio::Show show = desk.core.show(call.show_id());
  return json_response(200,
                       {{"showId", show.id.str()},
                        {"title", show.title},
                        {"status", studio::to_string(show.status)},
                        {"nowPlaying", now_playing_json(deck_of(desk.core, desk.board, show.id))},
                        {"hlsUrl", hls_url(call, show.id)}});
}

namespace {

json::object me_json(Desk& desk, const studio::Show& show, const studio::Participant& person) {
  const studio::AudioRouting routing = desk.core.routing(show.id);
  return {{"groupVolume",
           person.role == studio::Role::kHost ? routing.host_volume : routing.callers_volume},
          {"masterVolume", routing.master_volume},
          {"show",
           {{"showId", show.id.str()},
            {"title", show.title},
            {"status", studio::to_string(show.status)}}},
          {"participant", participant_json(desk.core, desk.board, show, person)}};
}

}  // namespace

Answered shows_me_patch(Desk& desk, Call& call) {
  if (call.who.participant_id.empty()) refuse(403, "this token has no seat");
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kRouting});
  const studio::Show show = desk.core.show(call.show_id());
  studio::Participant person = desk.core.participant(show.id, call.who.participant_id);
  Fields fields(call.body);
  const auto is_muted = fields.boolean("selfMuted", Need::kRequired);
  fields.finish();
  Change change = desk.core.change(call.who);
  if (person.is_self_muted != *is_muted) {
    require_own_change(desk, call);
    person.is_self_muted = *is_muted;
    change.put(person);
    change.event(show.id, "participant_updated",
                 {{"participantId", person.id.str()}, {"selfMuted", *is_muted}});
  }
  return desk.core.reply(call, change, 200, me_json(desk, show, person));
}

Answered shows_me(Desk& desk, Call& call) {
  if (call.who.participant_id.empty()) refuse(403, "this token has no seat");
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kRouting});
  const studio::Show show = desk.core.show(call.show_id());
  studio::Participant person = desk.core.participant(show.id, call.who.participant_id);
  // Once: with many addresses each look would be a write.
  if (person.networks.empty()) {
    note_network(desk, call);
    person = desk.core.participant(show.id, person.id);
  }
  // Who is taken in again moves somebody else out: their page asks once more when it was too often.
  if (!person.is_past || may_change_own(desk, call)) note_waiting(desk, show, person);
  return json_response(200, me_json(desk, show, person));
}

}  // namespace shelcaster::control::detail
