#pragma once

#include <chrono>
#include <map>

#include "base/time.hpp"
#include "control/ports.hpp"

namespace shelcaster::control::detail {

struct Desk;

/// The ends of imports. Each is told once; where the store can't take one, it is kept and brought
/// again until it can, or until its track is gone. No more than there are tracks.
class ImportEnds {
 public:
  void take(Desk&, const ImportProgress&);
  void handle_tick(Desk&);

 private:
  /// Nothing is left to do about it.
  static bool is_settled(Desk&, const ImportProgress&);

  /// One that can't be stored is behind all the others then.
  static constexpr base::Duration kTryAgainEvery = std::chrono::seconds(2);

  std::map<studio::TrackId, ImportProgress> waiting_;
  studio::TrackId last_tried_;
  base::Instant again_at_;
};

}  // namespace shelcaster::control::detail
