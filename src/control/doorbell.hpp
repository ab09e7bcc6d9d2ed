#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "studio/ids.hpp"

namespace shelcaster::control {

/// What of a show is another than before. Rings come in this order when one change brings several
/// about.
enum class Changed {
  kShow,      // its document: status, task number; or it is gone
  kPeople,    // its participants
  kMusic,     // its queue, or tracks that it wants
  kCommands,  // deck commands were added, or what PLAY_MEDIA put on the deck is another
  kDesired,   // the desired state has another version
  kLink,      // on the Live board: its keeper's link, or what runs behind it
  kWatchers,  // somebody at a desk has begun to look at it
};

/// "Something of this show has changed: look." A ring carries nothing but that, so that one that is
/// lost, doubled or late does no harm: whoever is rung reads what there is, and looks now and then
/// without being rung.
class Doorbell {
 public:
  virtual ~Doorbell() = default;
  virtual void ring(const studio::ShowId&, Changed) = 0;
};

/// A call, for where all parts are in one process. Whoever listens must not throw, and may ring in
/// turn.
class DirectDoorbell final : public Doorbell {
 public:
  using Listener = std::function<void(const studio::ShowId&, Changed)>;
  void listen(Listener listener) { listeners_.push_back(std::move(listener)); }
  void ring(const studio::ShowId& show, Changed what) override {
    for (const Listener& listener : listeners_) listener(show, what);
  }

 private:
  std::vector<Listener> listeners_;
};

}  // namespace shelcaster::control
