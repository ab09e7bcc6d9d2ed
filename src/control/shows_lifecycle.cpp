#include <utility>

#include "control/detail/handlers.hpp"
#include "control/detail/views.hpp"
#include "control/fields.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;
using studio::ShowStatus;

Answered shows_start(Desk& desk, Call& call) {
  Fields(call.body).finish();
  studio::Show show = desk.core.show(call.show_id());
  Change change = desk.core.change(call.who);
  desk.runner.prepare_start(show, change);
  Response response =
      desk.core.reply(call, change, 200,
                      {{"stageArn", stage_arn(show.id)},
                       {"channelArn", channel_arn(show.id)},
                       {"hostToken", desk.core.token(Scope::kHost, show.id, show.host_user_id)},
                       {"callerToken", desk.core.token(Scope::kInvitation, show.id)},
                       {"status", studio::to_string(show.status)}});
  desk.runner.launch(show);
  return response;
}

Answered shows_stop(Desk& desk, Call& call) {
  Fields(call.body).finish();
  studio::Show show = desk.core.show(call.show_id());
  Change change = desk.core.change(call.who);
  desk.runner.prepare_stop(show, change);
  Response response =
      desk.core.reply(call, change, 200, {{"status", studio::to_string(show.status)}});
  desk.runner.send_stop(show.id);
  return response;
}

Answered shows_status(Desk& desk, Call& call) {
  const studio::Show show = desk.core.show(call.show_id());
  json::object out = show_json(show);
  out["participantCount"] = connected_count(desk.core, desk.runner, show.id);
  out["composition"] = composition_json(desk, show);
  out["deck"] = deck_json(desk.runner.deck(show.id));
  out["viewerCount"] = desk.core.ports.viewers.viewers(show.id);
  return json_response(200, out);
}

Answered composition_start(Desk& desk, Call& call) {
  Fields(call.body).finish();
  studio::Show show = desk.core.show(call.show_id());
  // Asked again for a composition that runs or comes up: the same task.
  if (show.status == ShowStatus::kStarting || show.status == ShowStatus::kLive) {
    return json_response(
        200, {{"taskArn", task_arn(show)}, {"status", studio::to_string(show.composition_status)}});
  }
  Change change = desk.core.change(call.who);
  desk.runner.prepare_start(show, change);
  Response response = desk.core.reply(
      call, change, 200,
      {{"taskArn", task_arn(show)}, {"status", studio::to_string(show.composition_status)}});
  desk.runner.launch(show);
  return response;
}

Answered composition_stop(Desk& desk, Call& call) {
  Fields(call.body).finish();
  studio::Show show = desk.core.show(call.show_id());
  if (show.status != ShowStatus::kStarting && show.status != ShowStatus::kLive &&
      show.status != ShowStatus::kStopping) {
    return json_response(200, {{"status", "STOPPED"}});
  }
  if (show.status != ShowStatus::kStopping) {
    Change change = desk.core.change(call.who);
    desk.runner.prepare_stop(show, change);
    change.let_wait();
    desk.core.commit(change);
    desk.runner.send_stop(show.id);
  }
  desk.runner.when_stopped(show.id, std::move(call.respond));
  return std::nullopt;
}

Answered composition_health(Desk& desk, Call& call) {
  return json_response(200, composition_json(desk, desk.core.show(call.show_id())));
}

Answered composition_status(Desk& desk, Call& call) {
  const studio::Show show = desk.core.show(call.show_id());
  const json::object composition = composition_json(desk, show);
  return json_response(
      200, {{"status", composition.at("status")},
            {"participantCount", connected_count(desk.core, desk.runner, show.id)},
            {"audioRouting", routing_json(desk.core, show.id, desk.core.routing(show.id))},
            {"lastHeartbeat", composition.at("lastHeartbeat")}});
}

}  // namespace shelcaster::control::detail
