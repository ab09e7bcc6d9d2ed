#include <algorithm>
#include <chrono>
#include <utility>

#include "control/detail/core_read.hpp"

// The Core's part of tracks, tracklists and sessions: what no show is the scope of.
namespace shelcaster::control::detail {

namespace json = boost::json;
using store::Collection;
using store::Key;

namespace {

/// What another process has written is found within this time.
constexpr base::Duration kLibraryKept = std::chrono::seconds(10);

/// Of what is read for the index: a list may have 60 KiB.
constexpr std::size_t kReadAtOnce = 32;

/// Nothing plays it; it can be seen and deleted.
studio::Track unreadable_track(const Key& key, const std::string& problem) {
  studio::Track track;
  track.id = studio::TrackId(key.id);
  track.title = "(this track can't be read)";
  track.status = studio::TrackStatus::kFailed;
  track.error = problem;
  return track;
}

/// The same; it has no tracks.
studio::Tracklist unreadable_tracklist(const Key& key) {
  studio::Tracklist list;
  list.id = studio::TracklistId(key.id);
  list.title = "(this tracklist can't be read)";
  return list;
}

}  // namespace

Core::Library* Core::library_of(Collection collection) {
  if (collection == Collection::kTracks) return &tracks_;
  if (collection == Collection::kTracklists) return &tracklists_;
  return nullptr;
}

const LibraryIndex& Core::library(Collection collection, Freshness freshness) {
  Library& library = *library_of(collection);
  const base::Instant now = ports.clock.now();
  const bool is_old = !library.checked_at || now - *library.checked_at >= kLibraryKept;
  if (!is_old && freshness == Freshness::kLately) return library.index;
  const auto versions = ports.store.versions(collection, "");
  if (!versions) store_failed(versions.error());
  std::vector<Key> differing;
  for (std::string& id : library.index.differing(*versions)) {
    differing.push_back({collection, "", std::move(id)});
  }
  for (std::size_t from = 0; from < differing.size(); from += kReadAtOnce) {
    const auto begin = differing.begin() + static_cast<std::ptrdiff_t>(from);
    const std::size_t count = std::min(kReadAtOnce, differing.size() - from);
    const auto found = ports.store.read({{begin, begin + static_cast<std::ptrdiff_t>(count)}, {}});
    if (!found) store_failed(found.error());
    for (const auto& document : found->documents) {
      if (document) library.index.put(document->key, document->version, document->body);
    }
  }
  library.checked_at = now;
  return library.index;
}

void Core::note_in_library(const Key& key, std::int64_t version, const json::object& body) {
  Library* library = library_of(key.collection);
  if (library != nullptr && library->checked_at) library->index.put(key, version, body);
}

void Core::doubt_in_library(const Key& key) {
  Library* library = library_of(key.collection);
  if (library != nullptr) library->index.doubt(key.id);
}

void Core::remove_from_library(const Key& key) {
  Library* library = library_of(key.collection);
  if (library != nullptr) library->index.remove(key.id);
}

std::optional<studio::Track> Core::find_track(const studio::TrackId& id) {
  const auto& document = get({Collection::kTracks, "", id.str()});
  if (!document) return std::nullopt;
  auto track = parsed<studio::Track>(*document);
  return track ? std::move(track) : unreadable_track(document->key, unreadable_[document->key]);
}
std::optional<studio::Track> Core::find_track_for(const studio::ShowId& show,
                                                  const studio::TrackId& id) {
  auto track = find_track(id);
  if (track && !studio::may_use(show, track->owner)) track.reset();
  return track;
}
std::vector<studio::Track> Core::tracks() {
  std::vector<studio::Track> tracks;
  for (const store::Document& document : list(Collection::kTracks, "")) {
    auto track = parsed<studio::Track>(document);
    tracks.push_back(track ? std::move(*track)
                           : unreadable_track(document.key, unreadable_[document.key]));
  }
  return by_age(std::move(tracks));
}
void Core::require_fewer_than(Collection collection, const std::string& scope,
                              std::size_t count_max, std::string_view what) {
  const auto count = ports.store.count(collection, scope);
  if (!count) store_failed(count.error());
  if (*count >= count_max) {
    refuse(409, fmt::format("there are {} {} already, and no more are taken: delete some first",
                            *count, what));
  }
}
bool Core::is_playable(const studio::TrackId& id) {
  const auto track = find_track(id);
  if (!track || track->status == studio::TrackStatus::kFailed) return false;
  if (track->status == studio::TrackStatus::kReady) return true;
  const auto import = imports.find(id);
  return import != imports.end() && import->second.is_playable;
}
std::optional<studio::Tracklist> Core::find_tracklist(const studio::TracklistId& id) {
  return find<studio::Tracklist>({Collection::kTracklists, "", id.str()});
}
std::optional<studio::Tracklist> Core::seen_tracklist(const studio::TracklistId& id) {
  const auto& document = get({Collection::kTracklists, "", id.str()});
  if (!document) return std::nullopt;
  auto list = parsed<studio::Tracklist>(*document);
  return list ? std::move(list) : unreadable_tracklist(document->key);
}
std::vector<studio::Tracklist> Core::tracklists() {
  std::vector<studio::Tracklist> lists;
  for (const store::Document& document : list(Collection::kTracklists, "")) {
    auto list = parsed<studio::Tracklist>(document);
    lists.push_back(list ? std::move(*list) : unreadable_tracklist(document.key));
  }
  return by_age(std::move(lists));
}
std::optional<studio::Session> Core::find_session(const studio::SessionId& id) {
  return find<studio::Session>({Collection::kSessions, "", id.str()});
}

std::set<std::string> Core::sessions_of(const studio::ShowId& show) {
  // The index knows one that can't be read; one that is older than the index says itself whose it
  // is.
  std::set<std::string> ids;
  for (const store::Document& entry : list(Collection::kShowSessions, show.str())) {
    ids.insert(entry.key.id);
  }
  ids.merge(ids_where(Collection::kSessions, "showId", show));
  return ids;
}
std::vector<std::string> Core::owned_by(Collection collection, const studio::ShowId& show) {
  std::vector<std::string> ids;
  for (const auto& [place, entry] : library(collection, Freshness::kNow).entries()) {
    if (entry.owner == studio::Owner(show)) ids.push_back(place.id);
  }
  return ids;
}
std::vector<std::string> Core::ended_shows() {
  std::vector<std::string> ids;
  for (const store::Document& document : list(Collection::kEndedShows, "")) {
    ids.push_back(document.key.id);
  }
  return ids;
}
std::set<std::string> Core::ids_where(Collection collection, std::string_view field,
                                      const studio::ShowId& show) {
  std::set<std::string> ids;
  for (const store::Document& document : list(collection, "")) {
    const json::value* of = document.body.if_contains(field);
    if (of != nullptr && *of == json::value(show.str())) ids.insert(document.key.id);
  }
  return ids;
}
std::vector<Key> Core::keys_of(Collection collection, const std::string& scope, std::size_t limit) {
  const auto page = ports.store.page(collection, scope, "", limit);
  if (!page) store_failed(page.error());
  std::vector<Key> keys;
  for (const store::Document& document : *page) keys.push_back(document.key);
  return keys;
}

}  // namespace shelcaster::control::detail
