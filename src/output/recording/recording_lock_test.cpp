#include "output/recording/recording_lock.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

namespace shelcaster::output {
namespace {

namespace fs = std::filesystem;

class RecordingLockTest : public testing::Test {
 protected:
  RecordingLockTest() {
    std::string pattern = (fs::temp_directory_path() / "recording-lock-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    folder_ = pattern;
  }
  ~RecordingLockTest() override { fs::remove_all(folder_); }

  fs::path folder_;
};

TEST_F(RecordingLockTest, IsOneRecordersAtATime) {
  EXPECT_FALSE(are_recordings_locked(folder_ / "show")) << "nobody has ever recorded";
  auto mine = lock_recordings(folder_ / "show");
  ASSERT_TRUE(mine && *mine);
  EXPECT_TRUE(are_recordings_locked(folder_ / "show"));
  const auto second = lock_recordings(folder_ / "show");
  ASSERT_TRUE(second);
  EXPECT_FALSE(*second);
  *mine = base::UniqueFd();
  EXPECT_FALSE(are_recordings_locked(folder_ / "show"));
  EXPECT_TRUE(*lock_recordings(folder_ / "show")) << "who looks leaves nothing behind";
}

TEST_F(RecordingLockTest, EndsWithTheProcessThatIsKilled) {
  int told[2];
  ASSERT_EQ(::pipe(told), 0);
  const pid_t recorder = ::fork();
  if (recorder == 0) {
    const auto lock = lock_recordings(folder_);
    const char byte = lock && *lock ? 'y' : 'n';
    if (::write(told[1], &byte, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(told[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'y');
  EXPECT_TRUE(are_recordings_locked(folder_));
  ::kill(recorder, SIGKILL);
  ::waitpid(recorder, nullptr, 0);
  EXPECT_FALSE(are_recordings_locked(folder_));
  ::close(told[0]);
  ::close(told[1]);
}

TEST_F(RecordingLockTest, SaysWhereAFolderCannotBeMade) {
  const auto refused = lock_recordings("/proc/nothing/here");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("/proc/nothing/here"), std::string::npos)
      << refused.error().message;
}

}  // namespace
}  // namespace shelcaster::output
