#include "control/detail/event_hub.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "control/urls.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;

SubscriptionId EventHub::add(Client client) {
  const SubscriptionId id = next_id_++;
  clients_[id] = std::move(client);
  return id;
}

std::size_t EventHub::size(const studio::ShowId& show) const {
  return static_cast<std::size_t>(
      std::count_if(clients_.begin(), clients_.end(),
                    [&](const auto& entry) { return entry.second.show_id == show; }));
}

std::size_t EventHub::size(const studio::ShowId& show, const studio::ParticipantId& whose) const {
  return static_cast<std::size_t>(
      std::count_if(clients_.begin(), clients_.end(), [&](const auto& entry) {
        return entry.second.show_id == show && entry.second.who.participant_id == whose;
      }));
}

bool EventHub::may_see(const Identity& who, const store::Event& event) {
  if (is_desk(who)) return true;
  const std::string audience = store::audience_of(event);
  return audience == store::kEverybody ||
         (!audience.empty() && audience == who.participant_id.str());
}

std::optional<std::string> EventHub::seen_by(const Identity& who) {
  if (is_desk(who)) return std::nullopt;
  return who.participant_id.str();
}

json::object EventHub::frame_of(const store::Event& event) {
  json::object data = event.data;
  // Older programs kept the URL as it was given.
  if (json::value* url = data.if_contains("url"); url != nullptr && url->is_string()) {
    *url = without_secrets(url->get_string());
  }
  return {{"type", "event"},    {"number", event.number}, {"at", event.at.unix_ms()},
          {"kind", event.kind}, {"actor", event.actor},   {"data", std::move(data)}};
}

void EventHub::publish(const store::Event& event) {
  std::shared_ptr<const std::string> text;
  for (auto& [id, client] : clients_) {
    if (client.show_id.str() != event.show_id || client.is_behind) continue;
    if (may_see(client.who, event)) {
      if (client.sink->waiting_bytes() > kBehindBytes) {
        client.is_behind = true;
        continue;
      }
      if (!text) text = std::make_shared<const std::string>(json::serialize(frame_of(event)));
      client.sink->send(text, false);
    }
    client.position = event.number;
  }
}

bool EventHub::is_desk(const Identity& who) {
  return who.scope == Scope::kAdmin || who.scope == Scope::kHost;
}

void EventHub::publish_live(const studio::ShowId& show, const studio::ParticipantId& whose,
                            const json::object& frame, bool droppable) {
  std::shared_ptr<const std::string> text;
  for (auto& [id, client] : clients_) {
    if (client.show_id != show) continue;
    if (!is_desk(client.who) && (whose.empty() || client.who.participant_id != whose)) continue;
    if (client.is_behind || (!droppable && client.sink->waiting_bytes() > kBehindBytes)) {
      client.is_behind = true;
      client.has_missed_state = client.has_missed_state || !droppable;
      continue;
    }
    if (!text) text = std::make_shared<const std::string>(json::serialize(frame));
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

void EventHub::close(SubscriptionId id, int code, std::string_view reason) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  const std::shared_ptr<EventSink> sink = std::move(found->second.sink);
  clients_.erase(found);
  sink->close(code, reason);
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
