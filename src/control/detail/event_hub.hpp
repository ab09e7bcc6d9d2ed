#pragma once

#include <boost/json.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "control/api.hpp"
#include "control/token.hpp"

namespace shelcaster::control::detail {

/// The WebSocket clients of every show. A caller sees the show's status and their own seat only.
class EventHub {
 public:
  SubscriptionId add(const studio::ShowId&, const Identity&, std::shared_ptr<EventSink>);
  void remove(SubscriptionId id) { clients_.erase(id); }

  void publish(const store::Event&);
  /// Live values that stand in no log. `participant_id` is whose they are; empty: the desk's.
  void publish_live(const studio::ShowId&, const studio::ParticipantId&,
                    const boost::json::object& frame, bool droppable);
  // 4401: the token has ended; 4403: the person was removed; 4410: the show was deleted.
  void close_expired(base::WallTime now);
  void close_participant(const studio::ShowId&, const studio::ParticipantId&);
  void close_show(const studio::ShowId&);
  /// Shows that somebody at a desk looks at.
  [[nodiscard]] std::set<studio::ShowId> shows_at_desks() const;

  static bool is_desk(const Identity&);
  static bool may_see(const Identity&, const store::Event&);
  static boost::json::object frame_of(const store::Event&);
  [[nodiscard]] std::size_t size() const { return clients_.size(); }
  [[nodiscard]] std::size_t size(const studio::ShowId&) const;

 private:
  struct Client {
    studio::ShowId show_id;
    Identity who;
    std::shared_ptr<EventSink> sink;
  };
  template <typename Wanted>
  void close_if(Wanted wanted, int code, std::string_view reason);

  std::map<SubscriptionId, Client> clients_;
  SubscriptionId next_id_ = 1;
};

}  // namespace shelcaster::control::detail
