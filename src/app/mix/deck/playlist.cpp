#include "app/mix/deck/playlist.hpp"

#include <algorithm>
#include <utility>

namespace shelcaster::app {

namespace json = boost::json;

namespace {

/// Plays that the deck may still speak of; older ones are forgotten.
constexpr std::size_t kPlaysKept = 64;
/// Of each: who takes its items out of the queue one by one leaves some to go on with, and what all
/// plays remember is bounded however long the queue is.
constexpr std::ptrdiff_t kFollowersKept = 64;

}  // namespace

void Playlist::set_queue(std::vector<link::QueueItem> queue) {
  const std::lock_guard lock(mutex_);
  queue_ = std::move(queue);
  for (auto& [number, play] : plays_) note_followers(play);
}

void Playlist::update(const link::QueueItem& item) {
  const std::lock_guard lock(mutex_);
  for (auto& [number, play] : plays_) {
    if (play.item.item_id == item.item_id) play.item = item;
  }
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
  const auto end = at + 1 + std::min(kFollowersKept, queue_.end() - (at + 1));
  for (auto it = at + 1; it != end; ++it) play.followers.push_back(it->item_id);
}

mixer::DeckItem Playlist::begin_locked(const link::QueueItem& item) {
  while (plays_.size() >= kPlaysKept) plays_.erase(plays_.begin());
  Play play;
  play.item = item;
  note_followers(play);
  plays_.emplace(++last_play_, std::move(play));
  return last_play_;
}

mixer::DeckItem Playlist::begin(const link::QueueItem& item) {
  const std::lock_guard lock(mutex_);
  return begin_locked(item);
}

mixer::DeckItem Playlist::begin_over(const link::QueueItem& item, mixer::DeckItem over,
                                     std::int64_t position) {
  const std::lock_guard lock(mutex_);
  const auto found = plays_.find(over);
  if (found == plays_.end()) return begin_locked(item);
  const Play former = found->second;
  const mixer::DeckItem begun = begin_locked(item);
  Play& play = plays_.at(begun);
  play.is_over_queue = true;
  play.followers = former.followers;
  if (former.is_over_queue) {
    play.resumes = former.resumes;
    play.resumes_at = former.resumes_at;
  } else {
    play.resumes = former.item.item_id;
    play.resumes_at = position;
    play.followers.insert(play.followers.begin(), former.item.item_id);
  }
  return begun;
}

mixer::DeckItem Playlist::begin_over(const link::QueueItem& item, const std::string& over_item_id) {
  const std::lock_guard lock(mutex_);
  const mixer::DeckItem begun = begin_locked(item);
  Play& play = plays_.at(begun);
  play.is_over_queue = true;
  const auto at = std::ranges::find(queue_, over_item_id, &link::QueueItem::item_id);
  for (auto it = at; it != queue_.end(); ++it) play.followers.push_back(it->item_id);
  return begun;
}

std::int64_t Playlist::start_of(mixer::DeckItem play) const {
  const std::lock_guard lock(mutex_);
  const auto found = plays_.find(play);
  return found == plays_.end() ? 0 : found->second.starts_at;
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
  // Of a queue that has changed altogether meanwhile its first.
  if (next == nullptr && found->second.is_over_queue && !queue_.empty()) next = &queue_.front();
  if (next == nullptr) return mixer::kNoItem;
  if (const auto known = plays_.find(found->second.next);
      known != plays_.end() && known->second.item.item_id == next->item_id) {
    return known->first;
  }
  const std::int64_t starts_at =
      next->item_id == found->second.resumes ? found->second.resumes_at : 0;
  const mixer::DeckItem begun = begin_locked(*next);
  plays_.at(begun).starts_at = starts_at;
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
                     {"next", play.next},
                     {"startsAt", play.starts_at},
                     {"isOverQueue", play.is_over_queue},
                     {"resumes", play.resumes},
                     {"resumesAt", play.resumes_at}});
  }
  return {{"last", last_play_}, {"plays", std::move(plays)}};
}

base::Result<void> Playlist::restore(const json::object& memory) try {
  const std::lock_guard lock(mutex_);
  for (const json::value& value : memory.at("plays").as_array()) {
    const json::object& from = value.as_object();
    auto item = link::parse_kept<link::QueueItem>(from.at("item").as_object());
    if (!item) return tl::unexpected(item.error());
    Play play{.item = *std::move(item),
              .followers = {},
              .next = from.at("next").to_number<mixer::DeckItem>(),
              .starts_at = from.at("startsAt").to_number<std::int64_t>(),
              .is_over_queue = from.at("isOverQueue").as_bool(),
              .resumes = std::string(from.at("resumes").as_string()),
              .resumes_at = from.at("resumesAt").to_number<std::int64_t>()};
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
