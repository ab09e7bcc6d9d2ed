#pragma once

#include <map>
#include <optional>
#include <vector>

#include "base/time.hpp"
#include "studio/model.hpp"

namespace shelcaster::control::detail {

struct Desk;

/// Keeps imports in step with what decks want: one that a deck waits for, or soon will, has a place
/// at once; what was fetched for a deck alone and no deck wants any more is ended, since a URL may
/// never end by itself.
class ImportWatch {
 public:
  void handle_tick(Desk&);
  /// A command came before what waited for these: they go without the grace of a report on its way,
  /// unless a deck wants them still.
  void drop(const Desk&, const std::vector<studio::TrackId>&);

 private:
  std::optional<base::Instant> looked_at_;
  std::map<studio::TrackId, base::Instant> unwanted_since_;
};

}  // namespace shelcaster::control::detail
