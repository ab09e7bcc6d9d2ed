#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "link/messages.hpp"
#include "mixer/deck_feed.hpp"

namespace shelcaster::app {

/// The queue, and which play of the deck is which item of it. Shared by the stage thread, which
/// takes orders, and the feeder thread, which goes on to the next item by itself; guarded by a
/// mutex that the audio thread never sees.
class Playlist {
 public:
  void set_queue(std::vector<link::QueueItem> queue);
  /// What is known by now of an item that may be on the deck without standing in the queue.
  void update(const link::QueueItem& item);

  [[nodiscard]] std::optional<link::QueueItem> find_queued(std::string_view item_id) const;
  [[nodiscard]] std::optional<link::QueueItem> first() const;

  /// A new play of an item, which need not be in the queue.
  mixer::DeckItem begin(const link::QueueItem& item);
  /// The same for one that takes the place of another play for a while: what that play was of
  /// follows it from `position` on, and the queue after that.
  mixer::DeckItem begin_over(const link::QueueItem& item, mixer::DeckItem over,
                             std::int64_t position);
  /// The same where nothing is known of the other play but the item that it was of.
  mixer::DeckItem begin_over(const link::QueueItem& item, const std::string& over_item_id);
  [[nodiscard]] std::optional<link::QueueItem> find(mixer::DeckItem play) const;

  /// The play that follows this one: of the item after it in the queue. Asked again it answers the
  /// same, unless the queue has changed meanwhile. kNoItem: nothing follows.
  mixer::DeckItem follow(mixer::DeckItem play);

  /// Where in its item a play begins that follow() gave, in frames.
  [[nodiscard]] std::int64_t start_of(mixer::DeckItem play) const;

  /// The plays that the deck may speak of, for another process to go on from; not the queue.
  [[nodiscard]] boost::json::object memory() const;
  base::Result<void> restore(const boost::json::object& memory);

 private:
  struct Play {
    link::QueueItem item;
    std::vector<std::string> followers;  // item ids after it, when it last stood in the queue
    mixer::DeckItem next = mixer::kNoItem;
    std::int64_t starts_at = 0;
    /// It stands over the queue, which goes on after it: with this item, from here on.
    bool is_over_queue = false;
    std::string resumes;
    std::int64_t resumes_at = 0;
  };
  [[nodiscard]] const link::QueueItem* queued(std::string_view item_id) const;
  void note_followers(Play& play) const;
  mixer::DeckItem begin_locked(const link::QueueItem& item);

  mutable std::mutex mutex_;
  std::vector<link::QueueItem> queue_;
  std::map<mixer::DeckItem, Play> plays_;
  mixer::DeckItem last_play_ = mixer::kNoItem;
};

}  // namespace shelcaster::app
