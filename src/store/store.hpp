#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace shelcaster::store {

enum class Collection {
  kShows,             // scope "", id showId
  kParticipants,      // scope showId: those who are there, lately were, or are invited
  kPastParticipants,  // scope showId: those who left long ago
  kRouting,           // scope showId, id "CONFIG" (the seed's sort key)
  kDecks,             // scope showId, id "DECK": where a fresh mix starts from
  kQueues,            // scope showId, id "QUEUE"
  kOutputs,           // scope showId, id of the output
  kDesired,           // scope showId, id "DESIRED": its version is the desired state's
  kCommands,          // scope showId, id of a command that the keeper hasn't acknowledged
  kTracks,            // scope ""
  kTracklists,        // scope ""
  kSessions,          // scope ""
  kShowSessions,      // scope showId, id of a session of that show; no body
  kAlerts,            // scope "", id showId: the alerts of that show which are raised
  kEndedShows,        // scope "", id of a deleted show of which something still goes; no body
};

/// As it stands in the file: "shows" and so on.
std::string_view name_of(Collection);

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
  /// Why the body can't be read, and is empty here; empty: it can.
  std::string problem = {};
};

struct Version {
  std::string id;
  std::int64_t version = 0;
};

struct Event {
  std::string show_id;
  std::uint64_t number = 0;  // 1, 2, 3 … per show; a number is given once, whatever is removed
  base::WallTime at;
  std::string kind;
  std::string actor;
  boost::json::object data;
};

/// Whose business an event is: a participant's id, kEverybody's, or empty: the desk's alone.
inline constexpr std::string_view kEverybody = "*";
std::string audience_of(const Event&);

/// A step through a show's log.
struct EventQuery {
  std::string show_id;
  std::uint64_t after = 0;
  std::size_t limit = 1000;
  std::size_t bytes_max = 256 * 1024;  // of data; one row comes in any case
  /// Only what everybody, or this participant, may see; nothing: all.
  std::optional<std::string> seen_by = {};
  std::vector<std::string> kinds = {};  // empty: all
};

/// Whether the query wants this event of its show, wherever it stands in the log.
bool is_wanted(const EventQuery&, const Event&);

struct EventPage {
  std::vector<Event> events;
  /// Whoever goes on asks for what is after this number.
  std::uint64_t next = 0;
  bool is_last = true;  // nothing is left after `next`
};

/// All documents of a scope.
struct Scope {
  Collection collection{};
  std::string scope;
  friend auto operator<=>(const Scope&, const Scope&) = default;
};

/// What is asked for at once.
struct Reading {
  std::vector<Key> keys;
  std::vector<Scope> scopes;
};

/// What was found of it, in the same order.
struct Found {
  std::vector<std::optional<Document>> documents;
  std::vector<std::vector<Document>> lists;  // each in order of id
};

/// What is kept of a show's log.
struct EventRange {
  std::uint64_t oldest = 1;  // one more than `last` when no row is kept
  std::uint64_t last = 0;    // the number given last, kept or not; 0: none was
};

/// The answer that an Idempotency-Key got, for the one who asks again.
struct Answer {
  std::string key;
  std::string request_digest;
  int status = 0;
  std::string body;
  base::WallTime at;
  std::string show_id = {};  // goes with that show; empty: it is of none
  /// Whoever it is kept for, and how many of theirs are: with one more, their oldest goes. 0: all.
  std::string holder = {};
  std::size_t of_holder_max = 0;
};

/// What is kept no longer.
struct Retention {
  base::WallTime events_before;
  std::int64_t event_bytes_max = 0;  // of one show's log: what its rows take
  base::WallTime answers_before;
  std::size_t rows_max = 500;  // that one step removes
};

struct Put {
  Key key;
  boost::json::object body;
  /// The version that was read: the write fails when somebody else wrote since. 0: must be new.
  std::optional<std::int64_t> expected_version;
};

