#include <algorithm>
#include <utility>

#include "control/detail/handlers.hpp"
#include "control/detail/views.hpp"
#include "control/fields.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

constexpr std::int64_t kPositionMsMax = std::int64_t{48} * 3600 * 1000;

void require_running(const studio::Show& show) {
  using enum studio::ShowStatus;
  if (show.status == kStarting || show.status == kLive) return;
  throw Refusal{{409,
                 "the deck takes commands only while the show runs",
                 {},
                 {{"allowed", {"STARTING", "LIVE"}}}}};
}

}  // namespace

Answered deck_get(Desk& desk, Call& call) {
  return json_response(200, deck_json(desk.runner.deck(desk.core.show(call.show_id()).id)));
}

Response give_command(Desk& desk, Call& call, const studio::ShowId& show,
                      const link::Command& command, Change& change, const json::value& answer) {
  require_running(desk.core.show(show));
  json::object data{{"id", command.id}, {"command", command.command}};
  if (!command.item_id.empty()) data["itemId"] = command.item_id;
  if (command.item) data["itemId"] = command.item->item_id;
  if (command.position_ms) data["positionMs"] = *command.position_ms;
  change.event(show, "deck_command", std::move(data));
  auto pending = desk.runner.prepare_command(show, command, change);
  Response response = desk.core.reply(call, change, 200, answer);
  ++desk.core.counters["shelcaster_deck_commands_total{command=\"" + command.command + "\"}"];
  desk.runner.enqueue(show, std::move(pending));
  return response;
}

Answered deck_command(Desk& desk, Call& call) {
  const studio::Show show = desk.core.show(call.show_id());
  Fields fields(call.body);
  const auto name =
      fields.one_of("command", {"PLAY", "PAUSE", "STOP", "SKIP", "SEEK"}, Need::kRequired);
  const auto item = fields.text("itemId", 1, 100);
  const bool is_seek = name == "SEEK";
  const auto position =
      fields.integer("positionMs", 0, kPositionMsMax, is_seek ? Need::kRequired : Need::kOptional);
  const auto id = fields.text("id", 1, 100);
  if (item && name && *name != "PLAY") fields.wrong("itemId", "is only for PLAY");
  if (position && name && *name != "PLAY" && !is_seek) {
    fields.wrong("positionMs", "is only for PLAY and SEEK");
  }
  if (item) {
    const studio::Queue queue = desk.core.queue(show.id);
    if (std::none_of(queue.items.begin(), queue.items.end(),
                     [&](const auto& queued) { return queued.id.str() == *item; })) {
      fields.wrong("itemId", "is not in the queue");
    }
  }
  fields.finish();
  // The command's own id makes it idempotent as an Idempotency-Key does.
  if (id && call.answer_key.empty()) {
    call.answer_key = "command:" + show.id.str() + ":" + *id;
    const auto known = desk.core.ports.store.answer(call.answer_key);
    if (known && *known) {
      if ((*known)->request_digest != sha256_hex(call.request.body)) {
        refuse_fields({{"/id", "was used for another command"}});
      }
      Response response = json_response((*known)->status, json::parse((*known)->body));
      desk.core.tell_storage(response);
      return response;
    }
  }
  link::Command command;
  command.id = id.value_or("cmd-" + desk.core.ports.random.token(12));
  command.command = "DECK_" + *name;
  command.item_id = item.value_or("");
  if (name == "SKIP") {
    require_running(show);
    command.item_id = desk.runner.skipped_by_next(show.id).str();
  }
  command.position_ms = position;
  Change change = desk.core.change(call.who);
  return give_command(desk, call, show.id, command, change,
                      {{"command", *name}, {"accepted", true}, {"id", command.id}});
}

}  // namespace shelcaster::control::detail
