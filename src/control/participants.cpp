#include <algorithm>
#include <utility>

#include "control/detail/given.hpp"
#include "control/detail/handlers.hpp"
#include "control/detail/own_changes.hpp"
#include "control/detail/presence.hpp"
#include "control/detail/seating.hpp"
#include "control/detail/views.hpp"
#include "control/fields.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

constexpr std::size_t kPastAtOnce = 500;

/// The addressed person; 409 when they were removed from the show.
studio::Participant present_participant(Desk& desk, const Call& call) {
  const studio::ParticipantId id(call.params.at(1));
  desk.core.fetch_person(call.show_id(), id, {Part::kShow});
  (void)desk.core.show(call.show_id());
  auto person = desk.core.participant(call.show_id(), id);
  if (person.is_kicked) {
    throw Refusal{
        {409, "this participant was removed from the show", {}, {{"allowed", json::array()}}}};
  }
  return person;
}

/// How many networks of a person, and of a show's bans, are remembered: the newest.
constexpr std::size_t kNetworksMax = 8;
constexpr std::size_t kBansMax = 500;

/// Adds at the end what isn't there; the oldest goes when there are too many. Whether it was new.
bool remember(std::vector<std::string>& marks, const std::string& mark, std::size_t count_max) {
  if (std::find(marks.begin(), marks.end(), mark) != marks.end()) return false;
  marks.push_back(mark);
  if (marks.size() > count_max) marks.erase(marks.begin());
  return true;
}

}  // namespace

void require_not_owner(const studio::Show& show, const studio::Participant& person,
                       const Identity& who) {
  if (person.id != show.host_user_id || who.scope == Scope::kAdmin ||
      who.participant_id == person.id) {
    return;
  }
  refuse(403,
         "this is the show's owner: nobody but the owner and an admin may take them off the "
         "air or change their seat");
}

void note_network(Desk& desk, const Call& call) {
  const std::string mark = desk.core.network_mark(call.request.remote_address);
  (void)desk.core.try_commit_made([&](Change& change) {
    if (call.who.scope == Scope::kHost) change.by_desk_of(call.show_id());
    if (call.who.scope == Scope::kCaller) change.by_callers();
    auto person = desk.core.find_participant(call.show_id(), call.who.participant_id);
    if (person && remember(person->networks, mark, kNetworksMax)) change.put(*person);
  });
}

Answered participants_list(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kPeople});
  const studio::Show show = desk.core.show(call.show_id());
  const auto all = call.query.find("all");
  const auto after = call.query.find("after");
  const bool is_all = all != call.query.end() && all->second == "true";
  const bool is_next_page = is_all && after != call.query.end();
  json::array people;
  if (!is_next_page) people = participants_json(desk.core, desk.board, show);
  if (is_all) {
    const studio::ParticipantId above(is_next_page ? after->second : "");
    for (const studio::Participant& person :
         desk.core.past_participants(show.id, above, kPastAtOnce)) {
      people.push_back(participant_json(desk.core, desk.board, show, person));
    }
  }
  return json_response(200, people);
}

Answered participants_patch(Desk& desk, Call& call) {
  studio::Participant person = present_participant(desk, call);
  Fields request(call.body);
  Given given(request);
  fields(given, person.controls);
  const auto username = request.text("username", 1, 80);
  request.finish();
  const studio::Show show = desk.core.show(person.show_id);
  const bool is_silencing = (given.has("muted") && person.controls.is_muted) ||
                            (given.has("volume") && person.controls.volume == 0);
  if (is_silencing || username) require_not_owner(show, person, call.who);
  json::object data = given.take();
  data["participantId"] = person.id.str();
  if (username) {
    person.username = *username;
    // The log names nobody, so that a name can be erased.
    data["renamed"] = true;
  }
  Change change = desk.core.change(call.who);
  change.put(person);
  change.desire(person.show_id);
  change.event(person.show_id, "participant_updated", std::move(data));
  return desk.core.reply(call, change, 200, participant_json(desk.core, desk.board, show, person));
}

Answered participants_erase_name(Desk& desk, Call& call) {
  desk.core.fetch_person(call.show_id(), studio::ParticipantId(call.params.at(1)), {Part::kShow});
  studio::Participant person =
      desk.core.participant(call.show_id(), studio::ParticipantId(call.params.at(1)));
  require_not_owner(desk.core.show(call.show_id()), person, call.who);
  person.username = "(name erased)";
  Change change = desk.core.change(call.who);
  change.put(person);
  change.event(person.show_id, "participant_updated",
               {{"participantId", person.id.str()}, {"renamed", true}});
  desk.core.commit(change);
  return Response{204, {}, ""};
}

