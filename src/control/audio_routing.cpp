#include <algorithm>
#include <utility>

#include "control/detail/given.hpp"
#include "control/detail/handlers.hpp"
#include "control/detail/views.hpp"
#include "control/fields.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

/// A person, what says so, and the counter of the show's log.
constexpr std::size_t kActionsOfTurning = 3;

/// Who is to be put on the air or off it, so that exactly these callers are on it; notes ids that
/// are no caller of the show.
std::vector<studio::Participant> turned(Desk& desk, const studio::ShowId& show,
                                        const std::vector<std::string>& on_air, Fields& fields) {
  std::vector<studio::Participant> people = desk.core.participants(show);
  for (const std::string& id : on_air) {
    const bool is_caller = std::any_of(people.begin(), people.end(), [&](const auto& person) {
      return person.id.str() == id && person.role == studio::Role::kCaller && !person.is_kicked;
    });
    if (!is_caller) fields.wrong("onAirCallerIds", "'" + id + "' is no caller of this show");
  }
  std::erase_if(people, [&](studio::Participant& person) {
    if (person.role != studio::Role::kCaller || person.is_kicked) return true;
    const bool is_on_air = std::find(on_air.begin(), on_air.end(), person.id.str()) != on_air.end();
    if (is_on_air == person.is_on_air) return true;
    person.is_on_air = is_on_air;
    person.has_been_on_air = person.has_been_on_air || is_on_air;
    return false;
  });
  return people;
}

/// Adds them to the change; a crowd is more than one write holds, and its first part goes in steps
/// before it. The last step, with the faders and the answer, makes it so: whoever got no answer
/// asks again, and the rest follows.
void turn(Desk& desk, const Call& call, const std::vector<studio::Participant>& people,
          Change& change) {
  if (call.may_wait) change.let_wait();
  for (const studio::Participant& person : people) {
    desk.core.commit_step(change, kActionsOfTurning);
    change.put(person);
    change.desire(person.show_id);
    change.event(person.show_id, person.is_on_air ? "participant_on_air" : "participant_off_air",
                 {{"participantId", person.id.str()}, {"isOnAir", person.is_on_air}});
  }
}

json::object answer_of(Desk& desk, const studio::ShowId& show, const studio::AudioRouting& routing,
                       const std::optional<std::vector<std::string>>& on_air) {
  json::object body = routing_json(desk.core, show, routing);
  if (on_air) body["onAirCallerIds"] = json::value_from(*on_air);
  return body;
}

/// Who is on the air is told by rows of their own.
json::object row_of(json::object body) {
  body.erase("onAirCallerIds");
  return body;
}

}  // namespace

Answered routing_get(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kRouting, Part::kPeople});
  (void)desk.core.show(call.show_id());
  return json_response(200,
                       routing_json(desk.core, call.show_id(), desk.core.routing(call.show_id())));
}

Answered routing_put(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kRouting, Part::kPeople});
  const studio::ShowId show = desk.core.show(call.show_id()).id;
  studio::AudioRouting routing = desk.core.routing(show);
  Change change = desk.core.change(call.who);
  Fields request(call.body);
  Given given(request);
  fields(given, routing);
  request.ignore("updatedAt");
  const auto on_air = request.texts("onAirCallerIds", 1000);
  std::vector<studio::Participant> people;
  if (on_air) people = turned(desk, show, *on_air, request);
  request.finish();
  turn(desk, call, people, change);
  routing.updated_at = change.at();
  change.put(show, routing);
  change.desire(show);
  const json::object body = answer_of(desk, show, routing, on_air);
  change.event(show, "routing_updated", row_of(body));
  return desk.core.reply(call, change, 200, body);
}

Answered routing_reset(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kPeople});
  Fields fields(call.body);
  fields.finish();
  const studio::ShowId show = desk.core.show(call.show_id()).id;
  Change change = desk.core.change(call.who);
  studio::AudioRouting routing;
  routing.updated_at = change.at();
  // The seed's default has nobody in onAirCallerIds.
  turn(desk, call, turned(desk, show, {}, fields), change);
  // Whatever it was.
  change.overwrite(show, routing);
  change.desire(show);
  const json::object body = answer_of(desk, show, routing, std::vector<std::string>());
  change.event(show, "routing_reset", row_of(body));
  return desk.core.reply(call, change, 200, body);
}

}  // namespace shelcaster::control::detail
