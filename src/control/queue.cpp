#include <algorithm>
#include <utility>

#include "control/detail/handlers.hpp"
#include "control/detail/lifecycle.hpp"
#include "control/detail/queue_change.hpp"
#include "control/detail/views.hpp"
#include "control/fields.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

Response save(Desk& desk, Call& call, const studio::ShowId& show, const studio::Queue& queue,
              int status) {
  Change change = desk.core.change(call.who);
  desk.core.fetch_tracks(queue.items);
  change.event(show, "queue_changed", queue_change(desk.core, desk.core.queue(show), queue));
  change.put(show, queue);
  change.desire(show);
  call.answers_with_queue_of = show;
  return desk.core.reply(call, change, status, queue_json(desk.core, show, queue));
}

}  // namespace

Answered queue_get(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kQueue});
  const studio::ShowId show = desk.core.show(call.show_id()).id;
  return json_response(200, queue_json(desk.core, show, desk.core.queue(show)));
}

Answered queue_put(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kQueue});
  const studio::ShowId show = desk.core.show(call.show_id()).id;
  Fields fields(call.body);
  const auto ids = fields.texts("itemIds", kQueueItemsMax, Need::kRequired);
  fields.finish();
  studio::Queue queue = desk.core.queue(show);
  std::vector<studio::ItemId> order;
  for (const std::string& id : *ids) order.emplace_back(id);
  if (!queue.reorder(order)) {
    throw Refusal{{409,
                   "itemIds must be the queue's items, each once, in the new order: it has "
                   "changed meanwhile, fetch it again",
                   {},
                   queue_json(desk.core, show, queue)}};
  }
  return save(desk, call, show, queue, 200);
}

Answered queue_add(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kQueue});
  const studio::ShowId show = desk.core.show(call.show_id()).id;
  Fields fields(call.body);
  const auto track = fields.text("trackId", 1, 100);
  const auto tracklist = fields.text("tracklistId", 1, 100);
  const auto position = fields.integer("position", 0, static_cast<std::int64_t>(kQueueItemsMax));
  if (track.has_value() == tracklist.has_value()) {
    fields.wrong("trackId", "give either trackId or tracklistId");
  }
  std::vector<studio::TrackId> tracks;
  if (track) {
    tracks.emplace_back(*track);
    const auto found = desk.core.find_track_for(show, tracks.front());
    if (!found) fields.wrong("trackId", "there is no such track");
    if (found && found->status == studio::TrackStatus::kFailed) {
      fields.wrong("trackId", "its import has failed: " + found->error);
    }
  }
  if (tracklist) {
    auto found = desk.core.find_tracklist(studio::TracklistId(*tracklist));
    if (found && !studio::may_use(show, found->owner)) found.reset();
    if (!found) fields.wrong("tracklistId", "there is no such tracklist");
    if (found) tracks = std::move(found->track_ids);
    desk.core.fetch_tracks(tracks);
    std::erase_if(tracks, [&](const auto& id) { return !desk.core.find_track_for(show, id); });
  }
  fields.finish();
  studio::Queue queue = desk.core.queue(show);
  if (queue.items.size() + tracks.size() > kQueueItemsMax) {
    refuse(409, "the queue holds at most " + std::to_string(kQueueItemsMax) + " items");
  }
  std::vector<studio::QueueItem> items;
  for (const studio::TrackId& id : tracks) {
    items.push_back({studio::ItemId(desk.core.new_id("item")), id});
  }
  const auto at =
      std::min<std::int64_t>(position.value_or(static_cast<std::int64_t>(kQueueItemsMax)),
                             static_cast<std::int64_t>(queue.items.size()));
  queue.items.insert(queue.items.begin() + at, items.begin(), items.end());
  return save(desk, call, show, queue, 201);
}

Answered queue_remove(Desk& desk, Call& call) {
  desk.core.fetch(call.show_id(), {Part::kShow, Part::kQueue});
  const studio::ShowId show = desk.core.show(call.show_id()).id;
  studio::Queue queue = desk.core.queue(show);
  if (!queue.remove(studio::ItemId(call.params.at(1)))) refuse(404, "there is no such item");
  return save(desk, call, show, queue, 200);
}

}  // namespace shelcaster::control::detail
