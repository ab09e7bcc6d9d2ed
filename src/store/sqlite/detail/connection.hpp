#pragma once

#include <sqlite3.h>

#include <boost/json.hpp>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace shelcaster::store::detail {

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

/// One open database file.
class Connection {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// Makes the file or brings its schema up to this program's.
  base::Result<void> open(const std::filesystem::path& file);
  [[nodiscard]] base::Error error(std::string_view doing) const;
  base::Result<void> run(const char* sql);
  /// `sql` is a literal.
  Statement prepare(const char* sql);
  /// Rows that the last statement changed.
  [[nodiscard]] std::int64_t changes() const { return sqlite3_changes64(db_); }
  /// Everything that `work` does lands, or nothing.
  template <typename Work>
  base::Result<void> transaction(Work work) {
    if (auto begun = run("BEGIN IMMEDIATE"); !begun) return begun;
    base::Result<void> done = work();
    if (done) done = run("COMMIT");
    if (!done) (void)run("ROLLBACK");
    return done;
  }
  /// Why what is written here will be lost, for a person: the file's name leads to another file, or
  /// to none. Empty: it won't.
  [[nodiscard]] std::string danger() const;

 private:
  struct Identity {
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    bool operator==(const Identity&) const = default;
  };
  static Identity identity_of(const std::filesystem::path&);
  base::Result<void> migrate();

  sqlite3* db_ = nullptr;
  std::map<std::string_view, sqlite3_stmt*> statements_;
  std::vector<std::pair<std::filesystem::path, Identity>> files_;  // as they were when opened
};

base::Result<boost::json::object> object_of(const std::string& text);

}  // namespace shelcaster::store::detail
