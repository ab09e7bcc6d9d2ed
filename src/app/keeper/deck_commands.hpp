#pragma once

#include <boost/json/object.hpp>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "link/messages.hpp"

namespace shelcaster::app {

/// Deck commands on their way through the mixer. One is settled, and only then acknowledged to
/// serve, when a report of the deck shows what has become of it: until then a deck that begins
/// again from its last report would not have done it. Pure: no clock, no link.
class DeckCommands {
 public:
  /// False: the mixer has taken it already, and nothing is left but to wait.
  [[nodiscard]] bool take(const link::Command& command);
  /// The mixer refused it: serve is told as it is.
  void drop(std::string_view id);
  void handle_ack(base::Instant now, std::string_view id);
  /// The ids of what is settled by a report of the deck, in order.
  std::vector<std::string> handle_report(base::Instant now, const link::DeckReport& report);
  /// A deck that stands still reports nothing: what has waited for long enough.
  std::vector<std::string> handle_timeout(base::Instant now);
  /// For a mixer that begins with the last report: what the one before has taken and that doesn't
  /// show. What it hasn't taken may be what ended it; serve sends that again, in its own time.
  [[nodiscard]] std::vector<boost::json::object> unsettled() const;

 private:
  struct Passed {
    link::Command command;
    std::optional<base::Instant> acked_at;
  };
  template <typename IsSettled>
  std::vector<std::string> settle(IsSettled is_settled);
  std::deque<Passed>::iterator find(std::string_view id);

  std::deque<Passed> passed_;
};

}  // namespace shelcaster::app
