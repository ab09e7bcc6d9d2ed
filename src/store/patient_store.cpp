#include "store/patient_store.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"

namespace shelcaster::store {
namespace {

/// What a write and each part of it cost beside their bodies, roughly.
constexpr std::size_t kPartBytes = 256;
constexpr const char* kCatchingUp =
    "the disk takes writes again, and what waited for it is still being written; try again in a "
    "moment";

std::size_t bytes_of(const Write& write) {
  std::size_t bytes = kPartBytes * (1 + write.puts.size() + write.removes.size() +
                                    write.events.size() + write.ended_shows.size());
  for (const Put& put : write.puts) bytes += boost::json::serialize(put.body).size();
  for (const Event& event : write.events) bytes += boost::json::serialize(event.data).size();
  if (write.answer) bytes += kPartBytes + write.answer->body.size();
  return bytes;
}

}  // namespace

base::Result<std::vector<Event>> PatientStore::commit(const Write& write) {
  // What is at fault itself would wait for ever.
  if (auto checked = check_write(write); !checked) return tl::unexpected(checked.error());
  // In order: what is written over what waits would be undone by it. What may wait, too, doesn't
  // wait for the disk meanwhile.
  if (!write.may_wait) write_waiting();
  if (waiting_.empty()) {
    auto done = behind_.commit(write);
    if (done || !write.may_wait || is_conflict(done.error())) return done;
    why_ = done.error().message;
  }
  if (!write.may_wait) return base::fail(why_);
  const std::size_t bytes = bytes_of(write);
  if (!has_room(write, bytes)) return base::fail(why_);
  return keep(write, bytes);
}

bool PatientStore::has_room(const Write& write, std::size_t bytes) const {
  const auto share = shares_.find(write.share);
  const std::size_t of_share = share == shares_.end() ? 0 : share->second;
  const bool is_small = write.share.empty() || of_share + bytes <= kSmallShareMax;
  return bytes_ + bytes <= (is_small ? kBytesMax : kBytesMax - kReserved) &&
         of_share + bytes <= (write.share.empty() ? kNobodysMax : kShareMax);
}

void PatientStore::write_waiting() {
  for (std::size_t step = 0; !waiting_.empty(); ++step) {
    // Each is a wait for the disk: the rest at the next call.
    if (step == kWrittenAtOnce) return;
    const auto& [write, bytes] = waiting_.front();
    const auto done = behind_.commit(write);
    if (!done && !is_conflict(done.error())) {
      why_ = done.error().message;
      return;
    }
    // What can never be written would keep all the others waiting.
    if (!done) base::log::error("store", "a write is given up: {}", done.error().message);
    bytes_ -= bytes;
    if ((shares_[write.share] -= bytes) == 0) shares_.erase(write.share);
    waiting_.pop_front();
    why_ = kCatchingUp;
  }
  why_.clear();
  documents_.clear();
  events_.clear();
  answers_.clear();
}

/// Everything is read before anything is kept, so that a failure changes nothing.
base::Result<std::vector<Event>> PatientStore::keep(const Write& write, std::size_t bytes) {
  if (write.answer) {
    const auto known = answer(write.answer->key);
    if (!known) return tl::unexpected(known.error());
    if (*known) return tl::unexpected(conflict("the answer to this idempotency key"));
  }
  /// Of what it changes; an error when that isn't the one that it expects.
  const auto version_for = [this](const auto& change) -> base::Result<std::int64_t> {
    const auto before = get(change.key);
    if (!before) return tl::unexpected(before.error());
    const std::int64_t version = *before ? (*before)->version : 0;
    if (change.expected_version.value_or(version) != version) {
      return tl::unexpected(conflict(change.key.id));
    }
    return version;
  };
  std::map<Key, std::optional<Document>> documents;
  for (const Put& put : write.puts) {
    const auto version = version_for(put);
    if (!version) return tl::unexpected(version.error());
    documents.insert_or_assign(put.key, Document{put.key, *version + 1, put.body});
  }
  for (const Remove& remove : write.removes) {
    if (const auto version = version_for(remove); !version) return tl::unexpected(version.error());
    documents.insert_or_assign(remove.key, std::nullopt);
  }
  std::vector<Event> numbered;
  std::map<std::string, std::uint64_t> last;
  for (Event event : write.events) {
    const auto [found, is_first] = last.try_emplace(event.show_id, 0);
    if (is_first) {
      const auto known = event_range(event.show_id);
      if (!known) return tl::unexpected(known.error());
      found->second = known->last;
    }
    event.number = ++found->second;
    numbered.push_back(std::move(event));
  }
  for (auto& [key, document] : documents) documents_.insert_or_assign(key, std::move(document));
  for (const Event& event : numbered) events_[event.show_id].push_back(event);
  if (write.answer) answers_.insert_or_assign(write.answer->key, *write.answer);
  waiting_.push_back({write, bytes});
  bytes_ += bytes;
  shares_[write.share] += bytes;
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

base::Result<Found> PatientStore::read(const Reading& wanted) {
  return documents_.empty() ? behind_.read(wanted) : Store::read(wanted);
}

base::Result<std::vector<Document>> PatientStore::page(Collection collection,
                                                       const std::string& scope,
                                                       const std::string& after,
                                                       std::size_t limit) {
  if (documents_.empty()) return behind_.page(collection, scope, after, limit);
  auto all = list(collection, scope);
  if (!all) return all;
  std::vector<Document> found;
  for (Document& document : *all) {
    if (found.size() < limit && document.key.id > after) found.push_back(std::move(document));
  }
  return found;
}

base::Result<std::vector<Version>> PatientStore::versions(Collection collection,
                                                          const std::string& scope) {
  auto stored = behind_.versions(collection, scope);
  if (!stored || documents_.empty()) return stored;
  std::map<std::string, std::int64_t> by_id;
  for (const Version& one : *stored) by_id.insert_or_assign(one.id, one.version);
  for (const auto& [key, document] : documents_) {
    if (key.collection != collection || key.scope != scope) continue;
    if (document) {
      by_id.insert_or_assign(key.id, document->version);
    } else {
      by_id.erase(key.id);
    }
  }
  std::vector<Version> all;
  for (const auto& [id, version] : by_id) all.push_back({id, version});
  return all;
}

base::Result<std::size_t> PatientStore::count(Collection collection, const std::string& scope) {
  if (documents_.empty()) return behind_.count(collection, scope);
  const auto all = list(collection, scope);
  if (!all) return tl::unexpected(all.error());
  return all->size();
}

base::Result<EventPage> PatientStore::events(const EventQuery& query) {
  auto page = behind_.events(query);
  const auto kept = events_.find(query.show_id);
  if (!page || kept == events_.end() || !page->is_last) return page;
  for (const Event& event : kept->second) {
    // Some of them may be on the disk by now.
    if (event.number <= page->next) continue;
    if (is_wanted(query, event)) {
      if (page->events.size() >= query.limit) {
        page->is_last = false;
        return page;
      }
      page->events.push_back(event);
    }
    page->next = event.number;
  }
  return page;
}

base::Result<EventRange> PatientStore::event_range(const std::string& show_id) {
  auto range = behind_.event_range(show_id);
  const auto kept = events_.find(show_id);
  if (!range || kept == events_.end()) return range;
  range->last = std::max(range->last, kept->second.back().number);
  return range;
}

base::Result<std::optional<Answer>> PatientStore::answer(const std::string& key) {
  const auto kept = answers_.find(key);
  if (kept != answers_.end()) return std::optional(kept->second);
  return behind_.answer(key);
}

base::Result<bool> PatientStore::tidy(const Retention& retention) {
  // What waits counts on what stands on the disk.
  if (!waiting_.empty()) return false;
  return behind_.tidy(retention);
}

}  // namespace shelcaster::store
