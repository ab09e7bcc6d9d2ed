#include "launch/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <string_view>
#include <system_error>

namespace shelcaster::launch {
namespace {

// glibc 2.36's <sys/pidfd.h> lacks extern "C", hence the plain system calls below.

constexpr std::size_t kPassedFdsMax = 16;
// Above every target, so that moving descriptors about can't overwrite one that is still needed.
constexpr int kSafeFd = 100;

// Everything the child needs between fork and exec, made before fork: after it, in a process that
// had threads, only async-signal-safe calls are allowed.
struct ChildPlan {
  const char* program = nullptr;
  char* const* argv = nullptr;
  char* const* envp = nullptr;
  std::array<PassedFd, kPassedFdsMax> fds{};
  std::size_t fd_count = 0;
  bool is_new_session = false;
  bool dies_with_parent = false;
  pid_t parent = 0;
  int report_fd = -1;  // CLOEXEC: the parent reads errno, or nothing after a successful exec
};

[[noreturn]] void report_and_exit(int report_fd) {
  const int failed = errno;
  (void)!::write(report_fd, &failed, sizeof(failed));
  ::_exit(127);
}

[[noreturn]] void run_child(ChildPlan plan) {
  plan.report_fd = ::fcntl(plan.report_fd, F_DUPFD_CLOEXEC, kSafeFd);
  if (plan.is_new_session) {
    ::setsid();
  } else {
    ::setpgid(0, 0);
  }
  if (plan.dies_with_parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != plan.parent) ::_exit(127);  // it died before the line above
  }
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);

  bool has_input = false;
  bool has_output = false;
  for (std::size_t i = 0; i < plan.fd_count; ++i) {
    plan.fds[i].source = ::fcntl(plan.fds[i].source, F_DUPFD_CLOEXEC, kSafeFd);
    if (plan.fds[i].source < 0) report_and_exit(plan.report_fd);
    has_input = has_input || plan.fds[i].target == STDIN_FILENO;
    has_output = has_output || plan.fds[i].target == STDOUT_FILENO;
  }
  ::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  if (!has_input) {
    const int null_fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null_fd < 0 || ::dup2(null_fd, STDIN_FILENO) < 0) report_and_exit(plan.report_fd);
  }
  if (!has_output) ::dup2(STDERR_FILENO, STDOUT_FILENO);
  for (std::size_t i = 0; i < plan.fd_count; ++i) {
    if (::dup2(plan.fds[i].source, plan.fds[i].target) < 0) report_and_exit(plan.report_fd);
  }
  ::execve(plan.program, plan.argv, plan.envp);
  report_and_exit(plan.report_fd);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (std::string& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment() {
  std::vector<std::string> result;
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view entry(*at);
    if (is_inherited(entry.substr(0, entry.find('=')))) result.emplace_back(entry);
  }
  return result;
}

}  // namespace

