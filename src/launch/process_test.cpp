#include "launch/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

namespace shelcaster::launch {
namespace {

constexpr int kLongMs = 20'000;

struct Pipe {
  Pipe() {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) std::abort();
    read.reset(fds[0]);
    write.reset(fds[1]);
  }
  std::string read_all() {
    write.reset();
    std::string text;
    std::array<char, 4096> part{};
    for (ssize_t got = 0; (got = ::read(read.get(), part.data(), part.size())) > 0;) {
      text.append(part.data(), static_cast<std::size_t>(got));
    }
    return text;
  }
  base::UniqueFd read, write;
};

SpawnOptions shell(const std::string& script) {
  SpawnOptions options;
  options.program = "/bin/sh";
  options.arguments = {"-c", script};
  return options;
}

TEST(Process, GetsJustTheDescriptorsThatWerePassed) {
  Pipe output;
  const base::UniqueFd secret(::open("/dev/zero", O_RDONLY));  // inheritable by mistake
  ASSERT_TRUE(secret);
  SpawnOptions options = shell("exec ls -1 /proc/self/fd");
  options.fds = {{.source = output.write.get(), .target = 1},
                 {.source = output.write.get(), .target = 7}};
  auto process = spawn(options);
  ASSERT_TRUE(process) << process.error().message;
  // `ls` itself opens the folder it lists, as the lowest free number: 3.
  EXPECT_EQ(output.read_all(), "0\n1\n2\n3\n7\n");
  EXPECT_EQ(process->wait_for_ms(kLongMs)->code, 0);
}

TEST(Process, PassesDescriptorsWhoseNumbersAreSwapped) {
  Pipe a;
  Pipe b;
  SpawnOptions options =
      shell(fmt::format("echo a >&{}; echo b >&{}", b.write.get(), a.write.get()));
  options.program = "/bin/bash";  // dash knows one-digit descriptors only
  options.fds = {{.source = a.write.get(), .target = b.write.get()},
                 {.source = b.write.get(), .target = a.write.get()}};
  auto process = spawn(options);
  ASSERT_TRUE(process) << process.error().message;
  EXPECT_EQ(a.read_all(), "a\n");
  EXPECT_EQ(b.read_all(), "b\n");
}

TEST(Process, TellsExitCodeAndSignal) {
  auto leaves = spawn(shell("exit 3"));
  ASSERT_TRUE(leaves);
  EXPECT_EQ(leaves->wait_for_ms(kLongMs)->str(), "exit code 3");

  auto killed = spawn(shell("exec sleep 60"));
  ASSERT_TRUE(killed);
  EXPECT_FALSE(killed->poll_exit());
  killed->kill_group();
  EXPECT_EQ(killed->wait_for_ms(kLongMs)->str(), "killed by signal 9 (KILL)");
}

TEST(Process, TellsWhetherItIsStoppedAndWhetherItHasWork) {
  Pipe output;
  SpawnOptions options = shell("echo ready; while :; do :; done");
  options.fds = {{.source = output.write.get(), .target = 1}};
  auto process = spawn(options);
  ASSERT_TRUE(process);
  std::array<char, 6> ready{};
  ASSERT_EQ(::read(output.read.get(), ready.data(), ready.size()), 6);
  EXPECT_FALSE(process->is_stopped());
  EXPECT_TRUE(process->is_runnable());
  const base::Duration used = process->cpu_time();
  while (process->cpu_time() < used + std::chrono::milliseconds(20)) std::this_thread::yield();
  process->send_signal(SIGSTOP);
  while (!process->is_stopped()) std::this_thread::yield();
  EXPECT_TRUE(process->is_stopped()) << "asked again it says so again";
  EXPECT_FALSE(process->is_runnable());
  const base::Duration stopped_at = process->cpu_time();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(process->cpu_time(), stopped_at);
  process->send_signal(SIGCONT);
  while (process->is_stopped()) std::this_thread::yield();
  process->kill_group();
  EXPECT_TRUE(process->wait_for_ms(kLongMs));
  EXPECT_FALSE(process->is_stopped());
}

TEST(Process, SaysWhyAProgramCannotBeRun) {
  SpawnOptions options;
  options.program = "/nonexistent/program";
  const auto process = spawn(options);
  ASSERT_FALSE(process);
  EXPECT_EQ(process.error().message,
            "/nonexistent/program: cannot be run: No such file or directory");
}

TEST(Process, InheritsOnlyWhatIsKnownToBeNoSecret) {
  ::setenv("SHELCASTER_ADMIN_TOKEN", "secret", 1);
  ::setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
  ::setenv("TZ", "UTC", 1);
  Pipe output;
  SpawnOptions options =
      shell("echo \"[$SHELCASTER_ADMIN_TOKEN$AWS_SECRET_ACCESS_KEY][$TZ][${PATH:+found}]\"");
  options.fds = {{.source = output.write.get(), .target = 1}};
  auto process = spawn(options);
  for (const char* name : {"SHELCASTER_ADMIN_TOKEN", "AWS_SECRET_ACCESS_KEY", "TZ"}) {
    ::unsetenv(name);
  }
  ASSERT_TRUE(process);
  EXPECT_EQ(output.read_all(), "[][UTC][found]\n");
}

TEST(Process, DiesWithTheThreadThatSpawnedItIfAsked) {
  std::optional<Process> process;
  std::thread([&] {
    SpawnOptions options = shell("exec sleep 60");
    options.dies_with_parent = true;
    process.emplace(std::move(spawn(options).value()));
  }).join();
  const auto exit = process->wait_for_ms(kLongMs);
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->signal, SIGKILL);
}

TEST(Process, LeadsASessionOfItsOwnIfAsked) {
  auto sleeper = shell("exec sleep 60");
  sleeper.is_new_session = true;
  auto leader = spawn(sleeper);
  ASSERT_TRUE(leader);
  EXPECT_EQ(::getsid(leader->pid()), leader->pid());
  leader->kill_group();
  EXPECT_TRUE(leader->wait_for_ms(kLongMs));
}

}  // namespace
}  // namespace shelcaster::launch
