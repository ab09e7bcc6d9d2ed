#include "store/memory_store.hpp"

#include <algorithm>

namespace shelcaster::store {

base::Result<std::optional<Document>> MemoryStore::get(const Key& key) {
  const auto found = documents_.find(key);
  if (found == documents_.end()) return std::nullopt;
  return found->second;
}

base::Result<std::vector<Document>> MemoryStore::list(Collection collection,
                                                      const std::string& scope) {
  std::vector<Document> found;
  for (auto at = documents_.lower_bound(Key{collection, scope, ""});
       at != documents_.end() && at->first.collection == collection && at->first.scope == scope;
       ++at) {
    found.push_back(at->second);
  }
  return found;
}

base::Result<std::vector<Event>> MemoryStore::commit(const Write& write) {
  if (!commit_error.empty()) return base::fail(commit_error);
  for (const Put& put : write.puts) {
    const auto found = documents_.find(put.key);
    const std::int64_t version = found == documents_.end() ? 0 : found->second.version;
    if (put.expected_version && *put.expected_version != version) {
      return base::fail("store: " + put.key.id + " was written by somebody else");
    }
  }
  if (write.answer && answers_.contains(write.answer->key)) {
    return base::fail("store: this idempotency key is answered already");
  }
  for (const Put& put : write.puts) {
    Document& document = documents_[put.key];
    document.key = put.key;
    document.body = put.body;
    ++document.version;
  }
  for (const Key& key : write.removes) documents_.erase(key);
  if (write.answer) answers_[write.answer->key] = *write.answer;
  std::vector<Event> numbered;
  for (Event event : write.events) {
    std::vector<Event>& log = events_[event.show_id];
    event.number = log.size() + 1;
    log.push_back(event);
    numbered.push_back(std::move(event));
  }
  return numbered;
}

base::Result<std::vector<Event>> MemoryStore::events(const std::string& show_id,
                                                     std::uint64_t after, std::size_t limit) {
  const std::vector<Event>& log = events_[show_id];
  const std::size_t first = static_cast<std::size_t>(std::min<std::uint64_t>(after, log.size()));
  const std::size_t count = std::min(limit, log.size() - first);
  const auto begin = log.begin() + static_cast<std::ptrdiff_t>(first);
  return std::vector<Event>(begin, begin + static_cast<std::ptrdiff_t>(count));
}

base::Result<std::uint64_t> MemoryStore::last_event(const std::string& show_id) {
  return events_[show_id].size();
}

base::Result<std::optional<Answer>> MemoryStore::answer(const std::string& key) {
  const auto found = answers_.find(key);
  if (found == answers_.end()) return std::nullopt;
  return found->second;
}

base::Result<void> MemoryStore::forget_answers(base::WallTime before) {
  std::erase_if(answers_, [&](const auto& entry) { return entry.second.at < before; });
  return {};
}

}  // namespace shelcaster::store