bool is_inherited(std::string_view name) {
  constexpr std::array<std::string_view, 20> kNames{"PATH",
                                                    "HOME",
                                                    "USER",
                                                    "LOGNAME",
                                                    "LANG",
                                                    "LANGUAGE",
                                                    "TZ",
                                                    "TZDIR",
                                                    "TMPDIR",
                                                    "LD_LIBRARY_PATH",
                                                    "LD_PRELOAD",
                                                    "SSL_CERT_FILE",
                                                    "SSL_CERT_DIR",
                                                    "OPENSSL_CONF",
                                                    "GLIBC_TUNABLES",
                                                    "ASAN_OPTIONS",
                                                    "UBSAN_OPTIONS",
                                                    "TSAN_OPTIONS",
                                                    "LSAN_OPTIONS",
                                                    "LLVM_PROFILE_FILE"};
  return name.starts_with("LC_") || name.starts_with("MALLOC_") ||
         std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

std::string ExitStatus::str() const {
  if (signal == 0) return fmt::format("exit code {}", code);
  return fmt::format("killed by signal {} ({})", signal,
                     ::sigabbrev_np(signal) != nullptr ? ::sigabbrev_np(signal) : "unknown");
}

base::Result<Process> spawn(const SpawnOptions& options) {
  if (options.fds.size() > kPassedFdsMax) return base::fail("too many descriptors to pass");
  const std::string name = options.name.empty() ? options.program.string() : options.name;
  std::vector<std::string> arguments{name};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  std::vector<std::string> variables = environment();
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(variables);

  std::array<int, 2> report{};
  if (::pipe2(report.data(), O_CLOEXEC) != 0) {
    return base::fail(fmt::format("pipe: {}", std::strerror(errno)));
  }
  const base::UniqueFd report_read(report[0]);
  base::UniqueFd report_write(report[1]);
  ChildPlan plan{.program = options.program.c_str(),
                 .argv = argv.data(),
                 .envp = envp.data(),
                 .fds = {},
                 .fd_count = options.fds.size(),
                 .is_new_session = options.is_new_session,
                 .dies_with_parent = options.dies_with_parent,
                 .parent = ::getpid(),
                 .report_fd = report_write.get()};
  std::copy(options.fds.begin(), options.fds.end(), plan.fds.begin());

  const pid_t pid = ::fork();
  if (pid < 0) return base::fail(fmt::format("fork: {}", std::strerror(errno)));
  if (pid == 0) run_child(plan);
  report_write.reset();
  Process process(pid, base::UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))));
  int child_errno = 0;
  ssize_t got = 0;
  do {
    got = ::read(report_read.get(), &child_errno, sizeof(child_errno));
  } while (got < 0 && errno == EINTR);
  if (got == sizeof(child_errno)) {
    (void)process.wait_for_ms(1'000);
    return base::fail(fmt::format("{}: cannot be run: {}", name, std::strerror(child_errno)));
  }
  return process;
}

Process::~Process() {
  if (pidfd_) (void)poll_exit();
}

std::optional<ExitStatus> Process::poll_exit() {
  if (exit_ || !pidfd_) return exit_;
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED | WNOHANG) != 0 ||
      info.si_pid == 0) {
    return std::nullopt;
  }
  exit_ = info.si_code == CLD_EXITED ? ExitStatus{.code = info.si_status, .signal = 0}
                                     : ExitStatus{.code = 0, .signal = info.si_status};
  return exit_;
}

std::optional<ExitStatus> Process::wait_for_ms(int timeout_ms) {
  if (exit_) return exit_;
  pollfd watched{.fd = pidfd_.get(), .events = POLLIN, .revents = 0};
  while (::poll(&watched, 1, timeout_ms) < 0 && errno == EINTR) {
  }
  return poll_exit();
}

bool Process::is_stopped() const {
  siginfo_t info{};
  return !exit_ && pidfd_ &&
         ::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WSTOPPED | WNOHANG | WNOWAIT) ==
             0 &&
         info.si_pid != 0;
}

bool Process::is_runnable() const {
  std::error_code failed;
  std::filesystem::directory_iterator task(fmt::format("/proc/{}/task", pid_), failed);
  for (; !failed && task != std::filesystem::directory_iterator(); task.increment(failed)) {
    std::ifstream file(task->path() / "stat");
    std::string stat;
    std::getline(file, stat);
    // The state follows the name, which stands in brackets and may hold any.
    const std::size_t at = stat.rfind(") ");
    if (at != std::string::npos && stat.compare(at + 2, 1, "R") == 0) return true;
  }
  return false;
}

base::Duration Process::cpu_time() const {
  clockid_t clock = 0;
  timespec used{};
  if (clock_getcpuclockid(pid_, &clock) != 0 || clock_gettime(clock, &used) != 0) return {};
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

void Process::send_signal(int signal) const {
  if (!exit_ && pidfd_) ::syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0);
}

void Process::kill_group() const {
  // Until the leader is reaped its number, and so the group's, can't be given to anybody else.
  if (!exit_ && pid_ > 1) ::kill(-pid_, SIGKILL);
}

}  // namespace shelcaster::launch
