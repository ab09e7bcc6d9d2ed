#include "app/mix/playlist.hpp"

#include <algorithm>
#include <utility>

namespace shelcaster::app {

namespace json = boost::json;

namespace {

/// Plays that the deck may still speak of; older ones are forgotten.
constexpr std::size_t kPlaysKept = 64;

}  // namespace

void Playlist::set_queue(std::vector<link::QueueItem> queue) {
  const std::lock_guard lock(mutex_);
  queue_ = std::move(queue);
  for (auto& [number, play] : plays_) note_followers(play);
}

const link::QueueItem* Playlist::queued(std::string_view item_id) const {
  const auto found = std::ranges::find(queue_, item_id, &link::QueueItem::item_id);
  return found == queue_.end() ? nullptr : &*found;
}

std::optional<link::QueueItem> Playlist::find_queued(std::string_view item_id) const {
  const std::lock_guard lock(mutex_);
  const link::QueueItem* item = queued(item_id);
  return item == nullptr ? std::nullopt : std::optional(*item);
}

std::optional<link::QueueItem> Playlist::first() const {
  const std::lock_guard lock(mutex_);
  return queue_.empty() ? std::nullopt : std::optional(queue_.front());
}

void Playlist::note_followers(Play& play) const {
  const auto at = std::ranges::find(queue_, play.item.item_id, &link::QueueItem::item_id);
  if (at == queue_.end()) return;  // it keeps those that it had
  play.item = *at;
  play.followers.clear();
  for (auto it = at + 1; it != queue_.end(); ++it) play.followers.push_back(it->item_id);
}

mixer::DeckItem Playlist::begin_locked(const link::QueueItem& item) {
  while (plays_.size() >= kPlaysKept) plays_.erase(plays_.begin());
  Play play{.item = item, .followers = {}, .next = mixer::kNoItem};
  note_followers(play);
  plays_.emplace(++last_play_, std::move(play));
  return last_play_;
}

mixer::DeckItem Playlist::begin(const link::QueueItem& item) {
  const std::lock_guard lock(mutex_);
  return begin_locked(item);
}

std::optional<link::QueueItem> Playlist::find(mixer::DeckItem play) const {
  const std::lock_guard lock(mutex_);
  const auto found = plays_.find(play);
  return found == plays_.end() ? std::nullopt : std::optional(found->second.item);
}

mixer::DeckItem Playlist::follow(mixer::DeckItem play) {
  const std::lock_guard lock(mutex_);
  const auto found = plays_.find(play);
  if (found == plays_.end()) return mixer::kNoItem;
  const link::QueueItem* next = nullptr;
  for (const std::string& item_id : found->second.followers) {
    next = queued(item_id);
    if (next != nullptr) break;
  }
  if (next == nullptr) return mixer::kNoItem;
  if (const auto known = plays_.find(found->second.next);
      known != plays_.end() && known->second.item.item_id == next->item_id) {
    return known->first;
  }
  const mixer::DeckItem begun = begin_locked(*next);
  // begin_locked may have forgotten the oldest plays, but never one of the last sixty-three.
  if (const auto still = plays_.find(play); still != plays_.end()) still->second.next = begun;
  return begun;
}

json::object Playlist::memory() const {
  const std::lock_guard lock(mutex_);
  json::array plays;
  for (const auto& [number, play] : plays_) {
    json::array followers;
    for (const std::string& id : play.followers) followers.emplace_back(id);
    plays.push_back({{"number", number},
                     {"item", link::to_json(play.item)},
                     {"followers", std::move(followers)},
                     {"next", play.next}});
  }
  return {{"last", last_play_}, {"plays", std::move(plays)}};
}

base::Result<void> Playlist::restore(const json::object& memory) try {
  const std::lock_guard lock(mutex_);
  for (const json::value& value : memory.at("plays").as_array()) {
    const json::object& from = value.as_object();
    auto item = link::parse_queue_item(from.at("item").as_object());
    if (!item) return tl::unexpected(item.error());
    Play play{.item = *std::move(item),
              .followers = {},
              .next = from.at("next").to_number<mixer::DeckItem>()};
    for (const json::value& id : from.at("followers").as_array()) {
      play.followers.emplace_back(id.as_string());
    }
    plays_.emplace(from.at("number").to_number<mixer::DeckItem>(), std::move(play));
  }
  last_play_ = memory.at("last").to_number<mixer::DeckItem>();
  return {};
} catch (const std::exception& error) {
  return base::fail(std::string("playlist: ") + error.what());
}

}  // namespace shelcaster::app
