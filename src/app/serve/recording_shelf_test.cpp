#include "app/serve/recording_shelf.hpp"

#include <dirent.h>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "base/slot_file.hpp"
#include "output/recording/recording_lock.hpp"
#include "output/recording/recording_state.hpp"

namespace {
/// Entries of folders that can still be read, then the disk fails; -1: it doesn't.
int entries_left = -1;
}  // namespace

/// In the place of libc's, for the standard library too.
extern "C" dirent* readdir(DIR* folder) {
  static const auto real = reinterpret_cast<dirent* (*)(DIR*)>(::dlsym(RTLD_NEXT, "readdir"));
  if (entries_left == 0) {
    errno = EIO;
    return nullptr;
  }
  if (entries_left > 0) --entries_left;
  return real(folder);
}

namespace shelcaster::app {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using output::RecordingState;
using studio::ShowId;

constexpr std::int64_t kDayMs = std::int64_t{24} * 3'600 * 1'000;

class RecordingShelfTest : public testing::Test {
 protected:
  RecordingShelfTest() {
    std::string pattern = (fs::temp_directory_path() / "shelf-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
  }
  ~RecordingShelfTest() override {
    entries_left = -1;
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  /// An hour, that began so long ago.
  std::string make(const std::string& show, std::int64_t age_ms, std::size_t bytes,
                   bool is_ended = true) {
    RecordingState state;
    state.start_unix_ms = wall().unix_ms() - age_ms;
    state.aac_next = base::SampleTime(3'600 * base::kSampleRate);
    state.is_ended = is_ended;
    const std::string id = output::recording_id(state.start_unix_ms);
    const fs::path folder = folder_ / show / id;
    fs::create_directories(folder);
    base::SlotFile file(folder / output::kRecordingState,
                        {.slot_bytes = output::kRecordingStateBytesMax + 1'024});
    EXPECT_TRUE(file.write(output::write_recording_state(state)));
    std::ofstream(folder / output::kRecordingAac) << std::string(bytes, 'a');
    return id;
  }
  RecordingShelf shelf(std::uint64_t bytes_max = UINT64_MAX) {
    return {folder_, {.days_max = 30, .bytes_max = bytes_max}};
  }
  /// Today, since files get their times from the machine.
  [[nodiscard]] base::WallTime wall() const { return base::WallTime::from_unix_ms(now_ms_); }
  [[nodiscard]] RecordingShelf::Moment moment() const {
    return {base::Instant() + std::chrono::milliseconds(now_ms_), wall()};
  }
  [[nodiscard]] control::RecordingPage page(RecordingShelf& shelf, const char* show) const {
    return shelf.list(ShowId(show), {.before = {}, .limit = 2'000}, wall());
  }
  [[nodiscard]] std::vector<control::Recording> list(RecordingShelf& shelf,
                                                     const char* show) const {
    return page(shelf, show).recordings;
  }
  /// The reasons, in that order, of what went until nothing was due.
  std::vector<control::RecordingEnd> tidy(RecordingShelf& shelf) {
    std::vector<control::RecordingEnd> reasons;
    for (int i = 0; i < 20; ++i) {
      const auto tidied = shelf.tidy(moment());
      if (tidied.removed) reasons.push_back(tidied.removed->why);
    }
    return reasons;
  }
  /// As if the recorder of it had written last so long ago.
  void leave_alone(const std::string& show, const std::string& id, std::chrono::seconds ago) {
    const auto then = fs::file_time_type::clock::now() - ago;
    fs::last_write_time(folder_ / show / id / output::kRecordingState, then);
    fs::last_write_time(folder_ / show / id, then);
  }

  std::int64_t now_ms_ = std::chrono::system_clock::now().time_since_epoch() / 1ms;
  fs::path folder_;
};

TEST_F(RecordingShelfTest, ListsTheNewestFirst) {
  const std::string old = make("show-1", 2 * kDayMs, 10);
  const std::string young = make("show-1", kDayMs, 20, false);
  make("show-2", kDayMs, 30);
  fs::create_directories(folder_ / "show-1" / "rec-nothing");
  fs::create_directories(folder_ / "show-1" / "rec-5");
  RecordingShelf shelf = this->shelf();
  const auto list = this->list(shelf, "show-1");
  ASSERT_EQ(list.size(), 2U) << "one without a state is none";
  EXPECT_EQ(list[0].id, young);
  EXPECT_TRUE(list[0].is_open);
  EXPECT_EQ(list[1].id, old);
  EXPECT_EQ(list[1].duration_ms, 3'600'000);
  EXPECT_EQ(list[1].files, (std::map<std::string, std::int64_t>{{"programme.aac", 10}}));
}

TEST_F(RecordingShelfTest, ListsAPageAndSaysWhatTheShowHasOfWhatItMay) {
  std::vector<std::string> ids;
  for (std::int64_t day = 1; day < 6; ++day) {
    ids.push_back(make("show-1", day * kDayMs, 100, day != 1));
  }
  RecordingShelf shelf = this->shelf(4'000);
  const auto first = shelf.list(ShowId("show-1"), {.before = {}, .limit = 2}, wall());
  ASSERT_EQ(first.recordings.size(), 2U);
  EXPECT_TRUE(first.has_more);
  EXPECT_EQ(first.closed_bytes, 400U) << "the one that is being written doesn't count";
  EXPECT_EQ(first.closed_bytes_max, 1'000U) << "a quarter of all";
  EXPECT_EQ(first.next_to_go, ids[4]);
  const auto last = shelf.list(ShowId("show-1"),
                               {.before = first.recordings.back().started_at, .limit = 3}, wall());
  ASSERT_EQ(last.recordings.size(), 3U);
  EXPECT_EQ(last.recordings.front().id, ids[2]);
  EXPECT_FALSE(last.has_more);
  EXPECT_EQ(last.closed_bytes, 400U);
}

TEST_F(RecordingShelfTest, ReadsAgainOnlyWhatHasChanged) {
  const std::string old = make("show-1", 2 * kDayMs, 10);
  const std::string newest = make("show-1", kDayMs, 20, false);
  leave_alone("show-1", old, 60s);
  RecordingShelf shelf = this->shelf();
  ASSERT_EQ(list(shelf, "show-1").size(), 2U);
  // Behind the shelf's back, and without a trace in their folders.
  std::ofstream(folder_ / "show-1" / old / output::kRecordingAac, std::ios::app) << "more";
  std::ofstream(folder_ / "show-1" / newest / output::kRecordingAac, std::ios::app) << "more";
  const auto again = list(shelf, "show-1");
  EXPECT_EQ(again[0].bytes, 24) << "the newest grows";
  EXPECT_EQ(again[1].bytes, 10) << "it has ended, and isn't read again";
  fs::remove(folder_ / "show-1" / old / output::kRecordingAac);
  EXPECT_EQ(list(shelf, "show-1")[1].bytes, 0) << "somebody has removed a file of it";
}

TEST_F(RecordingShelfTest, FindsNothingElsewhere) {
  const std::string id = make("show-1", kDayMs, 10);
  RecordingShelf shelf = this->shelf();
  EXPECT_TRUE(shelf.find(ShowId("show-1"), id, wall()));
  for (const char* other : {"", ".", "..", "../show-1", "rec-1", "rec-1/../.."}) {
    EXPECT_FALSE(shelf.find(ShowId("show-1"), other, wall())) << other;
    EXPECT_EQ(*shelf.remove(ShowId("show-1"), other, wall()), control::RecordingRemoval::kUnknown);
  }
  for (const char* show : {"", ".", "..", "../", "show-2"}) {
    EXPECT_FALSE(shelf.find(ShowId(show), id, wall())) << show;
    EXPECT_TRUE(list(shelf, show).empty()) << show;
  }
  EXPECT_TRUE(shelf.find(ShowId("show-1"), id, wall()));
}

TEST_F(RecordingShelfTest, RemovesOneForGoodButNotWhileItIsWritten) {
  const std::string old = make("show-1", 2 * kDayMs, 10);
  const std::string open = make("show-1", kDayMs, 10, false);
  RecordingShelf shelf = this->shelf();
  using enum control::RecordingRemoval;
  EXPECT_EQ(*shelf.remove(ShowId("show-1"), open, wall()), kOpen);
  EXPECT_EQ(*shelf.remove(ShowId("show-1"), old, wall()), kDone);
  EXPECT_EQ(*shelf.remove(ShowId("show-1"), old, wall()), kUnknown);
  EXPECT_FALSE(fs::exists(folder_ / "show-1" / old));
}

TEST_F(RecordingShelfTest, TellsByTheRecordersLockWhetherOneIsWritten) {
  const std::string id = make("show-1", kDayMs, 10, false);
  RecordingShelf shelf = this->shelf();
  EXPECT_TRUE(list(shelf, "show-1")[0].is_open) << "its recorder may just be replaced";
  leave_alone("show-1", id, 40s);
  EXPECT_FALSE(list(shelf, "show-1")[0].is_open) << "its recorder has died";
  auto lock = output::lock_recordings(folder_ / "show-1");
  ASSERT_TRUE(lock && *lock);
  leave_alone("show-1", id, 3'600s);
  EXPECT_TRUE(list(shelf, "show-1")[0].is_open) << "a full disk has stopped it, and it goes on";
  lock->reset();
  EXPECT_EQ(*shelf.remove(ShowId("show-1"), id, wall()), control::RecordingRemoval::kDone);
}

TEST_F(RecordingShelfTest, RemovesWhatIsTooOldAndNothingElse) {
  make("show-1", 40 * kDayMs, 10);
  const std::string kept = make("show-1", 29 * kDayMs, 10);
  make("show-2", 31 * kDayMs, 10);
  RecordingShelf shelf = this->shelf();
  EXPECT_EQ(tidy(shelf).size(), 2U);
  ASSERT_EQ(list(shelf, "show-1").size(), 1U);
  EXPECT_EQ(list(shelf, "show-1")[0].id, kept);
  EXPECT_TRUE(list(shelf, "show-2").empty());
}

TEST_F(RecordingShelfTest, RemovesOneAtATimeAndSaysWhichAndWhy) {
  const std::string oldest = make("show-1", 50 * kDayMs, 10);
  make("show-1", 40 * kDayMs, 10);
  RecordingShelf shelf = this->shelf();
  const auto tidied = shelf.tidy(moment());
  ASSERT_TRUE(tidied.removed);
  EXPECT_EQ(tidied.removed->show, ShowId("show-1"));
  EXPECT_EQ(tidied.removed->recording.id, oldest);
  EXPECT_EQ(tidied.removed->why, control::RecordingEnd::kTooOld);
  EXPECT_EQ(tidied.again_in, 1s);
  EXPECT_EQ(list(shelf, "show-1").size(), 1U);
  EXPECT_TRUE(shelf.tidy(moment()).removed);
  EXPECT_EQ(shelf.tidy(moment()).again_in, 1min) << "nothing is left to do";
}

TEST_F(RecordingShelfTest, TakesNothingOfWhatIsBeingWritten) {
  const std::string open = make("show-2", 40 * kDayMs, 9'000, false);
  make("show-2", 50 * kDayMs, 10);
  RecordingShelf shelf = this->shelf(4'000);
  EXPECT_EQ(tidy(shelf).size(), 1U);
  ASSERT_EQ(list(shelf, "show-2").size(), 1U);
  EXPECT_EQ(list(shelf, "show-2")[0].id, open);
}

/// Of which each recording that goes frees 100 MiB, unless somebody has it open.
class NearlyFullDiskTest : public RecordingShelfTest {
 protected:
  static constexpr std::uint64_t kMib = std::uint64_t{1} << 20U;

  /// A tenth of this disk, and 64 MiB with which a recorder goes on, are 964 MiB.
  RecordingShelf full_shelf(std::uint64_t removals_wanted) {
    const std::size_t first = folders();
    const auto room = [=, this](const fs::path&) {
      const std::uint64_t freed = is_read_ ? 0 : (first - folders()) * 100 * kMib;
      const std::uint64_t available = (964 - 100 * removals_wanted) * kMib + freed;
      return fs::space_info{.capacity = 9'000 * kMib, .free = available, .available = available};
    };
    return {folder_, {.reserve = {.bytes = 5'000 * kMib, .bytes_min = 100 * kMib}}, room};
  }
  [[nodiscard]] std::size_t folders() const {
    std::size_t count = 0;
    for (const auto& one : fs::recursive_directory_iterator(folder_)) {
      count += output::recording_start_of(one.path().filename().string()) ? 1U : 0U;
    }
    return count;
  }

  bool is_read_ = false;
};

TEST_F(NearlyFullDiskTest, TakesTheOldestOfTheShowThatHasTheMostHoweverYoung) {
  const std::string open = make("show-2", 6 * kDayMs, 90'000, false);
  const std::string small = make("show-1", 5 * kDayMs, 10);
  make("show-3", kDayMs / 4, 5'000);
  const std::string kept = make("show-3", kDayMs / 8, 5'000);
  RecordingShelf shelf = full_shelf(1);
  EXPECT_EQ(tidy(shelf), std::vector{control::RecordingEnd::kDiskFull});
  ASSERT_EQ(list(shelf, "show-3").size(), 1U);
  EXPECT_EQ(list(shelf, "show-3")[0].id, kept);
  EXPECT_EQ(list(shelf, "show-1")[0].id, small);
  EXPECT_EQ(list(shelf, "show-2")[0].id, open) << "never the one that is being written";
}

TEST_F(NearlyFullDiskTest, WaitsForTheRoomOfOneThatSomebodyDownloads) {
  make("show-1", 3 * kDayMs, 5'000);
  make("show-1", 2 * kDayMs, 5'000);
  is_read_ = true;
  RecordingShelf shelf = full_shelf(1);
  const auto tidied = shelf.tidy(moment());
  EXPECT_TRUE(tidied.removed);
  EXPECT_EQ(tidied.again_in, 10min) << "the next isn't taken at once";
  is_read_ = false;
  now_ms_ += 10min / 1ms;
  EXPECT_FALSE(shelf.tidy(moment()).removed);
  EXPECT_EQ(list(shelf, "show-1").size(), 1U);
}

TEST_F(RecordingShelfTest, CountsAlsoWhatNoListHas) {
  const auto break_state = [this](const std::string& show, const std::string& id) {
    std::ofstream(folder_ / show / id / output::kRecordingState, std::ios::trunc) << "broken";
    return folder_ / show / id;
  };
  const fs::path old = break_state("show-2", make("show-2", 31 * kDayMs, 10));
  const fs::path young = break_state("show-2", make("show-2", 3 * kDayMs, 10));
  const fs::path newest = folder_ / "show-2" / make("show-2", 2 * kDayMs, 10);
  RecordingShelf shelf = this->shelf();
  tidy(shelf);
  EXPECT_FALSE(fs::exists(old)) << "its name says how old it is";
  EXPECT_TRUE(fs::exists(young));
  RecordingShelf small = this->shelf(4 * 19);
  tidy(small);
  EXPECT_FALSE(fs::exists(young)) << "its files count";
  EXPECT_TRUE(fs::exists(newest));
}

TEST_F(RecordingShelfTest, LeavesOneThatIsJustBeingMade) {
  const fs::path made = folder_ / "show-1" / output::recording_id(now_ms_ - 40 * kDayMs);
  fs::create_directories(made);
  RecordingShelf shelf = this->shelf();
  EXPECT_FALSE(shelf.tidy(moment()).removed);
  EXPECT_TRUE(fs::exists(made));
}

TEST_F(RecordingShelfTest, OutlivesADiskThatFailsInTheMiddleOfAFolder) {
  for (std::int64_t day = 40; day < 44; ++day) make("show-1", day * kDayMs, 10);
  RecordingShelf shelf = this->shelf();
  bool has_failed = false;
  for (int entries = 0; entries < 12; ++entries) {
    entries_left = entries;
    EXPECT_NO_THROW({
      has_failed = list(shelf, "show-1").size() < 4 || has_failed;
      entries_left = std::min(entries, 2);
      (void)shelf.tidy(moment());
    }) << entries;
  }
  entries_left = -1;
  EXPECT_TRUE(has_failed);
}

}  // namespace
}  // namespace shelcaster::app