struct Remove {
  // Not explicit: most removals name the document and no more.
  Remove(Key of, std::optional<std::int64_t> expected = {})
      : key(std::move(of)), expected_version(expected) {}
  Key key;
  /// As of a Put; 0: must not be there. Nothing: to remove what isn't there is no error.
  std::optional<std::int64_t> expected_version;
};

/// Of one write, as actions_of() counts: DynamoDB's limit of one transaction.
inline constexpr std::size_t kWriteActionsMax = 100;

/// All that one command changes. It lands as a whole or not at all. It names a document once, and
/// has at most kWriteActionsMax actions.
struct Write {
  std::vector<Put> puts;
  std::vector<Remove> removes;
  std::vector<Event> events;  // their numbers are given by the store
  std::optional<Answer> answer;
  /// Shows whose log and answers go: tidy() removes them, step by step.
  std::vector<std::string> ended_shows = {};
  /// What has happened, or must happen, whether the disk can be written or not: a store that can
  /// keep it in memory until then need not fail.
  bool may_wait = false;
  /// Who fills the room for what waits with it; empty: nobody in particular. See PatientStore.
  std::string share = {};

  [[nodiscard]] bool empty() const {
    return puts.empty() && removes.empty() && events.empty() && !answer && ended_shows.empty();
  }
};

/// How many items of a table without joins or counters a write touches: each put, each removal,
/// each event's row, the answer, and for each show with events or an end the item that counts them.
std::size_t actions_of(const Write&);
/// Every store begins a commit with it: an error for a write with too many actions, or that names a
/// document twice. It is a fault of who made the write, no conflict, and waits for no disk.
base::Result<void> check_write(const Write&);

/// Why a write was refused that another one came before. No disk is at fault, and the same write
/// would be refused again.
base::Error conflict(std::string_view what);
bool is_conflict(const base::Error&);

/// Writes that wait in memory for a disk, and why they do.
struct Waiting {
  std::size_t count = 0;
  std::string why;
};

/// Documents with versions, an event log per show and remembered answers: the shape
/// that SQLite and DynamoDB (items, transactions) can both give. Who else writes is seen by the
/// versions. store_contract_for_tests.hpp says as tests what every one must do.
class Store {
 public:
  virtual ~Store() = default;
  virtual base::Result<std::optional<Document>> get(const Key&) = 0;
  /// In order of id.
  virtual base::Result<std::vector<Document>> list(Collection, const std::string& scope) = 0;
  /// What get() and list() would find, in one round trip where the store is far away. Not at one
  /// moment: another process may write in between.
  virtual base::Result<Found> read(const Reading&);
  /// In order of id, of those above `after`, at most `limit`.
  virtual base::Result<std::vector<Document>> page(Collection, const std::string& scope,
                                                   const std::string& after, std::size_t limit) = 0;
  /// What there is, in order of id. No body is read: it costs little however large they are.
  virtual base::Result<std::vector<Version>> versions(Collection, const std::string& scope) = 0;
  virtual base::Result<std::size_t> count(Collection, const std::string& scope) = 0;
  /// Returns when the write is durable; the events with their numbers. An error means that nothing
  /// was written.
  virtual base::Result<std::vector<Event>> commit(const Write&) = 0;
  /// In order of number. A step's work is bounded by the query, however long the log is.
  virtual base::Result<EventPage> events(const EventQuery&) = 0;
  virtual base::Result<EventRange> event_range(const std::string& show_id) = 0;
  virtual base::Result<std::optional<Answer>> answer(const std::string& key) = 0;
  /// Removes some of what is kept no longer; of a log always the oldest rows. True: there is more.
  virtual base::Result<bool> tidy(const Retention&) = 0;
  /// Why what is written may be lost although writing works, for a person; empty: it won't.
  [[nodiscard]] virtual std::string danger() const { return {}; }
  [[nodiscard]] virtual Waiting waiting() const { return {}; }
  /// Tries again. To be called now and then.
  virtual void write_waiting() {}
};

}  // namespace shelcaster::store
