#include "control/detail/rings.hpp"

#include <optional>

namespace shelcaster::control::detail {

using store::Collection;
using store::Key;
using studio::ShowId;

namespace {

enum class Done { kPut, kRemoved };

std::optional<Ring> ring_of(const Key& key, Done done) {
  switch (key.collection) {
    case Collection::kShows:
      return Ring{ShowId(key.id), Changed::kShow};
    case Collection::kParticipants:
    case Collection::kPastParticipants:
      return Ring{ShowId(key.scope), Changed::kPeople};
    case Collection::kQueues:
      return Ring{ShowId(key.scope), Changed::kMusic};
    case Collection::kCommands:
      // One that is gone is void, which is found out by and by.
      if (done == Done::kRemoved) return std::nullopt;
      return Ring{ShowId(key.scope), Changed::kCommands};
    case Collection::kDecks:
      if (done == Done::kRemoved || key.id != "PLAYED") return std::nullopt;
      return Ring{ShowId(key.scope), Changed::kCommands};
    case Collection::kRouting:
    case Collection::kOutputs:
    case Collection::kDesired:
    case Collection::kTracks:
    case Collection::kTracklists:
    case Collection::kSessions:
    case Collection::kShowSessions:
    case Collection::kAlerts:
    case Collection::kEndedShows:
      return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::set<Ring> rings_of(const store::Write& write, const std::set<ShowId>& desired) {
  std::set<Ring> rings;
  bool has_tracks = false;
  const auto note = [&](const Key& key, Done done) {
    has_tracks = has_tracks || key.collection == Collection::kTracks;
    if (auto ring = ring_of(key, done)) rings.insert(std::move(*ring));
  };
  for (const store::Put& put : write.puts) note(put.key, Done::kPut);
  for (const store::Remove& remove : write.removes) note(remove.key, Done::kRemoved);
  for (const ShowId& show : desired) {
    rings.insert({show, Changed::kDesired});
    if (has_tracks) rings.insert({show, Changed::kMusic});
  }
  return rings;
}

}  // namespace shelcaster::control::detail
