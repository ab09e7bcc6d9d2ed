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

base::Result<std::vector<Document>> MemoryStore::page(Collection collection,
                                                      const std::string& scope,
                                                      const std::string& after, std::size_t limit) {
  std::vector<Document> found;
  const auto all = list(collection, scope);
  for (const Document& document : *all) {
    if (found.size() < limit && document.key.id > after) found.push_back(document);
  }
  return found;
}

base::Result<std::vector<Version>> MemoryStore::versions(Collection collection,
                                                         const std::string& scope) {
  std::vector<Version> found;
  for (auto at = documents_.lower_bound(Key{collection, scope, ""});
       at != documents_.end() && at->first.collection == collection && at->first.scope == scope;
       ++at) {
    found.push_back({at->first.id, at->second.version});
  }
  return found;
}

base::Result<std::size_t> MemoryStore::count(Collection collection, const std::string& scope) {
  return list(collection, scope)->size();
}

base::Result<std::vector<Event>> MemoryStore::commit(const Write& write) {
  if (auto checked = check_write(write); !checked) return tl::unexpected(checked.error());
  if (!commit_error.empty()) return base::fail(commit_error);
  const auto is_as_expected = [&](const auto& change) {
    const auto found = documents_.find(change.key);
    const std::int64_t version = found == documents_.end() ? 0 : found->second.version;
    return change.expected_version.value_or(version) == version;
  };
  for (const Put& put : write.puts) {
    if (!is_as_expected(put)) return tl::unexpected(conflict(put.key.id));
  }
  for (const Remove& remove : write.removes) {
    if (!is_as_expected(remove)) return tl::unexpected(conflict(remove.key.id));
  }
  if (write.answer && answers_.contains(write.answer->key)) {
    return tl::unexpected(conflict("the answer to this idempotency key"));
  }
  for (const Put& put : write.puts) {
    Document& document = documents_[put.key];
    document.key = put.key;
    document.body = put.body;
    ++document.version;
  }
  for (const Remove& remove : write.removes) documents_.erase(remove.key);
  if (write.answer) remember(*write.answer);
  std::vector<Event> numbered;
  for (Event event : write.events) {
    Log& log = logs_[event.show_id];
    event.number = ++log.last;
    log.events.push_back(event);
    numbered.push_back(std::move(event));
  }
  for (const std::string& show : write.ended_shows) logs_[show].is_ended = true;
  return numbered;
}

void MemoryStore::remember(const Answer& answer) {
  answers_[answer.key] = answer;
  if (answer.of_holder_max == 0) return;
  const auto is_theirs = [&](const auto& entry) { return entry.second.holder == answer.holder; };
  while (static_cast<std::size_t>(std::count_if(answers_.begin(), answers_.end(), is_theirs)) >
         answer.of_holder_max) {
    auto oldest = answers_.end();
    for (auto at = answers_.begin(); at != answers_.end(); ++at) {
      if (!is_theirs(*at) || at->first == answer.key) continue;
      if (oldest == answers_.end() || at->second.at < oldest->second.at) oldest = at;
    }
    if (oldest == answers_.end()) return;
    answers_.erase(oldest);
  }
}

base::Result<EventPage> MemoryStore::events(const EventQuery& query) {
  EventPage page;
  page.next = query.after;
  std::size_t bytes = 0;
  for (const Event& event : logs_[query.show_id].events) {
    if (event.number <= query.after) continue;
    if (is_wanted(query, event)) {
      bytes += boost::json::serialize(event.data).size();
      if (page.events.size() == query.limit || (!page.events.empty() && bytes > query.bytes_max)) {
        page.is_last = false;
        return page;
      }
      page.events.push_back(event);
    }
    page.next = event.number;
  }
  return page;
}

base::Result<EventRange> MemoryStore::event_range(const std::string& show_id) {
  const Log& log = logs_[show_id];
  return EventRange{log.events.empty() ? log.last + 1 : log.events.front().number, log.last};
}

base::Result<std::optional<Answer>> MemoryStore::answer(const std::string& key) {
  const auto found = answers_.find(key);
  if (found == answers_.end()) return std::nullopt;
  return found->second;
}

base::Result<bool> MemoryStore::tidy(const Retention& retention) {
  for (auto& [show, log] : logs_) {
    const auto bytes_of = [](const Event& event) {
      return static_cast<std::int64_t>(boost::json::serialize(event.data).size() +
                                       event.kind.size() + event.actor.size());
    };
    std::int64_t bytes = 0;
    for (const Event& event : log.events) bytes += bytes_of(event);
    while (!log.events.empty() && (log.is_ended || bytes > retention.event_bytes_max ||
                                   log.events.front().at < retention.events_before)) {
      bytes -= bytes_of(log.events.front());
      log.events.pop_front();
    }
  }
  std::erase_if(answers_, [&](const auto& entry) {
    const Answer& answer = entry.second;
    const auto log = logs_.find(answer.show_id);
    return answer.at < retention.answers_before || (log != logs_.end() && log->second.is_ended);
  });
  std::erase_if(logs_, [](const auto& entry) { return entry.second.is_ended; });
  return false;
}

}  // namespace shelcaster::store
