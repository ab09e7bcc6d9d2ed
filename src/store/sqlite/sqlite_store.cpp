#include "store/sqlite/sqlite_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <map>
#include <string_view>
#include <utility>

namespace shelcaster::store {
namespace {

namespace json = boost::json;

// Each entry brings the schema from its index to the next version. Never change one that was
// released.
constexpr std::array kMigrations = {
    R"(CREATE TABLE documents (
         collection TEXT NOT NULL, scope TEXT NOT NULL, id TEXT NOT NULL,
         version INTEGER NOT NULL, body TEXT NOT NULL,
         PRIMARY KEY (collection, scope, id)) STRICT, WITHOUT ROWID;
       CREATE TABLE events (
         show_id TEXT NOT NULL, number INTEGER NOT NULL, at_unix_ms INTEGER NOT NULL,
         kind TEXT NOT NULL, actor TEXT NOT NULL, data TEXT NOT NULL,
         PRIMARY KEY (show_id, number)) STRICT, WITHOUT ROWID;
       CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON events
         BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;
       CREATE TRIGGER events_are_never_deleted BEFORE DELETE ON events
         BEGIN SELECT RAISE(ABORT, 'the event log is append-only'); END;
       CREATE TABLE answers (
         key TEXT PRIMARY KEY NOT NULL, request_digest TEXT NOT NULL, status INTEGER NOT NULL,
         body TEXT NOT NULL, at_unix_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
       CREATE INDEX answers_by_age ON answers (at_unix_ms);)"};

std::string_view name_of(Collection collection) {
  switch (collection) {
    case Collection::kShows:
      return "shows";
    case Collection::kParticipants:
      return "participants";
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
    case Collection::kAlerts:
      return "alerts";
  }
  std::abort();
}

/// A prepared statement in use: reset and unbound when it goes.
class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  ~Statement() {
    if (statement_ == nullptr) return;
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  [[nodiscard]] bool ok() const { return statement_ != nullptr; }
  Statement& bind(std::string_view text) {
    sqlite3_bind_text64(statement_, ++bound_, text.data(), text.size(), SQLITE_TRANSIENT,
                        SQLITE_UTF8);
    return *this;
  }
  Statement& bind(std::int64_t number) {
    sqlite3_bind_int64(statement_, ++bound_, number);
    return *this;
  }
  int step() { return sqlite3_step(statement_); }
  [[nodiscard]] std::int64_t number(int column) const {
    return sqlite3_column_int64(statement_, column);
  }
  [[nodiscard]] std::string text(int column) const {
    const unsigned char* bytes = sqlite3_column_text(statement_, column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
    return bytes == nullptr ? std::string()
                            : std::string(reinterpret_cast<const char*>(bytes), size);
  }

 private:
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

base::Result<json::object> object_of(const std::string& text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object()) return base::fail("store: a stored document isn't JSON");
  return std::move(value.get_object());
}

}  // namespace

class SqliteStore::Connection {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
    sqlite3_close(db_);
  }

  base::Result<void> open(const std::filesystem::path& file);
  [[nodiscard]] base::Error error(std::string_view doing) const {
    return {fmt::format("store: {}: {}", doing, sqlite3_errmsg(db_))};
  }
  base::Result<void> run(const char* sql) {
    if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
      return tl::unexpected(error("running SQL"));
    }
    return {};
  }
  Statement prepare(const char* sql) {
    sqlite3_stmt*& statement = statements_[sql];
    if (statement == nullptr) {
      sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    }
    return Statement(statement);
  }
  base::Result<void> put(const Put&);
  base::Result<void> append(Event&);
  base::Result<void> write_all(const Write&, std::vector<Event>& numbered);

 private:
  base::Result<void> migrate();

  sqlite3* db_ = nullptr;
  std::map<std::string_view, sqlite3_stmt*> statements_;  // keys are literals
};

base::Result<void> SqliteStore::Connection::open(const std::filesystem::path& file) {
  // Made before SQLite does, for the mode: the journal files inherit it.
  const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return base::fail(fmt::format("store: can't open or make {}", file.string()));
  ::close(fd);
  if (sqlite3_open_v2(file.c_str(), &db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr) !=
      SQLITE_OK) {
    return base::fail(fmt::format("store: can't open {}", file.string()));
  }
  sqlite3_extended_result_codes(db_, 1);
  sqlite3_busy_timeout(db_, 5000);
  if (auto done = run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;");
      !done) {
    return done;
  }
  return migrate();
}

