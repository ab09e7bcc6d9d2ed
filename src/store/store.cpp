#include "store/store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>

namespace shelcaster::store {

std::string_view name_of(Collection collection) {
  switch (collection) {
    case Collection::kShows:
      return "shows";
    case Collection::kParticipants:
      return "participants";
    case Collection::kPastParticipants:
      return "past-participants";
    case Collection::kRouting:
      return "audio-routing";
    case Collection::kDecks:
      return "decks";
    case Collection::kQueues:
      return "queues";
    case Collection::kOutputs:
      return "outputs";
    case Collection::kDesired:
      return "desired";
    case Collection::kCommands:
      return "commands";
    case Collection::kTracks:
      return "tracks";
    case Collection::kTracklists:
      return "tracklists";
    case Collection::kSessions:
      return "sessions";
    case Collection::kShowSessions:
      return "show-sessions";
    case Collection::kAlerts:
      return "alerts";
    case Collection::kEndedShows:
      return "ended-owners";  // as the first of them were called, of which only music was left
  }
  std::abort();
}

namespace {

constexpr std::string_view kConflict = "store conflict: ";

}  // namespace

base::Error conflict(std::string_view what) {
  return {std::string(kConflict).append(what).append(" was written by somebody else")};
}
bool is_conflict(const base::Error& error) { return error.message.starts_with(kConflict); }

std::size_t actions_of(const Write& write) {
  std::set<std::string_view> logs(write.ended_shows.begin(), write.ended_shows.end());
  for (const Event& event : write.events) logs.insert(event.show_id);
  return write.puts.size() + write.removes.size() + write.events.size() + logs.size() +
         (write.answer ? 1 : 0);
}

base::Result<void> check_write(const Write& write) {
  if (const std::size_t actions = actions_of(write); actions > kWriteActionsMax) {
    return base::fail(fmt::format("a write of {} actions is too large: at most {} go in one",
                                  actions, kWriteActionsMax));
  }
  std::set<Key> named;
  const auto is_second = [&](const Key& key) { return !named.insert(key).second; };
  for (const Put& put : write.puts) {
    if (is_second(put.key)) return base::fail("a write names the document twice: " + put.key.id);
  }
  for (const Remove& remove : write.removes) {
    if (is_second(remove.key)) {
      return base::fail("a write names the document twice: " + remove.key.id);
    }
  }
  return {};
}

base::Result<Found> Store::read(const Reading& wanted) {
  Found found;
  for (const Key& key : wanted.keys) {
    auto document = get(key);
    if (!document) return tl::unexpected(document.error());
    found.documents.push_back(std::move(*document));
  }
  for (const Scope& scope : wanted.scopes) {
    auto documents = list(scope.collection, scope.scope);
    if (!documents) return tl::unexpected(documents.error());
    found.lists.push_back(std::move(*documents));
  }
  return found;
}

std::string audience_of(const Event& event) {
  if (event.kind.starts_with("show_")) return std::string(kEverybody);
  const boost::json::value* whose = event.data.if_contains("participantId");
  if (whose == nullptr || !whose->is_string()) return {};
  return std::string(whose->get_string());
}

bool is_wanted(const EventQuery& query, const Event& event) {
  if (query.seen_by) {
    const std::string audience = audience_of(event);
    if (audience != kEverybody && audience != *query.seen_by) return false;
  }
  return query.kinds.empty() ||
         std::find(query.kinds.begin(), query.kinds.end(), event.kind) != query.kinds.end();
}

}  // namespace shelcaster::store
