#include <algorithm>
#include <utility>

#include "control/detail/handlers.hpp"
#include "control/detail/views.hpp"
#include "control/fields.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

std::string studio_url(const Call& call, const studio::ShowId& show, const std::string& token) {
  // In the fragment, so that it reaches no server log.
  return call.request.base_url + "/studio/" + show.str() + "#token=" + token;
}
std::string join_url(const Call& call, const studio::ShowId& show, const std::string& token) {
  return call.request.base_url + "/join/" + show.str() + "?token=" + token;
}

std::string read_username(const Call& call) {
  Fields fields(call.body);
  const auto username = fields.text("username", 1, 80, Need::kRequired);
  fields.finish();
  return *username;
}

studio::Participant make_seat(Desk& desk, const studio::ShowId& show, Change& change,
                              const std::string& username, studio::Role role) {
  const auto people = desk.core.participants(show);
  const auto seats = static_cast<std::size_t>(std::count_if(
      people.begin(), people.end(), [](const auto& person) { return !person.is_kicked; }));
  if (seats >= desk.core.config.participants_max) {
    refuse(409, "the show is full: it has " + std::to_string(seats) + " participants");
  }
  studio::Participant person;
  person.id = studio::ParticipantId(desk.core.new_id("part"));
  person.show_id = show;
  person.username = username;
  person.role = role;
  person.is_on_air = person.has_been_on_air = role == studio::Role::kHost;
  person.joined_at = change.at();
  change.put(person);
  change.desire(show);
  change.event(show, "participant_joined",
               {{"participantId", person.id.str()},
                {"username", username},
                {"role", studio::to_string(role)}});
  return person;
}

}  // namespace

Answered links_get(Desk& desk, Call& call) {
  const studio::Show show = desk.core.show(call.show_id());
  const std::string host = desk.core.token(Scope::kHost, show.id, show.host_user_id);
  const std::string invitation = desk.core.token(Scope::kInvitation, show.id);
  return json_response(200, {{"studioUrl", studio_url(call, show.id, host)},
                             {"joinUrl", join_url(call, show.id, invitation)},
                             {"listenUrl", call.request.base_url + "/listen/" + show.id.str()},
                             {"hostToken", host},
                             {"callerToken", invitation}});
}

Answered join(Desk& desk, Call& call) {
  const studio::Show show = desk.core.show(call.show_id());
  const std::string username = read_username(call);
  if (!desk.joins.take(call.request.remote_address, desk.core.ports.clock.now())) {
    throw Refusal{
        {429, "too many joins from this address: wait a minute", {}, {}, {{"Retry-After", "10"}}}};
  }
  Change change = desk.core.change(call.who);
  const auto person = make_seat(desk, show.id, change, username, studio::Role::kCaller);
  return desk.core.reply(call, change, 201,
                         {{"participantId", person.id.str()},
                          {"token", desk.core.token(Scope::kCaller, show.id, person.id)}});
}

Answered caller_tokens_create(Desk& desk, Call& call) {
  const studio::Show show = desk.core.show(call.show_id());
  const std::string username = read_username(call);
  Change change = desk.core.change(call.who);
  const auto person = make_seat(desk, show.id, change, username, studio::Role::kCaller);
  const std::string token = desk.core.token(Scope::kCaller, show.id, person.id);
  return desk.core.reply(call, change, 201,
                         {{"participantId", person.id.str()},
                          {"token", token},
                          {"joinUrl", join_url(call, show.id, token)}});
}

Answered host_tokens_create(Desk& desk, Call& call) {
  const studio::Show show = desk.core.show(call.show_id());
  const std::string username = read_username(call);
  Change change = desk.core.change(call.who);
  const auto person = make_seat(desk, show.id, change, username, studio::Role::kHost);
  const std::string token = desk.core.token(Scope::kHost, show.id, person.id);
  return desk.core.reply(call, change, 201,
                         {{"participantId", person.id.str()},
                          {"token", token},
                          {"studioUrl", studio_url(call, show.id, token)}});
}

}  // namespace shelcaster::control::detail
