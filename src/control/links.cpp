#include <algorithm>
#include <utility>

#include "control/detail/handlers.hpp"
#include "control/detail/seating.hpp"
#include "control/detail/views.hpp"
#include "control/fields.hpp"
#include "control/source.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

// Tokens stand in the fragment, so that they reach no server's log.

std::string studio_url(const Call& call, const studio::ShowId& show, const std::string& token) {
  return call.request.base_url + "/studio/" + show.str() + "#token=" + token;
}
std::string join_url(const Call& call, const studio::ShowId& show, const std::string& token) {
  return call.request.base_url + "/join/" + show.str() + "#token=" + token;
}

std::string read_username(const Call& call) {
  Fields fields(call.body);
  const auto username = fields.text("username", 1, 80, Need::kRequired);
  fields.finish();
  return *username;
}

studio::Participant make_seat(Desk& desk, const studio::Show& show, Change& change,
                              const std::string& username, studio::Role role,
                              const Newcomer& newcomer) {
  make_room(desk, show, newcomer, change);
  studio::Participant person;
  person.id = studio::ParticipantId(desk.core.new_id("part"));
  person.show_id = show.id;
  person.is_invited_by_name = newcomer.invitation == Invitation::kByName;
  if (!newcomer.network.empty()) person.networks = {newcomer.network};
  person.username = username;
  person.role = role;
  person.is_on_air = person.has_been_on_air = role == studio::Role::kHost;
  person.joined_at = change.at();
  change.create(person);
  change.event(show.id, "participant_joined",
               {{"participantId", person.id.str()}, {"role", studio::to_string(role)}});
  return person;
}

json::object links_json(Desk& desk, const Call& call, const studio::Show& show) {
  const std::string host = desk.core.host_token(call.who, show);
  const std::string invitation = desk.core.invitation(show);
  return {{"studioUrl", studio_url(call, show.id, host)},
          {"joinUrl", join_url(call, show.id, invitation)},
          {"listenUrl", call.request.base_url + "/listen/" + show.id.str()},
          {"hlsUrl", hls_url(call, show.id)},
          {"hostToken", host},
          {"callerToken", invitation},
          {"bans", show.banned_networks.size()}};
}

}  // namespace

Answered links_get(Desk& desk, Call& call) {
  return json_response(200, links_json(desk, call, desk.core.show(call.show_id())));
}

Answered links_rotate(Desk& desk, Call& call) {
  Fields(call.body).finish();
  studio::Show show = desk.core.show(call.show_id());
  Change change = desk.core.change(call.who);
  ++show.invitation_number;
  show.updated_at = change.at();
  change.put(show);
  change.event(show.id, "links_rotated");
  return desk.core.reply(call, change, 200, links_json(desk, call, show));
}

Answered join(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kPeople});
  const studio::Show show = desk.core.show(call.show_id());
  const std::string username = read_username(call);
  if (!call.is_again && !desk.limits.joins.take(source_of(call.request.remote_address),
                                                desk.core.ports.clock.now())) {
    throw Refusal{
        {429, "too many joins from this address: wait a minute", {}, {}, {{"Retry-After", "10"}}}};
  }
  const std::string network = desk.core.network_mark(call.request.remote_address);
  if (call.who.scope == Scope::kInvitation &&
      std::find(show.banned_networks.begin(), show.banned_networks.end(), network) !=
          show.banned_networks.end()) {
    refuse(403,
           "somebody at this address was removed from this show for good: ask its host for a "
           "link of your own");
  }
  Change change = desk.core.change(call.who);
  const auto person = make_seat(desk, show, change, username, studio::Role::kCaller,
                                {Invitation::kByLink, network});
  return desk.core.reply(call, change, 201,
                         {{"participantId", person.id.str()},
                          {"token", desk.core.token(Scope::kCaller, show.id, person.id)}});
}

Answered caller_tokens_create(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kPeople});
  const studio::Show show = desk.core.show(call.show_id());
  const std::string username = read_username(call);
  Change change = desk.core.change(call.who);
  const auto person =
      make_seat(desk, show, change, username, studio::Role::kCaller, {Invitation::kByName});
  const std::string token = desk.core.token(Scope::kCaller, show.id, person.id);
  return desk.core.reply(call, change, 201,
                         {{"participantId", person.id.str()},
                          {"token", token},
                          {"joinUrl", join_url(call, show.id, token)}});
}

Answered host_tokens_create(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kPeople});
  const studio::Show show = desk.core.show(call.show_id());
  const std::string username = read_username(call);
  Change change = desk.core.change(call.who);
  const auto person =
      make_seat(desk, show, change, username, studio::Role::kHost, {Invitation::kByName});
  const std::string token = desk.core.token(Scope::kHost, show.id, person.id);
  return desk.core.reply(call, change, 201,
                         {{"participantId", person.id.str()},
                          {"token", token},
                          {"studioUrl", studio_url(call, show.id, token)}});
}

}  // namespace shelcaster::control::detail
