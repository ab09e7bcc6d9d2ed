#pragma once

#include "link/messages.hpp"
#include "rtc/media/media_session.hpp"

namespace shelcaster::app {

/// A line's figures as people are shown them, with a tenth as the smallest step. A drift of exactly
/// 0 is one that nobody has measured yet: it is left out.
link::SeatStats seat_stats_of(const rtc::MediaStats& stats);

}  // namespace shelcaster::app
