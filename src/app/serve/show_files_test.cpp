#include "app/serve/show_files.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdlib>
#include <fstream>

#include "output/recording/recording_lock.hpp"
#include "output/recording/recording_state.hpp"

namespace shelcaster::app {
namespace {

namespace fs = std::filesystem;
using Step = ShowFiles::Step;
using studio::ShowId;

class FixedClock final : public control::Clock {
 public:
  [[nodiscard]] base::Instant now() const override { return base::Instant() + elapsed; }
  [[nodiscard]] base::WallTime wall() const override { return {}; }
  base::Duration elapsed{0};
};

class ShowFilesTest : public testing::Test {
 protected:
  ShowFilesTest() {
    std::string pattern = (fs::temp_directory_path() / "show-files-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
    for (const char* name : {"run", "log", "hls", "recordings"}) {
      fs::create_directory(folder_ / name);
    }
  }
  ~ShowFilesTest() override { fs::remove_all(folder_); }

  void write(const fs::path& path) {
    fs::create_directories((folder_ / path).parent_path());
    std::ofstream(folder_ / path) << "x";
  }
  void leave_everything_of(const std::string& show) {
    write("run/" + show + ".note");
    write("log/" + show + ".log");
    write("hls/" + show + "/index.m3u8");
    for (const char* recording : {"rec-1", "rec-2"}) {
      write(fs::path("recordings") / show / recording / "programme.aac");
    }
  }
  [[nodiscard]] std::size_t files() const {
    std::size_t count = 0;
    for (const auto& one : fs::recursive_directory_iterator(folder_)) {
      count += one.is_regular_file() ? 1U : 0U;
    }
    return count;
  }

  fs::path folder_;
};

TEST_F(ShowFilesTest, GoARecordingAtATimeUntilALookFindsNothing) {
  leave_everything_of("show-1");
  leave_everything_of("show-10");
  const ShowId show("show-1");
  EXPECT_EQ(*ShowFiles::take(folder_, show), Step::kMore);
  EXPECT_EQ(files(), 6U) << "all but the other recording";
  int steps = 1;
  while (*ShowFiles::take(folder_, show) == Step::kMore) ASSERT_LT(++steps, 10);
  EXPECT_EQ(files(), 5U) << "another show's, whose name begins so";
  EXPECT_FALSE(fs::exists(folder_ / "hls" / "show-1"));
  EXPECT_FALSE(fs::exists(folder_ / "recordings" / "show-1"));
  EXPECT_TRUE(fs::exists(folder_ / "recordings" / "show-10" / "rec-1"));
}

TEST_F(ShowFilesTest, StayWhileARecorderWritesThem) {
  leave_everything_of("show-1");
  auto recorder = output::lock_recordings(folder_ / "recordings" / "show-1");
  ASSERT_TRUE(recorder && *recorder);
  const std::size_t all = files();
  EXPECT_EQ(*ShowFiles::take(folder_, ShowId("show-1")), Step::kMore);
  EXPECT_EQ(files(), all);
  recorder->reset();
  EXPECT_EQ(*ShowFiles::take(folder_, ShowId("show-1")), Step::kMore);
  EXPECT_LT(files(), all);
}

TEST_F(ShowFilesTest, AreFoundByAShowsOwnIdOnly) {
  leave_everything_of("show-1");
  const std::size_t all = files();
  for (const char* id : {"", ".", "..", "../run", "/"}) {
    EXPECT_EQ(*ShowFiles::take(folder_, ShowId(id)), Step::kGone) << id;
  }
  EXPECT_EQ(files(), all);
}

TEST_F(ShowFilesTest, AreTriedAgainWhenTheDiskRefuses) {
  boost::asio::io_context io;
  const auto work = boost::asio::make_work_guard(io);
  DiskThread disk(io, "disk");
  FixedClock clock;
  ShowFiles files(disk, folder_, clock);
  const ShowId show("show-1");
  // A link to itself, below which nothing can be removed.
  fs::create_directories(folder_ / "recordings" / "show-1" / "rec-1");
  fs::remove_all(folder_ / "hls");
  fs::create_symlink("hls", folder_ / "hls");
  const auto ask = [&] {
    const bool is_gone = files.remove(show);
    if (!is_gone) io.run_one();
    return is_gone;
  };
  EXPECT_FALSE(ask());
  EXPECT_FALSE(fs::exists(folder_ / "recordings" / "show-1" / "rec-1")) << "the rest goes on";
  EXPECT_FALSE(files.remove(show)) << "not at each tick";
  EXPECT_EQ(io.poll(), 0U);
  fs::remove(folder_ / "hls");
  clock.elapsed = std::chrono::minutes(2);
  EXPECT_FALSE(ask()) << "the folder of the recordings goes";
  EXPECT_FALSE(ask());
  EXPECT_TRUE(ask());
  EXPECT_FALSE(fs::exists(folder_ / "recordings" / "show-1"));
}

}  // namespace
}  // namespace shelcaster::app
