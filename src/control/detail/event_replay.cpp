#include "control/detail/event_replay.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "control/detail/desk.hpp"
#include "control/detail/views.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

constexpr std::size_t kPageRows = 256;
constexpr std::size_t kPageBytes = 64 * 1024;

void send(const EventHub::Client& client, const json::object& frame) {
  client.sink->send(std::make_shared<const std::string>(json::serialize(frame)), false);
}

void send_state(Desk& desk, EventHub::Client& client) {
  send(client, state_frame(desk, client.show_id, client.who));
  client.has_missed_state = false;
}

/// What was asked for is kept no longer, or never was.
bool is_gap(const store::EventRange& range, std::uint64_t after) {
  return after > range.last || after + 1 < range.oldest;
}

void skip_gap(Desk& desk, EventHub::Client& client, const store::EventRange& range) {
  send(client, {{"type", "gap"}, {"after", client.position}, {"oldest", range.oldest}});
  send_state(desk, client);
  client.position = client.position > range.last ? range.last : range.oldest - 1;
}

/// One page of the log; who has all of it is no longer behind.
void give_page(Desk& desk, EventHub::Client& client, const store::EventRange& range) {
  const auto page = desk.core.ports.store.events({.show_id = client.show_id.str(),
                                                  .after = client.position,
                                                  .limit = kPageRows,
                                                  .bytes_max = kPageBytes,
                                                  .seen_by = EventHub::seen_by(client.who)});
  if (!page) refuse(503, "the event log can't be read now");
  for (const store::Event& event : page->events) send(client, EventHub::frame_of(event));
  client.position = page->is_last ? std::max(page->next, range.last) : page->next;
  client.is_behind = !page->is_last;
  if (!client.is_behind && client.has_missed_state) send_state(desk, client);
}

void give_next(Desk& desk, EventHub::Client& client) {
  const store::EventRange range = desk.core.event_range(client.show_id);
  if (is_gap(range, client.position)) skip_gap(desk, client, range);
  give_page(desk, client, range);
}

}  // namespace

void EventReplay::begin(Desk& desk, EventHub::Client& client) {
  const store::EventRange range = desk.core.event_range(client.show_id);
  if (client.is_behind && is_gap(range, client.position)) {
    skip_gap(desk, client, range);
  } else {
    send_state(desk, client);
  }
  if (client.is_behind) {
    give_page(desk, client, range);
  } else {
    client.position = range.last;
  }
}

void EventReplay::handle_tick(Desk& desk) {
  std::vector<SubscriptionId> behind;
  for (const auto& [id, client] : desk.core.hub.clients()) {
    const bool has_room = client.sink->waiting_bytes() <= EventHub::kRoomBytes;
    if (client.is_behind && has_room) behind.push_back(id);
  }
  // Whoever comes after the last one that was served is first.
  std::rotate(behind.begin(), std::upper_bound(behind.begin(), behind.end(), last_served_),
              behind.end());
  behind.resize(std::min(behind.size(), kPagesPerTick));
  for (const SubscriptionId id : behind) {
    last_served_ = id;
    EventHub::Client& client = desk.core.hub.clients().at(id);
    desk.core.contained(client.show_id.str(), [&] { give_next(desk, client); });
  }
}

}  // namespace shelcaster::control::detail
