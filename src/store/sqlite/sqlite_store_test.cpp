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
#include <memory>
#include <string>

#include "store/patient_store.hpp"
#include "store/store_contract_for_tests.hpp"

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

class SqliteUnderTest : public StoreUnderTest {
 public:
  SqliteUnderTest() { SqliteUnderTest::reopen(); }
  Store& store() override { return *store_; }
  bool reopen() override {
    store_.reset();
    auto opened = SqliteStore::open(dir_.file());
    if (!opened) std::abort();
    store_ = std::move(*opened);
    return true;
  }

 private:
  TempDir dir_;
  std::unique_ptr<SqliteStore> store_;
};

/// As `serve` has it.
class PatientSqliteUnderTest final : public StoreUnderTest {
 public:
  Store& store() override { return *store_; }
  bool reopen() override {
    store_.reset();
    (void)behind_.reopen();
    store_ = std::make_unique<PatientStore>(behind_.store());
    return true;
  }

 private:
  SqliteUnderTest behind_;
  std::unique_ptr<PatientStore> store_ = std::make_unique<PatientStore>(behind_.store());
};

INSTANTIATE_TEST_SUITE_P(
    Sqlite, StoreContract,
    testing::Values(StoreFactory{"Sqlite", [] { return std::make_unique<SqliteUnderTest>(); }},
                    StoreFactory{"PatientSqlite",
                                 [] { return std::make_unique<PatientSqliteUnderTest>(); }}),
    name_of_factory);

TEST(SqliteStore, MakesAPrivateFile) {
  const TempDir dir;
  (void)*SqliteStore::open(dir.file());
  struct stat info {};
  ASSERT_EQ(::stat(dir.file().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST(SqliteStore, SaysWhichDocumentCannotBeReadAndGivesTheOthers) {
  const TempDir dir;
  auto store = *SqliteStore::open(dir.file());
  ASSERT_TRUE(store->commit({{{show_key("a"), {{"x", 1}}, {}}, {show_key("b"), {{"x", 2}}, {}}},
                             {},
                             {event_of("a", "one"), event_of("a", "two")},
                             {}}));
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(dir.file().c_str(), &db), SQLITE_OK);
  ASSERT_EQ(
      sqlite3_exec(db, "UPDATE documents SET body = '{' WHERE id = 'a'", nullptr, nullptr, nullptr),
      SQLITE_OK);
  sqlite3_close(db);
  const auto all = *store->list(Collection::kShows, "");
  ASSERT_EQ(all.size(), 2U);
  EXPECT_FALSE(all[0].problem.empty());
  EXPECT_TRUE(all[1].problem.empty());
  EXPECT_EQ(all[1].body.at("x"), 2);
  EXPECT_FALSE((*store->get(show_key("a")))->problem.empty());
}

TEST(SqliteStore, RefusesToWriteToAFileThatWasRemovedOrReplaced) {
  const TempDir dir;
  auto store = *SqliteStore::open(dir.file());
  const Write write{{{show_key("a"), {{"x", 1}}, {}}}, {}, {}, {}};
  ASSERT_TRUE(store->commit(write));
  EXPECT_EQ(store->danger(), "");
  const fs::path aside = dir.file().string() + ".aside";
  fs::rename(dir.file(), aside);
  EXPECT_NE(store->danger().find("removed"), std::string::npos);
  const auto refused = store->commit(write);
  ASSERT_FALSE(refused.has_value()) << "nobody would find it again";
  EXPECT_NE(refused.error().message.find(dir.file().string()), std::string::npos);
  fs::copy_file(aside, dir.file());
  EXPECT_NE(store->danger().find("replaced"), std::string::npos);
  fs::rename(aside, dir.file());
  EXPECT_EQ(store->danger(), "");
  EXPECT_TRUE(store->commit(write));
  EXPECT_EQ((*store->get(show_key("a")))->version, 2);
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

TEST(SqliteStore, NeverChangesARowOfTheEventLog) {
  const TempDir dir;
  auto store = *SqliteStore::open(dir.file());
  ASSERT_TRUE(store->commit({{}, {}, {event_of("a", "made")}, {}}));
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(dir.file().c_str(), &db), SQLITE_OK);
  EXPECT_NE(sqlite3_exec(db, "UPDATE events SET kind='x'", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(db);
}

TEST(SqliteStore, BoundsALogByWhatItsRowsTakeInTheFile) {
  const TempDir dir;
  auto store = *SqliteStore::open(dir.file());
  constexpr std::int64_t kLogBytes = std::int64_t{256} * 1024;
  const std::string show = "show-0123456789ab";
  for (int step = 0; step < 300; ++step) {
    Write write;
    for (int i = 0; i < 50; ++i) {
      write.events.push_back(event_of(show, "participant_left"));
      write.events.back().actor = "part-0123456789ab";
      write.events.back().data = {{"participantId", "part-0123456789ab"}, {"reason", "leave"}};
    }
    ASSERT_TRUE(store->commit(write));
    while (*store->tidy({.events_before = base::WallTime(),
                         .event_bytes_max = kLogBytes,
                         .answers_before = base::WallTime()})) {
    }
  }
  EXPECT_GT(store->event_range(show)->last - store->event_range(show)->oldest, 400U);
  store.reset();  // what stands in the journal goes to the file
  EXPECT_LT(fs::file_size(dir.file()), 2 * static_cast<std::uintmax_t>(kLogBytes));
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
    EXPECT_EQ(static_cast<std::int64_t>(store->event_range("show")->last), kept);
    acknowledged_before = kept;
  }
}

}  // namespace
}  // namespace shelcaster::store
