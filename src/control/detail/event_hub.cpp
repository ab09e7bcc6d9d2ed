#include "control/detail/event_hub.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace shelcaster::control::detail {

namespace json = boost::json;

SubscriptionId EventHub::add(const studio::ShowId& show, const Identity& who,
                             std::shared_ptr<EventSink> sink) {
  const SubscriptionId id = next_id_++;
  clients_[id] = {show, who, std::move(sink)};
  return id;
}

std::size_t EventHub::size(const studio::ShowId& show) const {
  return static_cast<std::size_t>(
      std::count_if(clients_.begin(), clients_.end(),
                    [&](const auto& entry) { return entry.second.show_id == show; }));
}

bool EventHub::may_see(const Identity& who, const store::Event& event) {
  if (is_desk(who)) return true;
  if (event.kind.starts_with("show_")) return true;
  const json::value* whose = event.data.if_contains("participantId");
  return whose != nullptr && whose->is_string() &&
         std::string_view(whose->get_string()) == who.participant_id.str() &&
         !who.participant_id.empty();
}

json::object EventHub::frame_of(const store::Event& event) {
  return {{"type", "event"},    {"number", event.number}, {"at", event.at.unix_ms()},
          {"kind", event.kind}, {"actor", event.actor},   {"data", event.data}};
}

void EventHub::publish(const store::Event& event) {
  std::string text;
  for (const auto& [id, client] : clients_) {
    if (client.show_id.str() != event.show_id || !may_see(client.who, event)) continue;
    if (text.empty()) text = json::serialize(frame_of(event));
    client.sink->send(text, false);
  }
}

bool EventHub::is_desk(const Identity& who) {
  return who.scope == Scope::kAdmin || who.scope == Scope::kHost;
}

void EventHub::publish_live(const studio::ShowId& show, const studio::ParticipantId& whose,
                            const json::object& frame, bool droppable) {
  std::string text;
  for (const auto& [id, client] : clients_) {
    if (client.show_id != show) continue;
    if (!is_desk(client.who) && (whose.empty() || client.who.participant_id != whose)) continue;
    if (text.empty()) text = json::serialize(frame);
    client.sink->send(text, droppable);
  }
}

template <typename Wanted>
void EventHub::close_if(Wanted wanted, int code, std::string_view reason) {
  std::vector<std::shared_ptr<EventSink>> closing;
  std::erase_if(clients_, [&](const auto& entry) {
    if (!wanted(entry.second)) return false;
    closing.push_back(entry.second.sink);
    return true;
  });
  for (const auto& sink : closing) sink->close(code, reason);
}

void EventHub::close_expired(base::WallTime now) {
  close_if([&](const Client& c) { return c.who.expires_at && *c.who.expires_at <= now; }, 4401,
           "the token has expired");
}

void EventHub::close_participant(const studio::ShowId& show, const studio::ParticipantId& id) {
  close_if([&](const Client& c) { return c.show_id == show && c.who.participant_id == id; }, 4403,
           "removed from the show");
}

std::set<studio::ShowId> EventHub::shows_at_desks() const {
  std::set<studio::ShowId> shows;
  for (const auto& [id, client] : clients_) {
    if (is_desk(client.who)) shows.insert(client.show_id);
  }
  return shows;
}

void EventHub::close_show(const studio::ShowId& show) {
  close_if([&](const Client& c) { return c.show_id == show; }, 4410, "the show was deleted");
}

}  // namespace shelcaster::control::detail