base::Result<void> SqliteStore::Connection::migrate() {
  std::int64_t version = 0;
  {
    Statement statement = prepare("PRAGMA user_version");
    if (!statement.ok() || statement.step() != SQLITE_ROW) {
      return tl::unexpected(error("reading the schema version"));
    }
    version = statement.number(0);
  }
  constexpr auto kNewest = static_cast<std::int64_t>(kMigrations.size());
  if (version > kNewest) {
    return base::fail(
        fmt::format("store: the file has schema {}, this program knows {}: use the newer program",
                    version, kNewest));
  }
  for (; version < kNewest; ++version) {
    const std::string sql =
        fmt::format("BEGIN IMMEDIATE; {} PRAGMA user_version = {}; COMMIT;",
                    kMigrations[static_cast<std::size_t>(version)], version + 1);
    if (auto done = run(sql.c_str()); !done) {
      (void)run("ROLLBACK");
      return done;
    }
  }
  return {};
}

base::Result<void> SqliteStore::Connection::put(const Put& put) {
  std::int64_t version = 0;
  {
    Statement read =
        prepare("SELECT version FROM documents WHERE collection=? AND scope=? AND id=?");
    if (!read.ok()) return tl::unexpected(error("reading a version"));
    read.bind(name_of(put.key.collection)).bind(put.key.scope).bind(put.key.id);
    const int result = read.step();
    if (result == SQLITE_ROW) {
      version = read.number(0);
    } else if (result != SQLITE_DONE) {
      return tl::unexpected(error("reading a version"));
    }
  }
  if (put.expected_version && *put.expected_version != version) {
    return base::fail("store: " + put.key.id + " was written by somebody else");
  }
  Statement write = prepare("INSERT OR REPLACE INTO documents VALUES (?,?,?,?,?)");
  if (!write.ok()) return tl::unexpected(error("writing a document"));
  write.bind(name_of(put.key.collection)).bind(put.key.scope).bind(put.key.id).bind(version + 1);
  if (write.bind(json::serialize(put.body)).step() != SQLITE_DONE) {
    return tl::unexpected(error("writing a document"));
  }
  return {};
}

base::Result<void> SqliteStore::Connection::append(Event& event) {
  Statement write = prepare(
      "INSERT INTO events SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5 FROM events "
      "WHERE show_id = ?1 RETURNING number");
  if (!write.ok()) return tl::unexpected(error("appending an event"));
  write.bind(event.show_id).bind(event.at.unix_ms()).bind(event.kind).bind(event.actor);
  if (write.bind(json::serialize(event.data)).step() != SQLITE_ROW) {
    return tl::unexpected(error("appending an event"));
  }
  event.number = static_cast<std::uint64_t>(write.number(0));
  return {};
}

base::Result<void> SqliteStore::Connection::write_all(const Write& write,
                                                      std::vector<Event>& numbered) {
  for (const Put& document : write.puts) {
    if (auto done = put(document); !done) return done;
  }
  for (const Key& key : write.removes) {
    Statement remove = prepare("DELETE FROM documents WHERE collection=? AND scope=? AND id=?");
    if (!remove.ok() ||
        remove.bind(name_of(key.collection)).bind(key.scope).bind(key.id).step() != SQLITE_DONE) {
      return tl::unexpected(error("removing a document"));
    }
  }
  for (Event event : write.events) {
    if (auto done = append(event); !done) return done;
    numbered.push_back(std::move(event));
  }
  if (write.answer) {
    const Answer& answer = *write.answer;
    Statement remember = prepare("INSERT INTO answers VALUES (?,?,?,?,?)");
    if (!remember.ok()) return tl::unexpected(error("remembering an answer"));
    remember.bind(answer.key).bind(answer.request_digest).bind(std::int64_t{answer.status});
    if (remember.bind(answer.body).bind(answer.at.unix_ms()).step() != SQLITE_DONE) {
      return tl::unexpected(error("remembering an answer"));
    }
  }
  return {};
}

base::Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::filesystem::path& file) {
  auto connection = std::make_unique<Connection>();
  if (auto opened = connection->open(file); !opened) return tl::unexpected(opened.error());
  return std::unique_ptr<SqliteStore>(new SqliteStore(std::move(connection)));
}

SqliteStore::SqliteStore(std::unique_ptr<Connection> connection)
    : connection_(std::move(connection)) {}
SqliteStore::~SqliteStore() = default;

