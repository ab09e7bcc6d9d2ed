#pragma once

#include <boost/json.hpp>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "control/api.hpp"
#include "control/token.hpp"

namespace shelcaster::control::detail {

/// The WebSocket clients of every show. A caller sees the show's status and their own seat only.
/// One that doesn't read as fast as things happen is given nothing more until it has: it is behind
/// then, and gets the rest from the log (EventReplay).
class EventHub {
 public:
  struct Client {
    studio::ShowId show_id;
    Identity who;
    std::shared_ptr<EventSink> sink;
    std::uint64_t position = 0;  // of the log: what is above it has not been sent
    bool is_behind = false;
    bool has_missed_state = false;  // a live value that stands in no log was left out
    std::string source = {};        // by which it is counted: see source_of()
  };
  /// A client that is behind and has this much room is given the next of the log.
  static constexpr std::size_t kRoomBytes = 32 * 1024;
  /// One with more than this to take is behind.
  static constexpr std::size_t kBehindBytes = 128 * 1024;

  SubscriptionId add(Client);
  void remove(SubscriptionId id) { clients_.erase(id); }
  [[nodiscard]] std::map<SubscriptionId, Client>& clients() { return clients_; }

  void publish(const store::Event&);
  /// Live values that stand in no log. `participant_id` is whose they are; empty: the desk's.
  void publish_live(const studio::ShowId&, const studio::ParticipantId&,
                    const boost::json::object& frame, bool droppable);
  // 4401: the token has ended; 4403: the person was removed; 4410: the show was deleted.
  void close_expired(base::WallTime now);
  void close_participant(const studio::ShowId&, const studio::ParticipantId&);
  void close_show(const studio::ShowId&);
  void close(SubscriptionId, int code, std::string_view reason);
  /// Shows that somebody at a desk looks at.
  [[nodiscard]] std::set<studio::ShowId> shows_at_desks() const;

  static bool is_desk(const Identity&);
  static bool may_see(const Identity&, const store::Event&);
  static boost::json::object frame_of(const store::Event&);
  /// What the log is asked for on behalf of this person; nothing: all of it.
  static std::optional<std::string> seen_by(const Identity&);
  [[nodiscard]] std::size_t size() const { return clients_.size(); }
  [[nodiscard]] std::size_t size(const studio::ShowId&) const;
  [[nodiscard]] std::size_t size(const studio::ShowId&, const studio::ParticipantId&) const;

 private:
  template <typename Wanted>
  void close_if(Wanted wanted, int code, std::string_view reason);

  std::map<SubscriptionId, Client> clients_;
  SubscriptionId next_id_ = 1;
};

}  // namespace shelcaster::control::detail
