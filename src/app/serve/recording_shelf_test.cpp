#include "app/serve/recording_shelf.hpp"

#include <dirent.h>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "base/slot_file.hpp"
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

class Clock final : public control::Clock {
 public:
  [[nodiscard]] base::Instant now() const override { return base::Instant() + elapsed; }
  /// Today, since files get their times from the machine.
  [[nodiscard]] base::WallTime wall() const override {
    return base::WallTime::from_unix_ms(start_ms + elapsed / 1ms);
  }
  base::Duration elapsed{0};
  std::int64_t start_ms = std::chrono::system_clock::now().time_since_epoch() / 1ms;
};

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
    state.start_unix_ms = clock_.wall().unix_ms() - age_ms;
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
    return {folder_, {.days_max = 30, .bytes_max = bytes_max}, clock_};
  }
  [[nodiscard]] std::int64_t start_of(std::int64_t days_ago) const {
    return clock_.wall().unix_ms() - days_ago * kDayMs;
  }
  void tidy(RecordingShelf& shelf) {
    for (int i = 0; i < 10; ++i) {
      clock_.elapsed += 61s;
      shelf.tidy();
    }
  }

  Clock clock_;
  fs::path folder_;
};

TEST_F(RecordingShelfTest, ListsTheNewestFirst) {
  const std::string old = make("show-1", 2 * kDayMs, 10);
  const std::string young = make("show-1", kDayMs, 20, false);
  make("show-2", kDayMs, 30);
  fs::create_directories(folder_ / "show-1" / "rec-nothing");
  fs::create_directories(folder_ / "show-1" / "rec-5");
  const auto list = shelf().list(ShowId("show-1"));
  ASSERT_EQ(list.size(), 2U) << "one without a state is none";
  EXPECT_EQ(list[0].id, young);
  EXPECT_TRUE(list[0].is_open);
  EXPECT_EQ(list[1].id, old);
  EXPECT_EQ(list[1].duration_ms, 3'600'000);
  EXPECT_EQ(list[1].files, (std::map<std::string, std::int64_t>{{"programme.aac", 10}}));
}

TEST_F(RecordingShelfTest, FindsNothingElsewhere) {
  const std::string id = make("show-1", kDayMs, 10);
  const RecordingShelf shelf = this->shelf();
  EXPECT_TRUE(shelf.find(ShowId("show-1"), id));
  for (const char* other : {"", ".", "..", "../show-1", "rec-1", "rec-1/../.."}) {
    EXPECT_FALSE(shelf.find(ShowId("show-1"), other)) << other;
  }
  for (const char* show : {"", ".", "..", "../", "show-2"}) {
    EXPECT_FALSE(shelf.find(ShowId(show), id)) << show;
    EXPECT_TRUE(shelf.list(ShowId(show)).empty()) << show;
  }
}

TEST_F(RecordingShelfTest, RemovesWhatIsTooOldAndNothingElse) {
  make("show-1", 40 * kDayMs, 10);
  const std::string kept = make("show-1", 29 * kDayMs, 10);
  make("show-2", 31 * kDayMs, 10);
  RecordingShelf shelf = this->shelf();
  tidy(shelf);
  ASSERT_EQ(shelf.list(ShowId("show-1")).size(), 1U);
  EXPECT_EQ(shelf.list(ShowId("show-1"))[0].id, kept);
  EXPECT_TRUE(shelf.list(ShowId("show-2")).empty());
}

