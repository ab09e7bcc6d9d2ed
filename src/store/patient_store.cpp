#include "store/patient_store.hpp"

#include <algorithm>
#include <utility>

namespace shelcaster::store {

base::Result<std::vector<Event>> PatientStore::commit(const Write& write) {
  // In order: what is written over what waits would be undone by it.
  write_waiting();
  if (waiting_.empty()) {
    auto done = behind_.commit(write);
    if (done || !write.may_wait) return done;
    why_ = done.error().message;
  }
  if (!write.may_wait || waiting_.size() >= kWaitingMax) return base::fail(why_);
  return keep(write);
}

void PatientStore::write_waiting() {
  while (!waiting_.empty()) {
    if (const auto done = behind_.commit(waiting_.front()); !done) {
      why_ = done.error().message;
      return;
    }
    waiting_.pop_front();
  }
  why_.clear();
  documents_.clear();
  events_.clear();
  answers_.clear();
}

/// Everything is read before anything is kept, so that a failure changes nothing.
base::Result<std::vector<Event>> PatientStore::keep(const Write& write) {
  std::map<Key, std::optional<Document>> documents;
  for (const Put& put : write.puts) {
    const auto before = get(put.key);
    if (!before) return tl::unexpected(before.error());
    const std::int64_t version = *before ? (*before)->version : 0;
    if (put.expected_version && *put.expected_version != version) {
      return base::fail("store: " + put.key.id + " was written by somebody else");
    }
    documents.insert_or_assign(put.key, Document{put.key, version + 1, put.body});
  }
  for (const Key& key : write.removes) documents.insert_or_assign(key, std::nullopt);
  std::vector<Event> numbered;
  std::map<std::string, std::uint64_t> last;
  for (Event event : write.events) {
    const auto [found, is_first] = last.try_emplace(event.show_id, 0);
    if (is_first) {
      const auto known = last_event(event.show_id);
      if (!known) return tl::unexpected(known.error());
      found->second = *known;
    }
    event.number = ++found->second;
    numbered.push_back(std::move(event));
  }
  for (auto& [key, document] : documents) documents_.insert_or_assign(key, std::move(document));
  for (const Event& event : numbered) events_[event.show_id].push_back(event);
  if (write.answer) answers_.insert_or_assign(write.answer->key, *write.answer);
  waiting_.push_back(write);
  return numbered;
}

base::Result<std::optional<Document>> PatientStore::get(const Key& key) {
  const auto found = documents_.find(key);
  if (found != documents_.end()) return found->second;
  return behind_.get(key);
}

base::Result<std::vector<Document>> PatientStore::list(Collection collection,
                                                       const std::string& scope) {
  auto stored = behind_.list(collection, scope);
  if (!stored || documents_.empty()) return stored;
  std::map<std::string, Document> by_id;
  for (Document& document : *stored) by_id.insert_or_assign(document.key.id, std::move(document));
  for (const auto& [key, document] : documents_) {
    if (key.collection != collection || key.scope != scope) continue;
    if (document) {
      by_id.insert_or_assign(key.id, *document);
    } else {
      by_id.erase(key.id);
    }
  }
  std::vector<Document> all;
  for (auto& [id, document] : by_id) all.push_back(std::move(document));
  return all;
}

base::Result<std::vector<Event>> PatientStore::events(const std::string& show_id,
                                                      std::uint64_t after, std::size_t limit) {
  auto found = behind_.events(show_id, after, limit);
  const auto kept = events_.find(show_id);
  if (!found || kept == events_.end()) return found;
  for (const Event& event : kept->second) {
    if (found->size() >= limit) break;
    // Some of them may be on the disk by now.
    const std::uint64_t last = found->empty() ? after : found->back().number;
    if (event.number > last) found->push_back(event);
  }
  return found;
}

base::Result<std::uint64_t> PatientStore::last_event(const std::string& show_id) {
  const auto kept = events_.find(show_id);
  if (kept != events_.end()) return kept->second.back().number;
  return behind_.last_event(show_id);
}

base::Result<std::optional<Answer>> PatientStore::answer(const std::string& key) {
  const auto kept = answers_.find(key);
  if (kept != answers_.end()) return std::optional(kept->second);
  return behind_.answer(key);
}

base::Result<void> PatientStore::forget_answers(base::WallTime before) {
  return behind_.forget_answers(before);
}

}  // namespace shelcaster::store
