#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace shelcaster::store {

enum class Collection {
  kShows,         // scope "", id showId
  kParticipants,  // scope showId
  kRouting,       // scope showId, id "CONFIG" (the seed's sort key)
  kDecks,         // scope showId, id "DECK": where a fresh mix starts from
  kQueues,        // scope showId, id "QUEUE"
  kOutputs,       // scope showId, id of the output
  kDesired,       // scope showId, id "DESIRED": its version is the desired state's
  kCommands,      // scope showId, id of a command that the keeper hasn't acknowledged
  kTracks,        // scope ""
  kTracklists,    // scope ""
  kSessions,      // scope ""
  kAlerts,        // scope "", id showId: the alerts of that show which are raised
};

struct Key {
  Collection collection{};
  std::string scope;
  std::string id;
  friend auto operator<=>(const Key&, const Key&) = default;
};

struct Document {
  Key key;
  std::int64_t version = 0;  // 1 after the first put, one more with each
  boost::json::object body;
};

struct Event {
  std::string show_id;
  std::uint64_t number = 0;  // 1, 2, 3 … per show, without gaps
  base::WallTime at;
  std::string kind;
  std::string actor;
  boost::json::object data;
};

/// The answer that an Idempotency-Key got, for the one who asks again.
struct Answer {
  std::string key;
  std::string request_digest;
  int status = 0;
  std::string body;
  base::WallTime at;
};

struct Put {
  Key key;
  boost::json::object body;
  /// The version that was read: the write fails when somebody else wrote since. 0: must be new.
  std::optional<std::int64_t> expected_version;
};

/// All that one command changes. It lands as a whole or not at all.
struct Write {
  std::vector<Put> puts;
  std::vector<Key> removes;
  std::vector<Event> events;  // their numbers are given by the store
  std::optional<Answer> answer;
  /// What has happened, or must happen, whether the disk can be written or not: a store that can
  /// keep it in memory until then need not fail.
  bool may_wait = false;

  [[nodiscard]] bool empty() const {
    return puts.empty() && removes.empty() && events.empty() && !answer;
  }
};

/// Writes that wait in memory for a disk, and why they do.
struct Waiting {
  std::size_t count = 0;
  std::string why;
};

/// Documents with versions, an append-only event log per show and remembered answers: the shape
/// that SQLite and DynamoDB (items, transactions) can both give. One writing process.
class Store {
 public:
  virtual ~Store() = default;
  virtual base::Result<std::optional<Document>> get(const Key&) = 0;
  /// In order of id.
  virtual base::Result<std::vector<Document>> list(Collection, const std::string& scope) = 0;
  /// Returns when the write is durable; the events with their numbers. An error means that nothing
  /// was written.
  virtual base::Result<std::vector<Event>> commit(const Write&) = 0;
  virtual base::Result<std::vector<Event>> events(const std::string& show_id, std::uint64_t after,
                                                  std::size_t limit) = 0;
  /// 0 when the show has none.
  virtual base::Result<std::uint64_t> last_event(const std::string& show_id) = 0;
  virtual base::Result<std::optional<Answer>> answer(const std::string& key) = 0;
  /// Forgets answers older than `before`.
  virtual base::Result<void> forget_answers(base::WallTime before) = 0;
  [[nodiscard]] virtual Waiting waiting() const { return {}; }
  /// Tries again. To be called now and then.
  virtual void write_waiting() {}
};

}  // namespace shelcaster::store
