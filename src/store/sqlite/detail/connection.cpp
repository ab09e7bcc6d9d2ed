#include "store/sqlite/detail/connection.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/detail/schema.hpp"

namespace shelcaster::store::detail {

namespace json = boost::json;

base::Result<json::object> object_of(const std::string& text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (error || !value.is_object()) return base::fail("it isn't a JSON object");
  return std::move(value.get_object());
}

Connection::~Connection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

base::Error Connection::error(std::string_view doing) const {
  return {fmt::format("store: {}: {}", doing, sqlite3_errmsg(db_))};
}

base::Result<void> Connection::run(const char* sql) {
  if (sqlite3_exec(db_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return tl::unexpected(error("running SQL"));
  }
  return {};
}

Statement Connection::prepare(const char* sql) {
  sqlite3_stmt*& statement = statements_[sql];
  if (statement == nullptr) {
    sqlite3_prepare_v3(db_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  }
  return Statement(statement);
}

base::Result<void> Connection::open(const std::filesystem::path& file) {
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
  // What is deleted is overwritten where that costs no more writing: a name that was erased must
  // not stand in a page that is in use.
  if (auto done = run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
                      "PRAGMA secure_delete=FAST;");
      !done) {
    return done;
  }
  if (auto done = migrate(); !done) return done;
  for (const char* suffix : {"", "-wal"}) {
    std::filesystem::path path = file;
    path += suffix;
    if (const Identity identity = identity_of(path); identity != Identity()) {
      files_.emplace_back(std::move(path), identity);
    }
  }
  return {};
}

base::Result<void> Connection::migrate() {
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

Connection::Identity Connection::identity_of(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {};
  return {info.st_dev, info.st_ino};
}

std::string Connection::danger() const {
  for (const auto& [path, identity] : files_) {
    const Identity now = identity_of(path);
    if (now == identity) continue;
    return fmt::format(
        "{} was {} while the server uses it: put the file back, or stop the server and start it "
        "with the file that is wanted",
        path.string(), now == Identity() ? "removed" : "replaced");
  }
  return {};
}

}  // namespace shelcaster::store::detail
