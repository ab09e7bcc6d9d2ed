#include "store/sqlite/sqlite_store.hpp"

#include <utility>

#include "store/sqlite/detail/connection.hpp"
#include "store/sqlite/detail/event_log.hpp"

namespace shelcaster::store {

namespace json = boost::json;
using detail::Connection;
using detail::Statement;

namespace {

Document document_of(Key key, std::int64_t version, const std::string& text) {
  auto body = detail::object_of(text);
  if (!body) return {std::move(key), version, {}, body.error().message};
  return {std::move(key), version, std::move(*body)};
}

/// 0: it isn't there. An error when it isn't the one that is expected.
base::Result<std::int64_t> read_version(Connection& db, const Key& key,
                                        const std::optional<std::int64_t>& expected) {
  Statement read =
      db.prepare("SELECT version FROM documents WHERE collection=? AND scope=? AND id=?");
  if (!read.ok()) return tl::unexpected(db.error("reading a version"));
  const int result = read.bind(name_of(key.collection)).bind(key.scope).bind(key.id).step();
  if (result != SQLITE_ROW && result != SQLITE_DONE) {
    return tl::unexpected(db.error("reading a version"));
  }
  const std::int64_t version = result == SQLITE_ROW ? read.number(0) : 0;
  if (expected.value_or(version) != version) return tl::unexpected(conflict(key.id));
  return version;
}

base::Result<void> write_document(Connection& db, const Put& put) {
  const auto version = read_version(db, put.key, put.expected_version);
  if (!version) return tl::unexpected(version.error());
  Statement write = db.prepare("INSERT OR REPLACE INTO documents VALUES (?,?,?,?,?)");
  if (!write.ok()) return tl::unexpected(db.error("writing a document"));
  write.bind(name_of(put.key.collection)).bind(put.key.scope).bind(put.key.id).bind(*version + 1);
  if (write.bind(json::serialize(put.body)).step() != SQLITE_DONE) {
    return tl::unexpected(db.error("writing a document"));
  }
  return {};
}

base::Result<void> remove_document(Connection& db, const Remove& what) {
  const Key& key = what.key;
  if (what.expected_version) {
    const auto version = read_version(db, key, what.expected_version);
    if (!version) return tl::unexpected(version.error());
  }
  Statement remove = db.prepare("DELETE FROM documents WHERE collection=? AND scope=? AND id=?");
  if (!remove.ok() ||
      remove.bind(name_of(key.collection)).bind(key.scope).bind(key.id).step() != SQLITE_DONE) {
    return tl::unexpected(db.error("removing a document"));
  }
  return {};
}

/// Their oldest answers, beyond so many.
base::Result<void> forget_oldest(Connection& db, const Answer& newest) {
  if (newest.of_holder_max == 0) return {};
  Statement forget = db.prepare(
      "DELETE FROM answers WHERE key IN (SELECT key FROM answers WHERE holder = ?1 AND key <> ?2 "
      "ORDER BY at_unix_ms DESC LIMIT 100 OFFSET ?3)");
  if (!forget.ok()) return tl::unexpected(db.error("forgetting answers"));
  forget.bind(newest.holder).bind(newest.key);
  if (forget.bind(static_cast<std::int64_t>(newest.of_holder_max - 1)).step() != SQLITE_DONE) {
    return tl::unexpected(db.error("forgetting answers"));
  }
  return {};
}

base::Result<void> remember(Connection& db, const Answer& answer) {
  Statement write = db.prepare("INSERT INTO answers VALUES (?,?,?,?,?,?,?)");
  if (!write.ok()) return tl::unexpected(db.error("remembering an answer"));
  write.bind(answer.key).bind(answer.request_digest).bind(std::int64_t{answer.status});
  write.bind(answer.body).bind(answer.at.unix_ms()).bind(answer.show_id).bind(answer.holder);
  const int result = write.step();
  constexpr int kPrimaryCode = 0xff;  // the rest says which constraint
  if ((result & kPrimaryCode) == SQLITE_CONSTRAINT) {
    return tl::unexpected(conflict("the answer to this idempotency key"));
  }
  if (result != SQLITE_DONE) return tl::unexpected(db.error("remembering an answer"));
  return forget_oldest(db, answer);
}

base::Result<void> write_all(Connection& db, const Write& write, std::vector<Event>& numbered) {
  for (const Put& put : write.puts) {
    if (auto done = write_document(db, put); !done) return done;
  }
  for (const Remove& remove : write.removes) {
    if (auto done = remove_document(db, remove); !done) return done;
  }
  for (Event event : write.events) {
    if (auto done = detail::append(db, event); !done) return done;
    numbered.push_back(std::move(event));
  }
  for (const std::string& show : write.ended_shows) {
    if (auto done = detail::end_show(db, show); !done) return done;
  }
  if (write.answer) return remember(db, *write.answer);
  return {};
}

}  // namespace

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
  return document_of(key, read.number(0), read.text(1));
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
    found.push_back(document_of({collection, scope, read.text(0)}, read.number(1), read.text(2)));
  }
  if (result != SQLITE_DONE) return tl::unexpected(connection_->error("listing documents"));
  return found;
}

