#pragma once

#include <boost/json/object.hpp>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "base/time.hpp"
#include "link/messages.hpp"

namespace shelcaster::sim {

/// The stream between a keeper and serve: whole messages, in order, a tick on their way. It can
/// break, which loses what is on its way and is noticed at both ends, and then it may be long
/// before it can be dialled again; or it can merely stand still.
class KeeperLink {
 public:
  enum class To { kServe, kKeeper };

  bool dial() {
    if (is_cut_ || !is_listening_) return false;
    is_up_ = true;
    return true;
  }
  /// What is on its way is lost.
  void break_off() {
    is_up_ = false;
    to_serve_.clear();
    to_keeper_.clear();
  }
  /// serve is there.
  void listen(bool is_listening) { is_listening_ = is_listening; }
  void cut(bool is_cut) {
    is_cut_ = is_cut;
    if (is_cut) break_off();
  }
  void stall(bool is_stalled) { is_stalled_ = is_stalled; }
  /// Of this type, without a sign of it: what a stream never does.
  void lose_next(std::string type) { lost_type_ = std::move(type); }
  [[nodiscard]] bool is_up() const { return is_up_; }

  bool send(base::Instant now, To to, const boost::json::object& message) {
    if (!is_up_) return false;
    if (link::type_of(message) == lost_type_) {
      lost_type_.clear();
      return true;
    }
    of(to).emplace_back(now + kTransit, message);
    return true;
  }
  std::optional<boost::json::object> take(base::Instant now, To to) {
    auto& messages = of(to);
    if (is_stalled_ || messages.empty() || messages.front().first > now) return std::nullopt;
    boost::json::object message = std::move(messages.front().second);
    messages.pop_front();
    return message;
  }

 private:
  static constexpr base::Duration kTransit = std::chrono::milliseconds(10);
  using Messages = std::deque<std::pair<base::Instant, boost::json::object>>;
  Messages& of(To to) { return to == To::kServe ? to_serve_ : to_keeper_; }

  Messages to_serve_;
  Messages to_keeper_;
  std::string lost_type_;
  bool is_up_ = false;
  bool is_listening_ = false;
  bool is_cut_ = false;
  bool is_stalled_ = false;
};

}  // namespace shelcaster::sim
