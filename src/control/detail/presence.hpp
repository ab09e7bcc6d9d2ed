#pragma once

#include <string_view>

#include "control/detail/core.hpp"
#include "control/live_board.hpp"

// Who of a show's people is there, waits, or is gone.
namespace shelcaster::control::detail {

/// For so long somebody who was there, and isn't seen any more, is taken to come back.
inline constexpr base::Duration kAbsentMax = std::chrono::seconds(60);

studio::ParticipantFacts facts(const LiveBoard&, const studio::Participant&);
/// Connected, about to be, lost a moment ago, or a caller who is on the air.
bool is_here(const Core&, const LiveBoard&, const studio::Participant&);
/// They have made an offer lately, and have never been connected.
bool is_connecting(const Core&, const LiveBoard&, const studio::Participant&);
/// Not connected, but their page asks how the show is.
bool is_waiting(const Core&, const LiveBoard&, const studio::Participant&);
/// Their page asks: whether they have begun to wait by that.
bool note_asked(const Core&, LiveBoard&, const studio::Participant&);
/// Tells desks, and themselves, how somebody's seat is.
void tell_seat(Core&, const LiveBoard&, const studio::Participant&);
/// Tells desks who waits no longer. To be called now and then.
void tell_no_longer_waiting(Core&, LiveBoard&);

/// Of prepare_leave() in a write: the person, what says so and that they are off the air, and the
/// counter of the show's log.
inline constexpr std::size_t kActionsOfLeaving = 4;
/// Somebody is gone: a caller goes off the air. `why`: "leave", "absent" or "stopped".
void prepare_leave(studio::Participant&, std::string_view why, Change&);

}  // namespace shelcaster::control::detail
