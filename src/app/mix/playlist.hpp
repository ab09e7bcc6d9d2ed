#pragma once

#include <boost/json/object.hpp>
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

  [[nodiscard]] std::optional<link::QueueItem> find_queued(std::string_view item_id) const;
  [[nodiscard]] std::optional<link::QueueItem> first() const;

  /// A new play of an item, which need not be in the queue.
  mixer::DeckItem begin(const link::QueueItem& item);
  [[nodiscard]] std::optional<link::QueueItem> find(mixer::DeckItem play) const;

  /// The play that follows this one: of the item after it in the queue. Asked again it answers the
  /// same, unless the queue has changed meanwhile. kNoItem: nothing follows.
  mixer::DeckItem follow(mixer::DeckItem play);

  /// The plays that the deck may speak of, for another process to go on from; not the queue.
  [[nodiscard]] boost::json::object memory() const;
  base::Result<void> restore(const boost::json::object& memory);

 private:
  struct Play {
    link::QueueItem item;
    std::vector<std::string> followers;  // item ids after it, when it last stood in the queue
    mixer::DeckItem next = mixer::kNoItem;
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
