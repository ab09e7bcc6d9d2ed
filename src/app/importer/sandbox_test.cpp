#include "app/importer/sandbox.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

namespace shelcaster::app {
namespace {

/// Runs `body` in a sandboxed child; its return value.
int in_sandbox(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    if (!enter_sandbox({})) _exit(100);
    _exit(body());
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

TEST(Sandbox, LetsReadWriteOpenFilesAndUseMemory) {
  const int null = open("/dev/zero", O_RDWR);
  EXPECT_EQ(in_sandbox([null] {
              std::vector<char> memory(8 << 20);
              const auto size = static_cast<ssize_t>(memory.size());
              return read(null, memory.data(), memory.size()) == size &&
                             write(null, memory.data(), memory.size()) == size
                         ? 0
                         : 1;
            }),
            0);
  close(null);
}

TEST(Sandbox, RefusesSockets) {
  EXPECT_EQ(in_sandbox([] { return socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0; }), EPERM);
  EXPECT_EQ(in_sandbox([] { return socket(AF_UNIX, SOCK_STREAM, 0) < 0 ? errno : 0; }), EPERM);
}

TEST(Sandbox, RefusesConnectingASocketThatIsOpen) {
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  EXPECT_EQ(in_sandbox([fd] {
              const sockaddr address{AF_INET, {}};
              return connect(fd, &address, sizeof address) < 0 ? errno : 0;
            }),
            EPERM);
  close(fd);
}

TEST(Sandbox, RefusesToRunAProgram) {
  EXPECT_EQ(in_sandbox([] {
              execl("/bin/true", "true", nullptr);
              return errno;
            }),
            EPERM);
}

TEST(Sandbox, RefusesToOpenFilesForReadingAndWriting) {
  EXPECT_EQ(in_sandbox([] { return open("/etc/passwd", O_RDONLY) < 0 ? errno : 0; }), EPERM);
  EXPECT_EQ(in_sandbox([] { return open("/tmp/x", O_WRONLY | O_CREAT, 0600) < 0 ? errno : 0; }),
            EPERM);
  EXPECT_EQ(in_sandbox([] { return unlink("/tmp/x") < 0 ? errno : 0; }), EPERM);
}

TEST(Sandbox, RefusesProcessesAndTracing) {
  EXPECT_EQ(in_sandbox([] { return fork() < 0 ? errno : 0; }), EPERM);
  EXPECT_EQ(in_sandbox([] { return ptrace(PTRACE_ATTACH, getppid(), 0, 0) < 0 ? errno : 0; }),
            EPERM);
  EXPECT_EQ(in_sandbox([] { return kill(getppid(), 0) < 0 ? errno : 0; }), EPERM);
}

TEST(Sandbox, RefusesMoreMemoryThanItsLimit) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "a sanitizer's shadow memory is terabytes of address space: no limit is set";
#endif
  EXPECT_EQ(in_sandbox([] { return malloc(std::size_t{2} << 30U) == nullptr ? 7 : 0; }), 7);
}

}  // namespace
}  // namespace shelcaster::app
