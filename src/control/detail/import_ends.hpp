#pragma once

#include <map>

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

  /// Of one that fails while the store takes others.
  static constexpr int kTriesMax = 5;

  struct Waiting {
    ImportProgress report;
    int tries = 0;
  };
  std::map<studio::TrackId, Waiting> waiting_;
};

}  // namespace shelcaster::control::detail
