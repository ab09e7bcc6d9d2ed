#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "base/unique_fd.hpp"

namespace shelcaster::launch {

/// The parent's `source` becomes the child's `target`. Sources stay the parent's.
struct PassedFd {
  int source = -1;
  int target = -1;
};

/// Whether children inherit an environment variable of this name: what says where programs, time
/// zones and certificates are, and what sanitizers and allocators are set by. What isn't known may
/// be somebody's secret.
bool is_inherited(std::string_view name);

struct SpawnOptions {
  std::filesystem::path program;
  /// What ps and top show, and errors say; empty: the program's path.
  std::string name;
  std::vector<std::string> arguments;  // without argv[0]
  /// With standard error, the only descriptors that the child has. Standard input is /dev/null
  /// unless passed; standard output goes to standard error unless passed.
  std::vector<PassedFd> fds;
  /// A session (and process group) of its own: signals for the parent's terminal or group don't
  /// reach it. Else it gets a process group of its own only.
  bool is_new_session = false;
  /// SIGKILL it when the thread that spawned it ends: spawn from a thread that lives as long as the
  /// process.
  bool dies_with_parent = false;
};

struct ExitStatus {
  int code = 0;    // exit code, if signal is 0
  int signal = 0;  // what killed it

  /// "exit code 3" or "killed by signal 9 (Killed)".
  [[nodiscard]] std::string str() const;
};

/// A child process, known by its pidfd so that no other process can be meant by mistake. Destroying
/// it lets the child run on, unless it has ended, in which case it is reaped.
class Process {
 public:
  Process(pid_t pid, base::UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  Process(Process&&) noexcept = default;
  Process& operator=(Process&&) noexcept = default;
  ~Process();

  [[nodiscard]] pid_t pid() const { return pid_; }
  /// Readable when the process has ended.
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }

  /// Its end, if it has ended; reaps it. Never blocks.
  std::optional<ExitStatus> poll_exit();
  /// Blocks until it ends or the time is over.
  std::optional<ExitStatus> wait_for_ms(int timeout_ms);
  /// Stopped by a signal (SIGSTOP …) and not continued since: it does nothing and won't by itself.
  [[nodiscard]] bool is_stopped() const;
  /// A thread of it is on a processor or waits for one.
  [[nodiscard]] bool is_runnable() const;
  /// What all its threads have had of processors since it began; 0 if it has ended.
  [[nodiscard]] base::Duration cpu_time() const;
  /// SIGTERM, SIGKILL …; nothing if it has ended.
  void send_signal(int signal) const;
  /// SIGKILL to its whole process group, for a session leader whose children must go too.
  void kill_group() const;

 private:
  pid_t pid_ = -1;
  base::UniqueFd pidfd_;
  std::optional<ExitStatus> exit_;
};

/// Starts a program with just the given descriptors, default signals and an empty signal mask.
/// An error says why the program could not be executed. May be called with other threads running.
base::Result<Process> spawn(const SpawnOptions& options);

}  // namespace shelcaster::launch
