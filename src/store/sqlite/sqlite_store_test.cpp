#include "store/sqlite/sqlite_store.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>

#include "store/memory_store.hpp"

namespace shelcaster::store {
namespace {

namespace fs = std::filesystem;

class TempDir {
 public:
  TempDir() {
    std::string name = (fs::temp_directory_path() / "shelcaster-store-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TempDir() { fs::remove_all(path_); }
  [[nodiscard]] fs::path file() const { return path_ / "shelcaster.db"; }

 private:
  fs::path path_;
};

Key show_key(const std::string& id) { return {Collection::kShows, "", id}; }
Event event_of(const std::string& show, const std::string& kind) {
  return {show, 0, base::WallTime::from_unix_ms(5), kind, "admin", {{"n", 1}}};
}

// What every store must do, asked of both that there are.
class StoreContract : public testing::TestWithParam<bool> {
 protected:
  StoreContract() {
    if (GetParam()) {
      auto opened = SqliteStore::open(dir_.file());
      if (!opened) std::abort();
      store_ = std::move(*opened);
    } else {
      store_ = std::make_unique<MemoryStore>();
    }
  }
  TempDir dir_;
  std::unique_ptr<Store> store_;
};

TEST_P(StoreContract, GivesBackDocumentsWithVersionsInOrderOfId) {
  EXPECT_FALSE(store_->get(show_key("a"))->has_value());
  ASSERT_TRUE(store_->commit(
      {{{show_key("b"), {{"x", 1}}, {}}, {show_key("a"), {{"x", 2}}, {}}}, {}, {}, {}}));
  ASSERT_TRUE(store_->commit({{{show_key("a"), {{"x", 3}}, {}}}, {}, {}, {}}));
  const auto a = *store_->get(show_key("a"));
  EXPECT_EQ(a->version, 2);
  EXPECT_EQ(a->body.at("x"), 3);
  const auto all = *store_->list(Collection::kShows, "");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].key.id, "a");
  EXPECT_TRUE(store_->list(Collection::kShows, "other")->empty());
}

TEST_P(StoreContract, WritesNothingWhenOnePartOfAWriteIsRefused) {
  ASSERT_TRUE(store_->commit({{{show_key("a"), {{"x", 1}}, 0}}, {}, {}, {}}));
  Write write;
  write.puts = {{show_key("b"), {}, {}}, {show_key("a"), {{"x", 9}}, 7}};
  write.events = {event_of("show", "changed")};
  EXPECT_FALSE(store_->commit(write).has_value());
  EXPECT_FALSE(store_->get(show_key("b"))->has_value());
  EXPECT_EQ((*store_->get(show_key("a")))->body.at("x"), 1);
  EXPECT_EQ(*store_->last_event("show"), 0U);
}

TEST_P(StoreContract, NumbersEventsPerShowWithoutGaps) {
  for (int i = 0; i < 3; ++i) {
    Write write;
    write.events = {event_of("a", "one"), event_of("b", "two"), event_of("a", "three")};
    const auto numbered = store_->commit(write);
    ASSERT_TRUE(numbered.has_value());
    EXPECT_EQ((*numbered)[2].number, static_cast<std::uint64_t>(2 * i + 2));
  }
  const auto tail = *store_->events("a", 4, 100);
  ASSERT_EQ(tail.size(), 2U);
  EXPECT_EQ(tail[0].number, 5U);
  EXPECT_EQ(tail[1].kind, "three");
  EXPECT_EQ(*store_->last_event("b"), 3U);
  EXPECT_EQ(store_->events("a", 0, 2)->size(), 2U);
  EXPECT_TRUE(store_->events("a", UINT64_MAX, 2)->empty());
}

TEST_P(StoreContract, RemembersAnAnswerOnceAndForgetsItByAge) {
  Write write;
  write.answer = Answer{"key", "digest", 201, "{}", base::WallTime::from_unix_ms(1000)};
  ASSERT_TRUE(store_->commit(write));
  EXPECT_FALSE(store_->commit(write).has_value());
  EXPECT_EQ((*store_->answer("key"))->status, 201);
  ASSERT_TRUE(store_->forget_answers(base::WallTime::from_unix_ms(1001)));
  EXPECT_FALSE(store_->answer("key")->has_value());
}

INSTANTIATE_TEST_SUITE_P(Stores, StoreContract, testing::Bool(), [](const auto& param_info) {
  return param_info.param ? "Sqlite" : "Memory";
});

TEST(SqliteStore, KeepsEverythingAcrossAReopenInAPrivateFile) {
  const TempDir dir;
  {
    auto store = *SqliteStore::open(dir.file());
    ASSERT_TRUE(store->commit(
        {{{show_key("a"), {{"title", "Früh\u00fck"}}, {}}}, {}, {event_of("a", "made")}, {}}));
  }
  struct stat info {};
  ASSERT_EQ(::stat(dir.file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  auto store = *SqliteStore::open(dir.file());
  EXPECT_EQ((*store->get(show_key("a")))->body.at("title"), "Früh\u00fck");
  EXPECT_EQ(*store->last_event("a"), 1U);
}

TEST(SqliteStore, RefusesAFileOfANewerProgram) {
  const TempDir dir;
  (void)*SqliteStore::open(dir.file());
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(dir.file().c_str(), &db), SQLITE_OK);
  sqlite3_exec(db, "PRAGMA user_version = 999", nullptr, nullptr, nullptr);
  sqlite3_close(db);
  const auto refused = SqliteStore::open(dir.file());
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("schema 999"), std::string::npos);
}

TEST(SqliteStore, NeverChangesTheEventLog) {
  const TempDir dir;
  auto store = *SqliteStore::open(dir.file());
  ASSERT_TRUE(store->commit({{}, {}, {event_of("a", "made")}, {}}));
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(dir.file().c_str(), &db), SQLITE_OK);
  EXPECT_NE(sqlite3_exec(db, "DELETE FROM events", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_NE(sqlite3_exec(db, "UPDATE events SET kind='x'", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
}

// The child acknowledges each commit over a pipe, as the API does over HTTP; then it is killed.
TEST(SqliteStore, KilledMidWriteKeepsEveryAcknowledgedCommandOnce) {
  const TempDir dir;
  std::int64_t acknowledged_before = 0;
  for (int round = 0; round < 5; ++round) {
    int pipe_fds[2];
    ASSERT_EQ(::pipe(pipe_fds), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(pipe_fds[0]);
      auto store = SqliteStore::open(dir.file());
      if (!store) ::_exit(1);
      for (std::int64_t n = acknowledged_before + 1;; ++n) {
        Write write;
        write.puts = {{show_key("counter"), {{"n", n}}, {}}};
        write.events = {event_of("show", "counted")};
        write.answer = Answer{fmt::format("{}-{}", round, n), "", 200, "", base::WallTime()};
        if (!(*store)->commit(write)) ::_exit(2);
        if (::write(pipe_fds[1], "a", 1) != 1) ::_exit(3);
      }
    }
    ::close(pipe_fds[1]);
    std::int64_t acknowledged = acknowledged_before;
    char byte = 0;
    while (acknowledged < acknowledged_before + 40 && ::read(pipe_fds[0], &byte, 1) == 1) {
      ++acknowledged;
    }
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself, code " << WEXITSTATUS(status);
    while (::read(pipe_fds[0], &byte, 1) == 1) ++acknowledged;
    ::close(pipe_fds[0]);

    auto store = *SqliteStore::open(dir.file());
    const std::int64_t kept = (*store->get(show_key("counter")))->body.at("n").as_int64();
    EXPECT_GE(kept, acknowledged);
    EXPECT_LE(kept, acknowledged + 1) << "at most the one that was not acknowledged yet";
    EXPECT_EQ(static_cast<std::int64_t>(*store->last_event("show")), kept);
    acknowledged_before = kept;
  }
}

}  // namespace
}  // namespace shelcaster::store
