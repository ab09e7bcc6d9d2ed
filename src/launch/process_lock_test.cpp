#include "launch/process_lock.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace shelcaster::launch {
namespace {

class ProcessLockTest : public testing::Test {
 protected:
  ~ProcessLockTest() override { std::filesystem::remove(file_); }

  const std::filesystem::path file_ =
      std::filesystem::temp_directory_path() / ("process-lock-" + std::to_string(::getpid()));
};

TEST_F(ProcessLockTest, NamesItsProcessUntilThatIsKilled) {
  EXPECT_FALSE(ProcessLock::holder(file_)) << "no file yet";
  std::array<int, 2> taken{};
  ASSERT_EQ(::pipe(taken.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto lock = ProcessLock::take(file_);
    (void)!::write(taken[1], lock ? "y" : "n", 1);
    for (;;) ::pause();
  }
  char answer = 0;
  ASSERT_EQ(::read(taken[0], &answer, 1), 1);
  EXPECT_EQ(answer, 'y');
  EXPECT_EQ(ProcessLock::holder(file_), child);
  EXPECT_FALSE(ProcessLock::take(file_));

  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(ProcessLock::holder(file_));
  EXPECT_TRUE(ProcessLock::take(file_));
  ::close(taken[0]);
  ::close(taken[1]);
}

}  // namespace
}  // namespace shelcaster::launch
