#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "link/orders.hpp"
#include "link/reports.hpp"

namespace shelcaster::app {

/// Deck commands on their way through the mixer, in the order in which they were given: none passes
/// one before it that the mixer hasn't answered. One is settled, and only then acknowledged to
/// serve, when a report of the deck shows what has become of it: until then a deck that begins
/// again from its last report would not have done it. Pure: no clock, no link.
class DeckCommands {
 public:
  /// From serve, which gives it again as long as it isn't acknowledged.
  void take(const link::Command& command);
  /// Which one is to be given to the mixer now, if any. One that it doesn't answer comes again when
  /// serve has given it again.
  [[nodiscard]] std::optional<link::Command> next();
  /// There is no mixer that could be given it: the next one is.
  void put_back(std::string_view id);
  /// The mixer refused it: serve is told as it is.
  void drop(std::string_view id);
  /// serve comes anew and gives all that it wants answered again, in its order: what is left here
  /// of the connection before would pass it.
  void drop_unanswered();
  /// The id of a command that is given up: as many mixers as are enough ended before they answered
  /// it.
  [[nodiscard]] std::optional<std::string> handle_mixer_ended();
  void handle_ack(base::Instant now, std::string_view id);
  /// The ids of what is settled by a report of the deck, in order. Never one before an older one: a
  /// PAUSE that the next keeper knows to be done would be followed by the PLAY before it.
  std::vector<std::string> handle_report(base::Instant now, const link::DeckReport& report);
  /// A deck that stands still reports nothing: what has waited for long enough.
  std::vector<std::string> handle_timeout(base::Instant now);
  /// For a mixer that begins with the last report: what the one before has taken and that doesn't
  /// show. What it hasn't taken may be what ended it; serve sends that again, in its own time.
  [[nodiscard]] std::vector<link::Command> unsettled() const;

 private:
  struct Passed {
    link::Command command;
    bool is_given = false;  // since serve gave it last
    bool is_at_mixer = false;
    int mixers_ended = 0;  // while it was there
    std::optional<base::Instant> acked_at;
  };
  template <typename IsSettled>
  std::vector<std::string> settle(IsSettled is_settled);
  std::deque<Passed>::iterator find(std::string_view id);

  std::deque<Passed> passed_;
};

}  // namespace shelcaster::app
