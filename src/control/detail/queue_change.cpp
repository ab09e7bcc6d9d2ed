#include "control/detail/queue_change.hpp"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

constexpr std::size_t kItemsMax = 100;
constexpr std::size_t kTitleBytesMax = 1'000;

std::set<studio::ItemId> ids_of(const studio::Queue& queue) {
  std::set<studio::ItemId> ids;
  for (const studio::QueueItem& item : queue.items) ids.insert(item.id);
  return ids;
}

/// The items that the other queue has too, in this one's order.
std::vector<studio::ItemId> common(const studio::Queue& queue,
                                   const std::set<studio::ItemId>& other) {
  std::vector<studio::ItemId> ids;
  for (const studio::QueueItem& item : queue.items) {
    if (other.contains(item.id)) ids.push_back(item.id);
  }
  return ids;
}

json::array texts(const std::vector<studio::ItemId>& ids) {
  json::array out;
  for (const studio::ItemId& id : ids) out.emplace_back(id.str());
  return out;
}

}  // namespace

json::object queue_change(Core& core, const studio::Queue& before, const studio::Queue& after) {
  const std::set<studio::ItemId> had = ids_of(before);
  const std::set<studio::ItemId> has = ids_of(after);
  std::vector<studio::ItemId> removed;
  for (const studio::QueueItem& item : before.items) {
    if (!has.contains(item.id)) removed.push_back(item.id);
  }
  const std::vector<studio::ItemId> kept = common(after, had);
  const bool is_reordered = kept != common(before, has);
  const std::size_t added_count = after.items.size() - kept.size();
  if (added_count > kItemsMax || removed.size() > kItemsMax ||
      (is_reordered && after.items.size() > kItemsMax)) {
    return {{"reload", true}};
  }
  json::array added;
  for (std::size_t index = 0; index < after.items.size(); ++index) {
    const studio::QueueItem& item = after.items[index];
    if (had.contains(item.id)) continue;
    const auto track = core.find_track(item.track_id);
    // No request makes a longer one, but a stored document may have it.
    const bool has_title = track && track->title.size() <= kTitleBytesMax;
    added.push_back({{"index", index},
                     {"itemId", item.id.str()},
                     {"trackId", item.track_id.str()},
                     {"title", has_title ? track->title : std::string()}});
  }
  json::object data{{"added", std::move(added)}, {"removed", texts(removed)}};
  if (is_reordered) data["order"] = texts(kept);
  return data;
}

}  // namespace shelcaster::control::detail
