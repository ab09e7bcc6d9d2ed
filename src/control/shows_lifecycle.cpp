#include <fmt/format.h>

#include <utility>

#include "control/detail/decks.hpp"
#include "control/detail/handlers.hpp"
#include "control/detail/lifecycle.hpp"
#include "control/detail/views.hpp"
#include "control/fields.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;
using studio::ShowStatus;

namespace {

/// Longer than a show is given to stop by itself, twice: then something else is wrong.
constexpr base::Duration kStopAnswerMax = std::chrono::seconds(60);

}  // namespace

void require_launched(Desk& desk, const studio::ShowId& id) {
  const studio::Show show = desk.core.show(id);
  if (show.status != ShowStatus::kError) return;
  refuse(503, "the show's processes couldn't be started: " + show.error);
}

Answered shows_start(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kQueue});
  Fields(call.body).finish();
  studio::Show show = desk.core.show(call.show_id());
  Change change = desk.core.change(call.who);
  const QueuedAtStart queued = prepare_start(desk.core, show, change);
  json::object body{{"stageArn", stage_arn(show.id)},
                    {"channelArn", channel_arn(show.id)},
                    {"hostToken", desk.core.host_token(call.who, show)},
                    {"callerToken", desk.core.invitation(show)},
                    {"hlsUrl", hls_url(call, show.id)},
                    {"status", studio::to_string(show.status)}};
  if (queued.left_out > 0) {
    body["warnings"] = {fmt::format(
        "the queue took the first {} tracks of the tracklist; {} more found no room in it",
        queued.queued, queued.left_out)};
  }
  Response response = desk.core.reply(call, change, 200, body);
  require_launched(desk, show.id);
  return response;
}

Answered shows_stop(Desk& desk, Call& call) {
  Fields(call.body).finish();
  studio::Show show = desk.core.show(call.show_id());
  Change change = desk.core.change(call.who);
  prepare_stop(show, change);
  return desk.core.reply(call, change, 200, {{"status", studio::to_string(show.status)}});
}

Answered shows_status(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(),
                  {Part::kShow, Part::kPeople, Part::kDeck, Part::kSilence, Part::kAlerts});
  const studio::Show show = desk.core.show(call.show_id());
  json::object out = show_json(show);
  out["participantCount"] = connected_count(desk.core, desk.board, show.id);
  out["composition"] = composition_json(desk, show);
  out["deck"] = deck_json(deck_of(desk.core, desk.board, show.id));
  out["viewerCount"] = desk.core.ports.viewers.viewers(show.id);
  return json_response(200, out);
}

Answered composition_start(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kQueue});
  Fields(call.body).finish();
  studio::Show show = desk.core.show(call.show_id());
  // Asked again for a composition that runs or comes up: the same task.
  if (is_up(show)) {
    return json_response(
        200, {{"taskArn", task_arn(show)}, {"status", studio::to_string(show.composition_status)}});
  }
  Change change = desk.core.change(call.who);
  prepare_start(desk.core, show, change);
  Response response = desk.core.reply(
      call, change, 200,
      {{"taskArn", task_arn(show)}, {"status", studio::to_string(show.composition_status)}});
  require_launched(desk, show.id);
  return response;
}

Answered composition_stop(Desk& desk, Call& call) {
  Fields(call.body).finish();
  studio::Show show = desk.core.show(call.show_id());
  if (!has_runner(show)) {
    return json_response(200, {{"status", "STOPPED"}});
  }
  if (show.status != ShowStatus::kStopping) {
    Change change = desk.core.change(call.who);
    prepare_stop(show, change);
    change.let_wait();
    desk.core.commit(change);
  }
  desk.ask.ask({"req-" + desk.core.ports.random.token(12), show.id, WhenStopped{}, kStopAnswerMax},
               [respond = std::move(call.respond)](const Reply& reply) {
                 const auto* ended = std::get_if<Ended>(&reply);
                 if (ended == nullptr) {
                   return respond(to_response({503,
                                               "the show takes long to stop: see its status",
                                               {},
                                               {},
                                               {{"Retry-After", "2"}}}));
                 }
                 if (!ended->error.empty()) return respond(to_response({502, ended->error}));
                 respond(json_response(200, {{"status", studio::to_string(ended->status)}}));
               });
  return std::nullopt;
}

Answered composition_health(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kSilence, Part::kAlerts});
  return json_response(200, composition_json(desk, desk.core.show(call.show_id())));
}

Answered composition_status(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(),
                  {Part::kShow, Part::kPeople, Part::kRouting, Part::kSilence, Part::kAlerts});
  const studio::Show show = desk.core.show(call.show_id());
  const json::object composition = composition_json(desk, show);
  return json_response(
      200, {{"status", composition.at("status")},
            {"participantCount", connected_count(desk.core, desk.board, show.id)},
            {"audioRouting", routing_json(desk.core, show.id, desk.core.routing(show.id))},
            {"lastHeartbeat", composition.at("lastHeartbeat")}});
}

}  // namespace shelcaster::control::detail
