#pragma once

#include "control/detail/event_hub.hpp"

namespace shelcaster::control::detail {

struct Desk;

/// Gives clients that are behind what they haven't got: a page of the log at a time, in turn, and
/// only to who has taken what came before. However long a log is and however many ask for it, a
/// tick's work is bounded.
class EventReplay {
 public:
  /// The first frames of a new client: its snapshot, and the next of the log.
  static void begin(Desk&, EventHub::Client&);
  void handle_tick(Desk&);

 private:
  static constexpr std::size_t kPagesPerTick = 8;
  SubscriptionId last_served_ = 0;
};

}  // namespace shelcaster::control::detail
