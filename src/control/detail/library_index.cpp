#include "control/detail/library_index.hpp"

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <utility>

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

constexpr std::int64_t kDoubted = -1;  // no document's version

std::uint64_t mark_of(std::string_view kind, std::string_view text) {
  const std::hash<std::string_view> hash;
  return hash(text) * 31 + hash(kind);
}

std::string_view text_of(const json::object& body, std::string_view name) {
  const json::value* value = body.if_contains(name);
  return value != nullptr && value->is_string() ? std::string_view(value->get_string())
                                                : std::string_view();
}

std::int64_t created_ms_of(const json::object& body) {
  const json::value* at = body.if_contains("createdAt");
  return at != nullptr && at->is_int64() ? at->get_int64() : 0;
}

LibraryIndex::Entry entry_of(store::Collection collection, std::int64_t version,
                             const json::object& body) {
  LibraryIndex::Entry entry;
  entry.version = version;
  const json::value* owner = body.if_contains("owner");
  if (owner != nullptr && owner->is_string()) {
    entry.owner = studio::ShowId(std::string(owner->get_string()));
  }
  if (collection == store::Collection::kTracks) {
    entry.marks = {LibraryIndex::mark_of_source(text_of(body, "source")),
                   LibraryIndex::mark_of_music(text_of(body, "contentHash"))};
  } else if (const json::value* tracks = body.if_contains("trackIds");
             tracks != nullptr && tracks->is_array()) {
    entry.tracks = tracks->get_array().size();
    entry.marks.reserve(entry.tracks);
    for (const json::value& id : tracks->get_array()) {
      if (!id.is_string()) continue;
      entry.marks.push_back(
          LibraryIndex::mark_of_track(studio::TrackId(std::string(id.get_string()))));
    }
  }
  std::sort(entry.marks.begin(), entry.marks.end());
  return entry;
}

}  // namespace

std::uint64_t LibraryIndex::mark_of_track(const studio::TrackId& id) {
  return mark_of("track", id.str());
}
std::uint64_t LibraryIndex::mark_of_source(std::string_view url) { return mark_of("source", url); }
std::uint64_t LibraryIndex::mark_of_music(std::string_view content_hash) {
  return mark_of("music", content_hash);
}

void LibraryIndex::put(const store::Key& key, std::int64_t version, const json::object& body) {
  remove(key.id);
  const std::int64_t created_ms = created_ms_of(body);
  created_ms_[key.id] = created_ms;
  entries_[{created_ms, key.id}] = entry_of(key.collection, version, body);
}

void LibraryIndex::remove(const std::string& id) {
  const auto known = created_ms_.find(id);
  if (known == created_ms_.end()) return;
  entries_.erase({known->second, id});
  created_ms_.erase(known);
}

void LibraryIndex::doubt(const std::string& id) {
  const auto known = created_ms_.find(id);
  if (known != created_ms_.end()) entries_[{known->second, id}].version = kDoubted;
}

std::vector<std::string> LibraryIndex::differing(const std::vector<store::Version>& there) {
  std::unordered_map<std::string_view, std::int64_t> versions;
  versions.reserve(there.size());
  for (const store::Version& one : there) versions.emplace(one.id, one.version);
  std::erase_if(entries_, [&](const auto& entry) {
    if (versions.contains(entry.first.id)) return false;
    created_ms_.erase(entry.first.id);
    return true;
  });
  for (const auto& [place, entry] : entries_) {
    if (versions.at(place.id) == entry.version) versions.erase(place.id);
  }
  std::vector<std::string> ids;
  for (const auto& [id, version] : versions) ids.emplace_back(id);
  return ids;
}

const LibraryIndex::Entry* LibraryIndex::find(const std::string& id) const {
  const auto known = created_ms_.find(id);
  return known != created_ms_.end() ? &entries_.at({known->second, id}) : nullptr;
}

std::vector<std::string> LibraryIndex::with(const std::set<std::uint64_t>& marks) const {
  std::vector<std::string> ids;
  for (const auto& [place, entry] : entries_) {
    const auto& own = entry.marks;
    // Whichever side is the shorter is looked for in the other one.
    const bool has = marks.size() < own.size()
                         ? std::any_of(marks.begin(), marks.end(),
                                       [&](std::uint64_t mark) {
                                         return std::binary_search(own.begin(), own.end(), mark);
                                       })
                         : std::any_of(own.begin(), own.end(),
                                       [&](std::uint64_t mark) { return marks.contains(mark); });
    if (has) ids.push_back(place.id);
  }
  return ids;
}

}  // namespace shelcaster::control::detail
