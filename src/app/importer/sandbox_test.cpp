#include "app/importer/sandbox.hpp"

#include "base/sanitized.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <vector>

namespace shelcaster::app {
namespace {

/// Runs `body` in a sandboxed child; its return value.
int in_sandbox(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    // A sanitizer's handlers would make an exit of a death by these.
    signal(SIGSEGV, SIG_DFL);
    signal(SIGSYS, SIG_DFL);
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

// What a decoder that was taken over would try. It has the process's open files, its memory and
// every system call that it likes; here each is tried by number, past the C library.
TEST(Sandbox, RefusesWhatATakenOverDecoderWouldTry) {
  struct Attempt {
    const char* what;
    long number;
    std::array<long, 5> arguments;
  };
  static const char* const passwd = "/etc/passwd";
  static const char* const other = "/tmp/shelcaster-sandbox-escape";
  const auto text = [](const char* path) { return reinterpret_cast<long>(path); };
  const std::vector<Attempt> attempts{
      {"openat", SYS_openat, {AT_FDCWD, text(passwd), O_RDONLY}},
      {"openat2", SYS_openat2, {AT_FDCWD, text(passwd), 0, 0}},
      {"open a new file", SYS_openat, {AT_FDCWD, text(other), O_CREAT | O_WRONLY, 0600}},
      {"mkdir", SYS_mkdirat, {AT_FDCWD, text(other), 0700}},
      {"rename", SYS_renameat2, {AT_FDCWD, text(passwd), AT_FDCWD, text(other)}},
      {"link", SYS_linkat, {AT_FDCWD, text(passwd), AT_FDCWD, text(other)}},
      {"symlink", SYS_symlinkat, {text(passwd), AT_FDCWD, text(other)}},
      {"unlink", SYS_unlinkat, {AT_FDCWD, text(other), 0}},
      {"chmod", SYS_fchmodat, {AT_FDCWD, text(other), 0777}},
      {"truncate", SYS_truncate, {text(other), 0}},
      {"readlink", SYS_readlinkat, {AT_FDCWD, text("/proc/self/exe"), text(other), 10}},
      {"chdir", SYS_chdir, {text("/")}},
      {"listing a folder", SYS_getdents64, {0, 0, 0}},
      {"socket", SYS_socket, {AF_INET, SOCK_STREAM, 0}},
      {"socketpair", SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, 0}},
      {"sendto", SYS_sendto, {1, text(passwd), 4, 0, 0}},
      {"sendmsg", SYS_sendmsg, {1, 0, 0}},
      {"bind", SYS_bind, {1, 0, 0}},
      {"execve", SYS_execve, {text("/bin/true"), 0, 0}},
      {"execveat", SYS_execveat, {AT_FDCWD, text("/bin/true"), 0, 0, 0}},
      {"clone", SYS_clone, {SIGCHLD, 0, 0, 0, 0}},
      {"clone3", SYS_clone3, {0, 0}},
      {"unshare", SYS_unshare, {0x10000000}},
      {"setns", SYS_setns, {0, 0}},
      {"mount", SYS_mount, {0, 0, 0, 0, 0}},
      {"chroot", SYS_chroot, {text("/")}},
      {"ptrace", SYS_ptrace, {0, 0, 0, 0}},
      {"process_vm_readv", SYS_process_vm_readv, {getppid(), 0, 0, 0, 0}},
      {"pidfd_getfd", SYS_pidfd_getfd, {0, 0, 0}},
      {"kill", SYS_kill, {getppid(), 0}},
      {"io_uring", SYS_io_uring_setup, {1, 0}},
      {"bpf", SYS_bpf, {0, 0, 0}},
      {"userfaultfd", SYS_userfaultfd, {0}},
      {"perf", SYS_perf_event_open, {0, 0, 0, 0, 0}},
      {"keyctl", SYS_keyctl, {0, 0, 0}},
      {"memfd_create", SYS_memfd_create, {text("x"), 0}},
      {"ioctl", SYS_ioctl, {0, TIOCSTI, 0}},
      {"fcntl", SYS_fcntl, {0, F_DUPFD, 0}},
      {"dup", SYS_dup, {0}},
      {"prctl", SYS_prctl, {PR_SET_DUMPABLE, 1, 0, 0, 0}},
      {"setuid", SYS_setuid, {0}},
      {"setrlimit", SYS_setrlimit, {RLIMIT_CPU, 0}},
      {"a filter of its own", SYS_seccomp, {1, 0, 0}},
  };
  for (const Attempt& attempt : attempts) {
    EXPECT_EQ(in_sandbox([&attempt] {
                const auto& [a, b, c, d, e] = attempt.arguments;
                return syscall(attempt.number, a, b, c, d, e) < 0 ? errno : 0;
              }),
              EPERM)
        << attempt.what;
  }
  struct stat status {};
  EXPECT_NE(stat(other, &status), 0) << "something was made outside";
}

TEST(Sandbox, RunsNoCodeThatWasWrittenIntoMemory) {
  constexpr std::size_t kPage = 4096;
  EXPECT_EQ(in_sandbox([] {
              void* memory = mmap(nullptr, kPage, PROT_READ | PROT_WRITE | PROT_EXEC,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return memory == MAP_FAILED ? errno : 0;
            }),
            EPERM);
  EXPECT_EQ(in_sandbox([] {
              void* memory =
                  mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
              return mprotect(memory, kPage, PROT_READ | PROT_EXEC) < 0 ? errno : 0;
            }),
            EPERM);
}

#if defined(__x86_64__)
TEST(Sandbox, DiesOfASystemCallOfAnotherArchitecture) {
  // 32 bits: number 5 is open there, and something else here.
  EXPECT_EQ(in_sandbox([] {
              long result = 0;
              asm("int $0x80" : "=a"(result) : "a"(5), "b"(0), "c"(0) : "memory");
              return static_cast<int>(result);
            }),
            -1);
  constexpr long kX32 = 0x40000000;
  EXPECT_NE(in_sandbox([] { return syscall(kX32 | SYS_getpid) > 0 ? 0 : 1; }), 0);
}
#endif

TEST(Sandbox, HasASecondWallWhereTheKernelGivesOne) {
  if (!has_landlock()) {
    std::fputs("THIS KERNEL HAS NO LANDLOCK: imports are confined by seccomp alone\n", stderr);
    GTEST_SKIP();
  }
  SUCCEED();
}

TEST(Sandbox, RefusesMoreMemoryThanItsLimit) {
  if (base::kIsSanitized) {
    GTEST_SKIP() << "a sanitizer's shadow memory is terabytes of address space: no limit is set";
  }
  EXPECT_EQ(in_sandbox([] { return malloc(std::size_t{2} << 30U) == nullptr ? 7 : 0; }), 7);
}

}  // namespace
}  // namespace shelcaster::app