base::Result<std::optional<Document>> SqliteStore::get(const Key& key) {
  Statement read = connection_->prepare(
      "SELECT version, body FROM documents WHERE collection=? AND scope=? AND id=?");
  if (!read.ok()) return tl::unexpected(connection_->error("reading a document"));
  const int result = read.bind(name_of(key.collection)).bind(key.scope).bind(key.id).step();
  if (result == SQLITE_DONE) return std::nullopt;
  if (result != SQLITE_ROW) return tl::unexpected(connection_->error("reading a document"));
  auto body = object_of(read.text(1));
  if (!body) return tl::unexpected(body.error());
  return Document{key, read.number(0), std::move(*body)};
}

base::Result<std::vector<Document>> SqliteStore::list(Collection collection,
                                                      const std::string& scope) {
  Statement read = connection_->prepare(
      "SELECT id, version, body FROM documents WHERE collection=? AND scope=? ORDER BY id");
  if (!read.ok()) return tl::unexpected(connection_->error("listing documents"));
  read.bind(name_of(collection)).bind(scope);
  std::vector<Document> found;
  int result = SQLITE_ROW;
  while ((result = read.step()) == SQLITE_ROW) {
    auto body = object_of(read.text(2));
    if (!body) return tl::unexpected(body.error());
    found.push_back({{collection, scope, read.text(0)}, read.number(1), std::move(*body)});
  }
  if (result != SQLITE_DONE) return tl::unexpected(connection_->error("listing documents"));
  return found;
}

base::Result<std::vector<Event>> SqliteStore::commit(const Write& write) {
  if (auto begun = connection_->run("BEGIN IMMEDIATE"); !begun) {
    return tl::unexpected(begun.error());
  }
  std::vector<Event> numbered;
  auto done = connection_->write_all(write, numbered);
  if (done) done = connection_->run("COMMIT");
  if (!done) {
    (void)connection_->run("ROLLBACK");
    return tl::unexpected(done.error());
  }
  return numbered;
}

base::Result<std::vector<Event>> SqliteStore::events(const std::string& show_id,
                                                     std::uint64_t after, std::size_t limit) {
  Statement read = connection_->prepare(
      "SELECT number, at_unix_ms, kind, actor, data FROM events WHERE show_id=? AND number>? "
      "ORDER BY number LIMIT ?");
  if (!read.ok()) return tl::unexpected(connection_->error("reading events"));
  const auto clamp = [](std::uint64_t n) {
    return n > INT64_MAX ? INT64_MAX : static_cast<std::int64_t>(n);
  };
  read.bind(show_id).bind(clamp(after)).bind(clamp(limit));
  std::vector<Event> found;
  int result = SQLITE_ROW;
  while ((result = read.step()) == SQLITE_ROW) {
    auto data = object_of(read.text(4));
    if (!data) return tl::unexpected(data.error());
    found.push_back({show_id, static_cast<std::uint64_t>(read.number(0)),
                     base::WallTime::from_unix_ms(read.number(1)), read.text(2), read.text(3),
                     std::move(*data)});
  }
  if (result != SQLITE_DONE) return tl::unexpected(connection_->error("reading events"));
  return found;
}

base::Result<std::uint64_t> SqliteStore::last_event(const std::string& show_id) {
  Statement read =
      connection_->prepare("SELECT coalesce(max(number), 0) FROM events WHERE show_id=?");
  if (!read.ok() || read.bind(show_id).step() != SQLITE_ROW) {
    return tl::unexpected(connection_->error("reading the last event"));
  }
  return static_cast<std::uint64_t>(read.number(0));
}

base::Result<std::optional<Answer>> SqliteStore::answer(const std::string& key) {
  Statement read = connection_->prepare(
      "SELECT request_digest, status, body, at_unix_ms FROM answers WHERE key=?");
  if (!read.ok()) return tl::unexpected(connection_->error("reading an answer"));
  const int result = read.bind(key).step();
  if (result == SQLITE_DONE) return std::nullopt;
  if (result != SQLITE_ROW) return tl::unexpected(connection_->error("reading an answer"));
  return Answer{key, read.text(0), static_cast<int>(read.number(1)), read.text(2),
                base::WallTime::from_unix_ms(read.number(3))};
}

base::Result<void> SqliteStore::forget_answers(base::WallTime before) {
  Statement remove = connection_->prepare("DELETE FROM answers WHERE at_unix_ms < ?");
  if (!remove.ok() || remove.bind(before.unix_ms()).step() != SQLITE_DONE) {
    return tl::unexpected(connection_->error("forgetting answers"));
  }
  return {};
}

}  // namespace shelcaster::store
