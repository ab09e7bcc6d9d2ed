#include "app/importer/sandbox.hpp"

#include "base/sanitized.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace shelcaster::app {
namespace {

// A sanitizer's shadow memory is terabytes of address space.
constexpr bool kLimitsAddressSpace = !base::kIsSanitized;

base::Result<void> system_error(const char* what) {
  return base::fail(fmt::format("sandbox: {}: {}", what, std::strerror(errno)));
}

base::Result<void> set_limits(const SandboxLimits& limits) {
  struct Limit {
    decltype(RLIMIT_AS) resource;
    std::uint64_t value;
    const char* name;
  };
  const Limit all[] = {
      {RLIMIT_CORE, 0, "RLIMIT_CORE"},
      {RLIMIT_NPROC, 0, "RLIMIT_NPROC"},
      {RLIMIT_CPU, limits.cpu_seconds, "RLIMIT_CPU"},
      {RLIMIT_FSIZE, limits.file_bytes, "RLIMIT_FSIZE"},
      {RLIMIT_AS, kLimitsAddressSpace ? limits.memory_bytes : RLIM_INFINITY, "RLIMIT_AS"},
  };
  for (const Limit& limit : all) {
    const rlimit value{limit.value, limit.value};
    if (setrlimit(limit.resource, &value) != 0) return system_error(limit.name);
  }
  return {};
}

/// Denies the whole file system by a rule set without rules. Kernels without Landlock are left to
/// seccomp, which refuses every open as well.
base::Result<void> enter_landlock() {
  landlock_ruleset_attr attributes{};
  // The rights of the first version of Landlock; seccomp covers what later ones add.
  attributes.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1U) - 1;
  const long fd = syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
  if (fd < 0) {
    const bool is_missing = errno == ENOSYS || errno == EOPNOTSUPP || errno == EPERM;
    return is_missing ? base::Result<void>{} : system_error("landlock_create_ruleset");
  }
  const long restricted = syscall(SYS_landlock_restrict_self, fd, 0);
  const int error = errno;
  close(static_cast<int>(fd));
  errno = error;
  return restricted == 0 ? base::Result<void>{} : system_error("landlock_restrict_self");
}

// What libav, libebur128, the allocator and the C++ run-time call while decoding.
constexpr int kAllowed[] = {
    // Descriptors that are open already.
    SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(write), SCMP_SYS(pwrite64), SCMP_SYS(writev),
    SCMP_SYS(lseek), SCMP_SYS(fstat), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(close),
    // Memory.
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
    // Time, randomness, what the processor has.
    SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(getrandom),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_yield), SCMP_SYS(futex), SCMP_SYS(restart_syscall),
    // Signals to itself and the end.
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
    SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(exit), SCMP_SYS(exit_group)};

base::Result<void> enter_seccomp() {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
  if (filter == nullptr) return base::fail("sandbox: seccomp_init failed");
  int code = 0;
  const auto check = [&code](int next) { code = code == 0 ? next : code; };
  // Else only the thread that tries it dies, and the others go on.
  check(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
  for (const int call : kAllowed) check(seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0));
  // Memory, but none that can be run.
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
    const scmp_arg_cmp not_executable{2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0};
    check(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, 1, &not_executable));
  }
  // fstat(fd) is newfstatat(fd, "", …, AT_EMPTY_PATH) in newer C libraries. With a path it would
  // tell what files there are, but seccomp can't look at the path; none of them can be opened.
  const scmp_arg_cmp empty_path{3, SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH};
  check(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1, &empty_path));
  // abort() signals its own process only.
  const scmp_arg_cmp to_self{0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(getpid()), 0};
  check(seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, &to_self));
  check(seccomp_load(filter));
  seccomp_release(filter);
  if (code != 0) {
    return base::fail(fmt::format("sandbox: seccomp: {}: the kernel must allow seccomp filters",
                                  std::strerror(-code)));
  }
  return {};
}

}  // namespace

bool has_landlock() {
  return syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

base::Result<void> enter_sandbox(const SandboxLimits& limits) {
  if (auto set = set_limits(limits); !set) return set;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return system_error("no_new_privs");
  // No other process of this user may look inside or trace it either.
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return system_error("PR_SET_DUMPABLE");
  if (auto entered = enter_landlock(); !entered) return entered;
  return enter_seccomp();
}

}  // namespace shelcaster::app