Answered participants_kick(Desk& desk, Call& call) {
  desk.core.fetch_person(call.show_id(), studio::ParticipantId(call.params.at(1)), {Part::kShow});
  Fields fields(call.body);
  const bool is_ban = fields.boolean("ban").value_or(false);
  fields.finish();
  studio::Show show = desk.core.show(call.show_id());
  studio::Participant person =
      desk.core.participant(call.show_id(), studio::ParticipantId(call.params.at(1)));
  require_not_owner(show, person, call.who);
  // Whoever asks for the links of a show gets the owner's: they have to be good.
  if (person.id == show.host_user_id) {
    refuse(409, "the show's owner can't be removed; stop or delete the show instead");
  }
  Change change = desk.core.change(call.who);
  bool is_new_ban = false;
  if (is_ban) {
    for (const std::string& network : person.networks) {
      is_new_ban |= remember(show.banned_networks, network, kBansMax);
    }
    if (is_new_ban) change.put(show);
  }
  if (person.is_kicked && is_new_ban) {
    change.event(person.show_id, "participant_banned", {{"participantId", person.id.str()}});
  }
  // Of who has never been here no address is known that could be refused.
  const bool is_banned = is_ban && !person.networks.empty();
  if (!person.is_kicked) {
    person.is_kicked = true;
    person.is_on_air = false;
    person.left_at = change.at();
    change.put(person);
    change.desire(person.show_id);
    change.event(person.show_id, "participant_kicked",
                 {{"participantId", person.id.str()}, {"ban", is_banned}});
  }
  Response response =
      desk.core.reply(call, change, 200, {{"success", true}, {"banned", is_banned}});
  desk.core.hub.close_participant(person.show_id, person.id);
  return response;
}

Answered bans_lift(Desk& desk, Call& call) {
  studio::Show show = desk.core.show(call.show_id());
  if (show.banned_networks.empty()) return Response{204, {}, ""};
  Change change = desk.core.change(call.who);
  show.banned_networks.clear();
  change.put(show);
  change.event(show.id, "bans_lifted");
  desk.core.commit(change);
  return Response{204, {}, ""};
}

Answered participants_leave(Desk& desk, Call& call) {
  desk.core.fetch_person(call.show_id(), studio::ParticipantId(call.params.at(1)), {Part::kShow});
  Fields(call.body).finish();
  const studio::Show show = desk.core.show(call.show_id());
  studio::Participant person =
      desk.core.participant(call.show_id(), studio::ParticipantId(call.params.at(1)));
  require_not_owner(show, person, call.who);
  const bool is_own = call.who.participant_id == person.id;
  if (!is_own && !EventHub::is_desk(call.who)) refuse(403, "this is somebody else's seat");
  Change change = desk.core.change(call.who);
  // Who has left already leaves nothing more.
  const bool is_caller_on_air = person.role == studio::Role::kCaller && person.is_on_air;
  const bool is_in = person.is_seated || is_caller_on_air || !person.left_at;
  const bool leaves = !person.is_past && !person.is_kicked && is_in;
  if (leaves || !call.answer_key.empty()) require_own_change(desk, call);
  if (leaves) {
    // Without a place in the mixer its sessions end; the next offer gets the place again.
    if (person.is_seated) change.desire(person.show_id);
    person.is_seated = person.is_self_muted = false;
    prepare_leave(person, "leave", change);
  }
  return desk.core.reply(call, change, 200, {{"success", true}});
}

Answered participants_toggle(Desk& desk, Call& call) {
  studio::Participant person = present_participant(desk, call);
  Fields fields(call.body);
  const auto wanted = fields.boolean("isOnAir");
  fields.finish();
  const bool is_on_air = wanted.value_or(!person.is_on_air);
  if (!is_on_air) require_not_owner(desk.core.show(person.show_id), person, call.who);
  Change change = desk.core.change(call.who);
  if (is_on_air != person.is_on_air) {
    if (person.is_past) {
      make_room(desk, desk.core.show(person.show_id), {Invitation::kByName}, change);
      change.move(person, /*to_past=*/false);
    }
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
