#include <utility>

#include "control/detail/handlers.hpp"
#include "control/detail/views.hpp"
#include "control/fields.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

/// The addressed person; 409 when they were removed from the show.
studio::Participant present_participant(Desk& desk, const Call& call) {
  (void)desk.core.show(call.show_id());
  auto person = desk.core.participant(call.show_id(), studio::ParticipantId(call.params.at(1)));
  if (person.is_kicked) {
    throw Refusal{
        {409, "this participant was removed from the show", {}, {{"allowed", json::array()}}}};
  }
  return person;
}

}  // namespace

Answered participants_list(Desk& desk, Call& call) {
  (void)desk.core.show(call.show_id());
  return json_response(200, participants_json(desk.core, desk.runner, call.show_id()));
}

Answered participants_patch(Desk& desk, Call& call) {
  studio::Participant person = present_participant(desk, call);
  Fields fields(call.body);
  const auto volume = fields.integer("volume", 0, 100);
  const auto is_muted = fields.boolean("muted");
  const auto username = fields.text("username", 1, 80);
  fields.finish();
  json::object data{{"participantId", person.id.str()}};
  if (volume) data["volume"] = person.volume = static_cast<int>(*volume);
  if (is_muted) data["muted"] = person.is_muted = *is_muted;
  if (username) {
    person.username = *username;
    data["username"] = *username;
  }
  Change change = desk.core.change(call.who);
  change.put(person);
  change.desire(person.show_id);
  change.event(person.show_id, "participant_updated", std::move(data));
  return desk.core.reply(call, change, 200, participant_json(desk.runner, person));
}

Answered participants_kick(Desk& desk, Call& call) {
  Fields(call.body).finish();
  (void)desk.core.show(call.show_id());
  studio::Participant person =
      desk.core.participant(call.show_id(), studio::ParticipantId(call.params.at(1)));
  Change change = desk.core.change(call.who);
  if (!person.is_kicked) {
    person.is_kicked = true;
    person.is_on_air = false;
    person.left_at = change.at();
    change.put(person);
    change.desire(person.show_id);
    change.event(person.show_id, "participant_kicked", {{"participantId", person.id.str()}});
  }
  Response response = desk.core.reply(call, change, 200, {{"success", true}});
  desk.core.hub.close_participant(person.show_id, person.id);
  return response;
}

Answered participants_toggle(Desk& desk, Call& call) {
  studio::Participant person = present_participant(desk, call);
  Fields fields(call.body);
  const auto wanted = fields.boolean("isOnAir");
  fields.finish();
  const bool is_on_air = wanted.value_or(!person.is_on_air);
  Change change = desk.core.change(call.who);
  if (is_on_air != person.is_on_air) {
    person.is_on_air = is_on_air;
    person.has_been_on_air = person.has_been_on_air || is_on_air;
    change.put(person);
    change.desire(person.show_id);
    change.event(person.show_id, is_on_air ? "participant_on_air" : "participant_off_air",
                 {{"participantId", person.id.str()}, {"isOnAir", is_on_air}});
  }
  return desk.core.reply(call, change, 200, {{"isOnAir", is_on_air}});
}

}  // namespace shelcaster::control::detail