base::Result<std::vector<Document>> SqliteStore::page(Collection collection,
                                                      const std::string& scope,
                                                      const std::string& after, std::size_t limit) {
  Statement read = connection_->prepare(
      "SELECT id, version, body FROM documents WHERE collection=? AND scope=? AND id>? ORDER BY id "
      "LIMIT ?");
  if (!read.ok()) return tl::unexpected(connection_->error("listing documents"));
  read.bind(name_of(collection)).bind(scope).bind(after).bind(static_cast<std::int64_t>(limit));
  std::vector<Document> found;
  int result = SQLITE_ROW;
  while ((result = read.step()) == SQLITE_ROW) {
    found.push_back(document_of({collection, scope, read.text(0)}, read.number(1), read.text(2)));
  }
  if (result != SQLITE_DONE) return tl::unexpected(connection_->error("listing documents"));
  return found;
}

base::Result<std::vector<Version>> SqliteStore::versions(Collection collection,
                                                         const std::string& scope) {
  Statement read = connection_->prepare(
      "SELECT id, version FROM documents INDEXED BY documents_by_version "
      "WHERE collection=? AND scope=? ORDER BY id");
  if (!read.ok()) return tl::unexpected(connection_->error("listing versions"));
  read.bind(name_of(collection)).bind(scope);
  std::vector<Version> found;
  int result = SQLITE_ROW;
  while ((result = read.step()) == SQLITE_ROW) found.push_back({read.text(0), read.number(1)});
  if (result != SQLITE_DONE) return tl::unexpected(connection_->error("listing versions"));
  return found;
}

base::Result<std::size_t> SqliteStore::count(Collection collection, const std::string& scope) {
  Statement read = connection_->prepare(
      "SELECT count(*) FROM documents INDEXED BY documents_by_version "
      "WHERE collection=? AND scope=?");
  if (!read.ok() || read.bind(name_of(collection)).bind(scope).step() != SQLITE_ROW) {
    return tl::unexpected(connection_->error("counting documents"));
  }
  return static_cast<std::size_t>(read.number(0));
}

base::Result<std::vector<Event>> SqliteStore::commit(const Write& write) {
  if (auto checked = check_write(write); !checked) return tl::unexpected(checked.error());
  // What is written to a file that nobody can open again is not kept.
  if (std::string lost = danger(); !lost.empty()) return base::fail(std::move(lost));
  std::vector<Event> numbered;
  auto done = connection_->transaction([&] { return write_all(*connection_, write, numbered); });
  if (!done) return tl::unexpected(done.error());
  return numbered;
}

base::Result<EventPage> SqliteStore::events(const EventQuery& query) {
  return detail::read_events(*connection_, query);
}

base::Result<EventRange> SqliteStore::event_range(const std::string& show_id) {
  return detail::read_range(*connection_, show_id);
}

base::Result<std::optional<Answer>> SqliteStore::answer(const std::string& key) {
  Statement read = connection_->prepare(
      "SELECT request_digest, status, body, at_unix_ms, show_id FROM answers WHERE key=?");
  if (!read.ok()) return tl::unexpected(connection_->error("reading an answer"));
  const int result = read.bind(key).step();
  if (result == SQLITE_DONE) return std::nullopt;
  if (result != SQLITE_ROW) return tl::unexpected(connection_->error("reading an answer"));
  return Answer{key,
                read.text(0),
                static_cast<int>(read.number(1)),
                read.text(2),
                base::WallTime::from_unix_ms(read.number(3)),
                read.text(4)};
}

base::Result<bool> SqliteStore::tidy(const Retention& retention) {
  return detail::tidy(*connection_, retention);
}

std::string SqliteStore::danger() const { return connection_->danger(); }

}  // namespace shelcaster::store
