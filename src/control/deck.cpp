#include <algorithm>
#include <utility>

#include "control/detail/commands.hpp"
#include "control/detail/decks.hpp"
#include "control/detail/handlers.hpp"
#include "control/detail/lifecycle.hpp"
#include "control/detail/views.hpp"
#include "control/fields.hpp"
#include "link/deck_rules.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

constexpr std::int64_t kPositionMsMax = std::int64_t{48} * 3600 * 1000;

void require_running(const studio::Show& show) {
  if (is_up(show)) return;
  throw Refusal{{409,
                 "the deck takes commands only while the show runs",
                 {},
                 {{"allowed", {"STARTING", "LIVE"}}}}};
}

}  // namespace

Answered deck_get(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kDeck});
  return json_response(
      200, deck_json(deck_of(desk.core, desk.board, desk.core.show(call.show_id()).id)));
}

Response give_command(Desk& desk, Call& call, const studio::ShowId& show,
                      const link::Command& command, Change& change, const json::value& answer) {
  desk.core.fetch(show, {Part::kShow, Part::kDeck, Part::kQueue, Part::kCommands});
  require_running(desk.core.show(show));
  json::object data{{"id", command.id}, {"command", command.command}};
  if (!command.item_id.empty()) data["itemId"] = command.item_id;
  if (command.item) data["itemId"] = command.item->item_id;
  if (command.position_ms) data["positionMs"] = *command.position_ms;
  change.event(show, "deck_command", std::move(data));
  const std::vector<studio::TrackId> awaited = awaited_tracks(desk.core, show);
  prepare_command(desk.core, desk.board, show, command, change, GivenBy::kDesk);
  Response response = desk.core.reply(call, change, 200, answer);
  ++desk.core.counters["shelcaster_deck_commands_total{command=\"" + command.command + "\"}"];
  desk.imports.watch.drop(desk, awaited);
  return response;
}

Answered deck_command(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kDeck, Part::kQueue, Part::kCommands});
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
  std::optional<link::QueueItem> played;
  if (item) {
    const studio::Queue queue = desk.core.queue(show.id);
    const auto queued = std::find_if(queue.items.begin(), queue.items.end(),
                                     [&](const auto& one) { return one.id.str() == *item; });
    if (queued == queue.items.end()) {
      fields.wrong("itemId", "is not in the queue");
    } else if (const auto track = desk.core.find_track(queued->track_id);
               track && !studio::may_use(show.id, track->owner)) {
      fields.wrong("itemId", "its track is another show's now");
    } else if (track) {
      played = item_of(desk.core, queued->id, *track);
    }
  }
  fields.finish();
  // The command's own id makes it idempotent as an Idempotency-Key does.
  if (id && call.answer_key.empty()) {
    call.answer_key = "command:" + show.id.str() + ":" + *id;
    const auto known = desk.core.ports.store.answer(call.answer_key);
    if (!known) refuse(503, "the store can't be read now");
    if (*known) {
      if ((*known)->request_digest != request_digest(call.request)) {
        refuse_fields({{"/id", "was used for another command"}});
      }
      return desk.core.again(**known);
    }
  }
  link::Command command;
  command.id = id.value_or("cmd-" + desk.core.ports.random.token(12));
  command.command = link::find_rule_by_word(*name)->name;
  command.item_id = item.value_or("");
  command.item = std::move(played);
  if (name == "SKIP") {
    require_running(show);
    command.item_id = skipped_by_next(desk.core, desk.board, show.id).str();
  }
  command.position_ms = position;
  Change change = desk.core.change(call.who);
  return give_command(desk, call, show.id, command, change,
                      {{"command", *name}, {"accepted", true}, {"id", command.id}});
}

}  // namespace shelcaster::control::detail
