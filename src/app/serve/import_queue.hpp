#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>

#include "control/ports.hpp"

namespace shelcaster::app {

/// Whose import goes next. What a deck waits for starts at once, up to a few of one show; what is
/// beyond goes like the others. Those wait for a place:
/// uploads, which take processor time, and URLs, which take the time of a network, have places of
/// their own; a short upload has one more, so that a jingle doesn't wait for a night's recording.
/// Of those that wait, the first one of the owner who has the fewest places goes next, and no owner
/// has all places for URLs, since a URL may never end.
class ImportQueue {
 public:
  struct Limits {
    std::size_t uploads_max = 2;
    std::size_t fetches_max = 16;
    std::size_t fetches_per_owner_max = 4;
    /// In all, when decks wait for the next one: as many as shows that play.
    std::size_t wanted_max = 64;
    /// Of those, of one show: what plays, what comes next, and one that is put over it. The
    /// station's have no such limit: each show may come to one.
    std::size_t wanted_per_owner_max = 3;
  };

  explicit ImportQueue(Limits limits) : limits_(limits) {}

  void add(control::ImportJob job, bool is_short);
  void set_wanted(const studio::TrackId& id, control::Wanted wanted);
  /// One that waits, which then doesn't any more.
  std::optional<control::ImportJob> remove(const studio::TrackId& id);
  /// The next one that has a place; it has it until free().
  std::optional<control::ImportJob> take_next();
  void free(const studio::TrackId& id) { running_.erase(id); }

 private:
  struct Waiting {
    control::ImportJob job;
    bool is_short = false;
  };
  struct Place {
    std::string owner;
    bool is_fetch = false;
    bool is_wanted = false;  // counts among those only
  };

  [[nodiscard]] bool has_place(const Waiting& waiting) const;
  /// Beside the other places.
  [[nodiscard]] bool has_wanted_place(const std::string& owner) const;
  [[nodiscard]] std::size_t places_of(const std::string& owner) const;

  const Limits limits_;
  std::list<Waiting> waiting_;
  std::map<studio::TrackId, Place> running_;
};

}  // namespace shelcaster::app