TEST_F(RecordingShelfTest, RemovesTheOldestOfAllShowsWhereTheRoomIsTaken) {
  const std::string open = make("show-2", 6 * kDayMs, 4'000, false);
  make("show-1", 5 * kDayMs, 4'000);
  make("show-3", 4 * kDayMs, 4'000);
  const std::string kept = make("show-1", 3 * kDayMs, 4'000);
  RecordingShelf shelf = this->shelf(9'000);
  tidy(shelf);
  ASSERT_EQ(shelf.list(ShowId("show-1")).size(), 1U);
  EXPECT_EQ(shelf.list(ShowId("show-1"))[0].id, kept);
  EXPECT_TRUE(shelf.list(ShowId("show-3")).empty());
  ASSERT_EQ(shelf.list(ShowId("show-2")).size(), 1U) << "never the one that is being written";
  EXPECT_EQ(shelf.list(ShowId("show-2"))[0].id, open);
}

TEST_F(RecordingShelfTest, RemovesTheOldestWhileTheDiskIsNearlyFull) {
  constexpr std::uint64_t kMib = std::uint64_t{1} << 20U;
  const std::string open = make("show-2", 6 * kDayMs, 10, false);
  make("show-1", 5 * kDayMs, 10);
  const std::string kept = make("show-1", 4 * kDayMs, 10);
  const fs::path oldest = folder_ / "show-1" / output::recording_id(start_of(5));
  // Each that goes frees a gigabyte.
  const auto room = [&oldest](const fs::path&) {
    const std::uint64_t available = fs::exists(oldest) ? 200 * kMib : 1'224 * kMib;
    return fs::space_info{.capacity = 9'000 * kMib, .free = available, .available = available};
  };
  // A tenth of the disk, and 64 MiB with which a recorder goes on.
  RecordingShelf shelf(folder_, {.reserve = {.bytes = 5'000 * kMib, .bytes_min = 100 * kMib}},
                       clock_, room);
  tidy(shelf);
  ASSERT_EQ(shelf.list(ShowId("show-1")).size(), 1U);
  EXPECT_EQ(shelf.list(ShowId("show-1"))[0].id, kept);
  ASSERT_EQ(shelf.list(ShowId("show-2")).size(), 1U) << "never the one that is being written";
  EXPECT_EQ(shelf.list(ShowId("show-2"))[0].id, open);
}

TEST_F(RecordingShelfTest, RemovesAlsoWhatNoListHas) {
  // No list is longer than 1,000.
  for (std::int64_t i = 0; i < 1'000; ++i) make("show-1", kDayMs + i, 1);
  const fs::path beyond = folder_ / "show-1" / make("show-1", 40 * kDayMs, 1);
  const auto break_state = [this](const std::string& show, const std::string& id) {
    std::ofstream(folder_ / show / id / output::kRecordingState, std::ios::trunc) << "broken";
    return folder_ / show / id;
  };
  const fs::path old = break_state("show-2", make("show-2", 31 * kDayMs, 10));
  const fs::path young = break_state("show-2", make("show-2", 2 * kDayMs, 10));
  const fs::path newest = folder_ / "show-2" / make("show-2", kDayMs, 10);
  RecordingShelf shelf = this->shelf();
  tidy(shelf);
  EXPECT_FALSE(fs::exists(beyond));
  EXPECT_FALSE(fs::exists(old)) << "its name says how old it is";
  EXPECT_TRUE(fs::exists(young));
  // 1,000 of a byte, and two of ten.
  RecordingShelf small = this->shelf(1'019);
  clock_.elapsed += 61s;
  small.tidy();
  EXPECT_FALSE(fs::exists(young)) << "its files count";
  EXPECT_TRUE(fs::exists(newest));
}

TEST_F(RecordingShelfTest, LeavesOneThatIsJustBeingMade) {
  const fs::path made = folder_ / "show-1" / output::recording_id(start_of(40));
  fs::create_directories(made);
  RecordingShelf shelf = this->shelf();
  clock_.elapsed += 61s;
  shelf.tidy();
  EXPECT_TRUE(fs::exists(made));
}

TEST_F(RecordingShelfTest, RemovesOneAtATime) {
  make("show-1", 50 * kDayMs, 10);
  make("show-1", 40 * kDayMs, 10);
  RecordingShelf shelf = this->shelf();
  clock_.elapsed += 61s;
  shelf.tidy();
  shelf.tidy();
  EXPECT_EQ(shelf.list(ShowId("show-1")).size(), 1U);
}

TEST_F(RecordingShelfTest, OutlivesADiskThatFailsInTheMiddleOfAFolder) {
  for (std::int64_t day = 40; day < 44; ++day) make("show-1", day * kDayMs, 10);
  RecordingShelf shelf = this->shelf();
  bool has_failed = false;
  for (int entries = 0; entries < 12; ++entries) {
    entries_left = entries;
    EXPECT_NO_THROW({
      has_failed = shelf.list(ShowId("show-1")).size() < 4 || has_failed;
      clock_.elapsed += 61s;
      entries_left = std::min(entries, 2);
      shelf.tidy();
    }) << entries;
  }
  entries_left = -1;
  EXPECT_TRUE(has_failed);
}

}  // namespace
}  // namespace shelcaster::app
