#pragma once

#include "control/detail/desk.hpp"

// What callers change of themselves: each time is a write, a row of the show's log that others
// read, and perhaps a remembered answer.
namespace shelcaster::control::detail {

/// Whether it is not too often: for this caller, and for all callers at their address. Counts it.
/// Desks are not counted, nor is a call that runs again.
bool may_change_own(Desk&, const Call&);
/// 429.
void require_own_change(Desk&, const Call&);
/// Of an offer by WHIP or WHEP, with which somebody may get a place, be connected and be told of;
/// of those by WHIP at one address together, too. 429.
void require_own_offer(Desk&, const Call&, bool is_whip);

}  // namespace shelcaster::control::detail
