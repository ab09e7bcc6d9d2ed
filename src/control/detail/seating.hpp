#pragma once

#include <optional>
#include <string>

#include "control/detail/desk.hpp"

// Who has a place in a show. A show works with a bounded number of people: those who are there, who
// lately were, and who are invited. Whoever isn't there makes room for who comes, and is taken in
// again when they come back.
namespace shelcaster::control::detail {

enum class Invitation { kByLink, kByName };

struct Newcomer {
  Invitation invitation = Invitation::kByLink;
  std::string network = {};  // the mark of the one that they come from; empty: not known
};

/// Room for one more, made by moving out who isn't there, in the change. By the link that anybody
/// may have not all places can be had: some are left for those who are invited by name. 409 when
/// everybody who would have to go is there. Among those who merely wait, nobody's network has many
/// more of the link's places than the newcomer's.
void make_room(Desk&, const studio::Show&, const Newcomer&, Change&);

/// To be called before a person's offer goes to the mixer, which must know their seat by then.
void take_place(Desk&, const studio::Show&, const studio::ParticipantId&);

/// Somebody's page asks how the show is: they are waiting for it, if they aren't connected.
void note_waiting(Desk&, const studio::Show&, studio::Participant&);

/// Now and then moves out who left long ago, and tells desks who waits no longer.
class SeatSweep {
 public:
  void handle_tick(Desk&);

 private:
  std::optional<base::Instant> swept_at_;
};

}  // namespace shelcaster::control::detail
