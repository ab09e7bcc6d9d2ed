#include "app/command/private_memory.hpp"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace shelcaster::app {
namespace {

/// Whether the kernel made a core of a child that aborts in a folder of its own, with the limit
/// lifted as far as it goes.
bool dumps_core(bool is_private) {
  std::string folder = testing::TempDir() + "coreXXXXXX";
  const std::filesystem::path dir = ::mkdtemp(folder.data());
  const pid_t child = ::fork();
  if (child == 0) {
    std::filesystem::current_path(dir);
    if (is_private) keep_memory_private();
    rlimit limit{};
    ::getrlimit(RLIMIT_CORE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_CORE, &limit);
    std::abort();
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  std::filesystem::remove_all(dir);
  return WIFSIGNALED(status) && WCOREDUMP(status);
}

TEST(PrivateMemory, MakesNoCore) {
  if (!dumps_core(false)) GTEST_SKIP() << "this machine makes none at all";
  EXPECT_FALSE(dumps_core(true));
}

TEST(PrivateMemory, MayNotBeReadByOthers) {
  const pid_t child = ::fork();
  if (child == 0) {
    keep_memory_private();
    ::_exit(::prctl(PR_GET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) == 0 ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace shelcaster::app
