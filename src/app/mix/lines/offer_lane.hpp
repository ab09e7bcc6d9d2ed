#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <variant>

#include "base/time.hpp"
#include "link/orders.hpp"

namespace shelcaster::app {

/// Offers and ICE restarts that wait to be answered: never in front of commands, of the desired
/// state or of each other's betters, and never more of the stage thread's time than a part.
///
/// People with a seat go before listeners, who need no token. Between two of a class the stage
/// thread is left to everything else for a while, so that a fader waits for one offer at most.
class OfferLane {
 public:
  using Request = std::variant<link::Offer, link::IceRestart>;
  enum class Class : std::size_t { kSeat, kListener };
  static constexpr std::size_t kClasses = 2;
  /// Of each class.
  static constexpr std::size_t kPlaces = 32;

  /// Of one person, or of the listeners of one network.
  static constexpr std::size_t kPlacesPerAsker = 4;

  struct Asker {
    std::string session;
    std::string who;  // empty: not counted
  };
  /// All but kTaken: the request is to be refused.
  enum class Put { kTaken, kFull, kTooManyOfOne };
  /// One request of a session waits at a time.
  [[nodiscard]] Put put(Class of, Asker asker, Request request);
  /// The next one whose time has come. What it costs is over by `now` of the call that follows.
  [[nodiscard]] std::optional<Request> take(base::Instant now);
  /// When take() will have one; never() while none waits.
  [[nodiscard]] base::Instant next() const;

 private:
  struct Waiting {
    Asker asker;
    Request request;
  };
  struct Queue {
    std::deque<Waiting> waiting;
    base::Instant not_before;
  };
  std::array<Queue, kClasses> queues_;
};

}  // namespace shelcaster::app
