#include <algorithm>
#include <utility>

#include "control/detail/core.hpp"

// How the Core asks the store: for what a step needs of a show at once, and for each of it once.
namespace shelcaster::control::detail {

using store::Collection;
using store::Key;
using store::Scope;

void Core::fetch(store::Reading wanted) {
  if (steps_ == 0) return;  // nothing would be kept
  std::sort(wanted.keys.begin(), wanted.keys.end());
  wanted.keys.erase(std::unique(wanted.keys.begin(), wanted.keys.end()), wanted.keys.end());
  std::erase_if(wanted.keys, [&](const Key& key) { return documents_.find(key) != nullptr; });
  std::erase_if(wanted.scopes, [&](const Scope& scope) {
    const bool is_people = scope.collection == Collection::kParticipants;
    return documents_.find(scope) != nullptr ||
           (is_people && kept_people(studio::ShowId(scope.scope)) != nullptr);
  });
  if (wanted.keys.empty() && wanted.scopes.empty()) return;
  auto found = ports.store.read(wanted);
  if (!found) store_failed(found.error());
  for (std::size_t i = 0; i < wanted.keys.size(); ++i) {
    documents_.keep(wanted.keys[i], std::move(found->documents[i]));
  }
  for (std::size_t i = 0; i < wanted.scopes.size(); ++i) {
    documents_.keep(wanted.scopes[i], std::move(found->lists[i]));
  }
}

void Core::fetch(const studio::ShowId& show, std::initializer_list<Part> parts) {
  store::Reading wanted;
  for (const Part part : parts) add_part(part, show, wanted);
  fetch(std::move(wanted));
}

void Core::fetch_person(const studio::ShowId& show, const studio::ParticipantId& person,
                        std::initializer_list<Part> parts) {
  store::Reading wanted;
  for (const Part part : parts) add_part(part, show, wanted);
  wanted.keys.push_back({Collection::kParticipants, show.str(), person.str()});
  wanted.keys.push_back({Collection::kPastParticipants, show.str(), person.str()});
  fetch(std::move(wanted));
}

void Core::fetch_tracks(const std::vector<studio::TrackId>& tracks) {
  store::Reading wanted;
  for (const studio::TrackId& id : tracks) {
    wanted.keys.push_back({Collection::kTracks, "", id.str()});
  }
  fetch(std::move(wanted));
}

void Core::fetch_tracks(const std::vector<studio::QueueItem>& items) {
  std::vector<studio::TrackId> tracks;
  for (const studio::QueueItem& item : items) tracks.push_back(item.track_id);
  fetch_tracks(tracks);
}

void Core::fetch_queues(const std::vector<studio::Show>& shows) {
  store::Reading wanted;
  for (const studio::Show& show : shows) add_part(Part::kQueue, show.id, wanted);
  fetch(std::move(wanted));
}

const std::optional<store::Document>& Core::peek(const Key& key) {
  if (steps_ == 0) documents_.clear();
  if (const auto* known = documents_.find(key)) return *known;
  auto found = ports.store.get(key);
  if (!found) store_failed(found.error());
  return documents_.keep(key, std::move(*found));
}

const std::vector<store::Document>& Core::peek_all(const Scope& scope) {
  if (steps_ == 0) documents_.clear();
  if (const auto* known = documents_.find(scope)) return *known;
  auto found = ports.store.list(scope.collection, scope.scope);
  if (!found) store_failed(found.error());
  return documents_.keep(scope, std::move(*found));
}

const std::optional<store::Document>& Core::get(const Key& key) {
  const auto& found = peek(key);
  read_.note(key, found ? found->version : 0);
  return found;
}

const std::vector<store::Document>& Core::list(Collection collection, const std::string& scope) {
  const auto& found = peek_all({collection, scope});
  for (const store::Document& document : found) read_.note(document.key, document.version);
  read_.note_listed(collection, scope);
  return found;
}

}  // namespace shelcaster::control::detail
