#pragma once

#include <string_view>

#include "app/mix/floor/floor_messages.hpp"
#include "link/messages.hpp"
#include "net/datagram.hpp"

namespace shelcaster::app {

/// Where the stage thread's parts put what they have decided. Called on the stage thread only.
class StageSink {
 public:
  virtual ~StageSink() = default;
  /// In order; waits outside the floor's queue while that is full.
  virtual void to_floor(FloorCommand&& command) = 0;
  /// To the keeper, and through it to the control plane.
  virtual void to_link(link::MixToKeeper message) = 0;
  /// What the next process goes on from if this one dies: replaces what was remembered before. What
  /// is sent or commanded after this call is sent or commanded by somebody who remembers it.
  virtual void remember(std::string_view record) = 0;
  /// For the tape's marks, by whoever has a tape (see TapeMarks): what plays, where it is known to
  /// a block, and who is on the air from now on.
  virtual void mark_track(const TrackMoment& /*moment*/, const link::QueueItem& /*item*/) {}
  virtual void mark_on_air(std::string_view /*participant_id*/, bool /*is_on_air*/) {}
  /// Sent at once or lost: the bytes are valid during the call only.
  virtual void transmit(const net::Transmit& datagram) = 0;
};

}  // namespace shelcaster::app
