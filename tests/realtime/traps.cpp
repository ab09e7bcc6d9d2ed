#include "traps.hpp"

#include <dlfcn.h>
#include <execinfo.h>
#include <pthread.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

thread_local bool is_realtime = false;

void say(const char* text) { (void)!write(STDERR_FILENO, text, std::strlen(text)); }

[[noreturn]] void fall(const char* what, const char* name) {
  say("real-time thread called ");
  say(what);
  say(name);
  say("\n");
  std::array<void*, 64> frames{};
  backtrace_symbols_fd(frames.data(), backtrace(frames.data(), int{frames.size()}), STDERR_FILENO);
  abort();
}

void check(const char* name) {
  if (!is_realtime) return;
  is_realtime = false;
  fall("", name);
}

/// The process, since a trapped thread can't do what abort() needs. After the handler has returned
/// the system call has failed, so it must not return.
void on_trapped_call(int, siginfo_t* info, void*) {
  is_realtime = false;
  std::array<char, 16> digits{};
  std::size_t at = digits.size() - 1;
  for (int left = info->si_syscall; at > 0; left /= 10) {
    digits[--at] = static_cast<char>('0' + left % 10);
    if (left < 10) break;
  }
  say("real-time thread made system call ");
  say(&digits[at]);
  say("\n");
  std::array<void*, 64> frames{};
  backtrace_symbols_fd(frames.data(), backtrace(frames.data(), int{frames.size()}), STDERR_FILENO);
  _exit(134);
}

template <typename Function>
Function next_of(const char* name) {
  Function found = nullptr;
  void* symbol = dlsym(RTLD_NEXT, name);
  std::memcpy(&found, &symbol, sizeof(found));
  if (found == nullptr) abort();
  return found;
}

}  // namespace

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* memory);

void* malloc(std::size_t size) {
  check("malloc");
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  check("calloc");
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
  check("realloc");
  return __libc_realloc(memory, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  check("aligned_alloc");
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  check("posix_memalign");
  *out = __libc_memalign(alignment, size);
  return *out == nullptr ? ENOMEM : 0;
}
void free(void* memory) {
  check("free");
  __libc_free(memory);
}

int pthread_mutex_lock(pthread_mutex_t* mutex) {
  check("pthread_mutex_lock");
  static const auto next = next_of<int (*)(pthread_mutex_t*)>("pthread_mutex_lock");
  return next(mutex);
}
int pthread_rwlock_rdlock(pthread_rwlock_t* lock) {
  check("pthread_rwlock_rdlock");
  static const auto next = next_of<int (*)(pthread_rwlock_t*)>("pthread_rwlock_rdlock");
  return next(lock);
}
int pthread_rwlock_wrlock(pthread_rwlock_t* lock) {
  check("pthread_rwlock_wrlock");
  static const auto next = next_of<int (*)(pthread_rwlock_t*)>("pthread_rwlock_wrlock");
  return next(lock);
}
}

namespace shelcaster::realtime {

void enter() {
  // What a backtrace loads when it is first made, it must not load in a handler.
  std::array<void*, 4> frames{};
  (void)backtrace(frames.data(), int{frames.size()});
  struct sigaction action {};
  action.sa_sigaction = on_trapped_call;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSYS, &action, nullptr);

  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) std::abort();
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_TRAP);
  // clock_gettime is no system call but where the vDSO has no clock; exit_group, write and
  // rt_sigreturn serve the end of the process and the report of what was trapped.
  for (const int call : {SCMP_SYS(clock_nanosleep), SCMP_SYS(ppoll), SCMP_SYS(recvmmsg),
                         SCMP_SYS(sendmmsg), SCMP_SYS(read), SCMP_SYS(write),
                         SCMP_SYS(clock_gettime), SCMP_SYS(exit_group), SCMP_SYS(rt_sigreturn)}) {
    if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) != 0) std::abort();
  }
  // Its timer slack, once before its first wait.
  if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
                       SCMP_A0(SCMP_CMP_EQ, PR_SET_TIMERSLACK)) != 0 ||
      seccomp_load(filter) != 0) {
    std::abort();
  }
  is_realtime = true;
}

void leave() noexcept { is_realtime = false; }

void stay() noexcept {
  for (;;) {
    const timespec day{.tv_sec = 86'400, .tv_nsec = 0};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &day, nullptr);
  }
}

}  // namespace shelcaster::realtime
