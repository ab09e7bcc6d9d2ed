#include "app/keeper/keeper_role.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.hpp"
#include "launch/process.hpp"
#include "launch/program.hpp"
#include "link/frame.hpp"
#include "link/messages.hpp"
#include "runtime/frame_channel.hpp"
#include "runtime/system_clock.hpp"
#include "tape/tape.hpp"

namespace shelcaster::app {
namespace {

namespace json = boost::json;

constexpr std::string_view kTold = "told";
constexpr int kTapeSeconds = 20;  // not the default

/// What a made-up child was told, in a message that its keeper passes on: of mix at once, of
/// publish with the next status.
json::object told_by(bool is_mix, const json::object& message) {
  if (is_mix) return link::to_json(link::Ack{std::string(kTold), false, json::serialize(message)});
  return link::to_json(link::PublishStatus{{{kTold, message}}});
}

// The made-up mix and publish: they move their position each 10 ms, echo what they are told, and
// crash or hang when a command asks for it, or rest: then mix writes silence, and after a while of
// it each second only. Without their show's settings they end at once.
[[noreturn]] void run_fake_child(bool is_mix) {
  const auto settings = take_show_settings(7);
  if (!settings || settings->tape_s != kTapeSeconds) ::_exit(3);
  auto writer = tape::TapeWriter::attach(5).value();
  auto reader = tape::TapeReader::attach(5).value();
  link::FrameReader frames;
  const std::vector<float> block(960, 0.1F);
  std::optional<base::SampleTime> silent_since;
  for (;;) {
    pollfd waiting{.fd = 3, .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, 10) > 0) {
      std::array<std::byte, 4096> bytes{};
      const ssize_t got = ::recv(3, bytes.data(), bytes.size(), 0);
      if (got <= 0) ::_exit(0);
      frames.feed(std::span(bytes).first(static_cast<std::size_t>(got)));
    }
    while (auto message = frames.next().value()) {
      const auto type = std::string(link::type_of(*message));
      if (type == "stop") ::_exit(0);
      if (type == "command" && message->at("command") == "CRASH") ::abort();
      if (type == "command" && message->at("command") == "REST") {
        silent_since = writer.head();
      } else if (type == "command") {
        ::pause();
      }
      const std::string told = *link::write_frame(told_by(is_mix, *message));
      (void)!::write(3, told.data(), told.size());
    }
    if (is_mix) {
      // Up to now, as a mixer does.
      const base::Duration since_epoch = runtime::SystemClock::now() - writer.epoch().monotonic;
      const base::SampleTime now(base::to_samples(since_epoch));
      const bool rests = silent_since && writer.head() - *silent_since > base::kSampleRate * 6 / 5;
      if (now - writer.head() <= (rests ? base::kSampleRate : 480)) continue;
      if (silent_since) {
        writer.write_silence_until(now);
      } else {
        writer.write(now - 480, block);
      }
    } else {
      reader.set_reader_position(reader.head());
      reader.set_publish_due(runtime::SystemClock::now() + std::chrono::milliseconds(10));
    }
  }
}

// This very test program is the keeper and its children, by its first argument.
__attribute__((constructor)) void become_a_role(int argc, char** argv) {
  if (argc < 2) return;
  const std::string_view role(argv[1]);
  if (role == "mix" || role == "publish") run_fake_child(role == "mix");
  if (role == "test-keeper") {
    KeeperOptions options;
    options.show_id = "show-test";
    options.data_dir = argv[2];
    options.settings.tape_s = kTapeSeconds;
    base::log::start("keeper", base::log::Level::kInfo);
    options.mix_program = options.publish_program = launch::own_executable();
    ::_exit(run_keeper(options));
  }
}

class KeeperTest : public testing::Test {
 protected:
  /// Without a log it writes to what we do.
  explicit KeeperTest(bool has_log = false) {
    std::filesystem::create_directories(dir_ / "run");
    listener_ = std::move(
        runtime::FrameListener::listen(io_, dir_ / "run" / "link.sock", [this](base::UniqueFd fd) {
          channel_ = std::make_unique<runtime::FrameChannel>(
              io_, std::move(fd),
              runtime::FrameChannel::Handlers{
                  [this](json::object m) { got_.push_back(std::move(m)); },
                  [](std::string_view) {}});
        }).value());
    launch::SpawnOptions options;
    options.program = launch::own_executable();
    options.arguments = {"test-keeper", dir_.string()};
    options.is_new_session = true;
    if (has_log) {
      std::filesystem::create_directories(dir_ / "log");
      log_ = base::UniqueFd(
          ::open(log_path().c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
      options.fds = {{.source = log_.get(), .target = STDOUT_FILENO},
                     {.source = log_.get(), .target = STDERR_FILENO}};
    }
    keeper_.emplace(std::move(launch::spawn(options).value()));
  }
  ~KeeperTest() override {
    keeper_->send_signal(SIGKILL);
    (void)keeper_->wait_for_ms(5'000);
    channel_.reset();
    listener_.reset();
    std::filesystem::remove_all(dir_);
  }

  /// The next message for which `wanted` is true; the others are dropped.
  template <typename Wanted>
  std::optional<json::object> next(Wanted wanted) {
    const base::Instant end = runtime::SystemClock::now() + std::chrono::seconds(30);
    while (runtime::SystemClock::now() < end) {
      while (!got_.empty()) {
        const json::object message = std::move(got_.front());
        got_.erase(got_.begin());
        if (wanted(message)) return message;
      }
      io_.run_one_for(std::chrono::milliseconds(50));
    }
    return std::nullopt;
  }
  std::optional<json::object> next_of(std::string_view type) {
    return next([type](const json::object& m) { return link::type_of(m) == type; });
  }
  /// What mix was told, as it passes it on; nothing if the message is another one.
  static std::optional<json::object> told_to_mix(const json::object& m) {
    if (link::type_of(m) != link::Ack::kType || m.at("id") != json::value(kTold)) return {};
    return json::parse(m.at("error").as_string()).as_object();
  }
  static std::optional<json::object> told_to_publish(const json::object& m) {
    if (link::type_of(m) != link::Status::kType) return {};
    const json::value* told = m.at("publish").as_object().if_contains(kTold);
    return told != nullptr ? std::optional(told->as_object()) : std::nullopt;
  }
  std::optional<json::object> next_told_to_mix() {
    const auto message = next([](const json::object& m) { return told_to_mix(m).has_value(); });
    return message ? told_to_mix(*message) : std::nullopt;
  }
  static json::object command(const char* id, const char* name) {
    return link::to_json(
        link::Command{.id = id, .command = name, .item_id = {}, .position_ms = {}, .item = {}});
  }
  static json::object desired(std::int64_t version) {
    link::Desired desired;
    desired.version = version;
    desired.show_id = "show-test";
    return link::to_json(desired);
  }
  static bool is_all_running(const json::object& m) {
    return link::type_of(m) == "status" && m.at("mix").at("state") == "RUNNING" &&
           m.at("publish").at("state") == "RUNNING";
  }
  /// Of a process to which `harm` has been done.
  template <typename Harm>
  base::Duration time_to_die(int pid, Harm harm) {
    const base::UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    EXPECT_TRUE(pidfd);
    // Somewhere between two checks of the keeper.
    io_.run_for(std::chrono::milliseconds(130));
    const base::Instant start = runtime::SystemClock::now();
    harm(pid);
    pollfd ended{.fd = pidfd.get(), .events = POLLIN, .revents = 0};
    while (::poll(&ended, 1, 1) == 0) {
      io_.poll();
      if (runtime::SystemClock::now() - start > std::chrono::seconds(20)) break;
    }
    got_.clear();
    return runtime::SystemClock::now() - start;
  }
  std::optional<json::object> running(int mix_restarts) {
    return next([&](const json::object& m) {
      return link::type_of(m) == "status" && m.at("mix").at("state") == "RUNNING" &&
             m.at("publish").at("state") == "RUNNING" && m.at("mix").at("restarts") == mix_restarts;
    });
  }

  [[nodiscard]] std::filesystem::path log_path() const { return dir_ / "log" / "show-test.log"; }

  const std::filesystem::path dir_ =
      std::filesystem::temp_directory_path() / ("keeper-test-" + std::to_string(::getpid()));
  boost::asio::io_context io_;
  std::vector<json::object> got_;
  std::unique_ptr<runtime::FrameListener> listener_;
  std::unique_ptr<runtime::FrameChannel> channel_;
  base::UniqueFd log_;
  std::optional<launch::Process> keeper_;
};

class KeeperWithALogTest : public KeeperTest {
 protected:
  KeeperWithALogTest() : KeeperTest(true) {}
};

TEST_F(KeeperWithALogTest, TurnsItOverAndTellsItsChildrenWhereToWrite) {
  constexpr std::uintmax_t kFull = (8U << 20U) + 1;
  ASSERT_TRUE(next(is_all_running));
  std::filesystem::resize_file(log_path(), kFull);
  std::set<std::string> told;
  const auto is_told = [&](const json::object& m) {
    for (const auto& what : {told_to_mix(m), told_to_publish(m)}) {
      if (!what || link::type_of(*what) != link::NewLog::kType) continue;
      told.insert(told_to_mix(m) ? "mix" : "publish");
      EXPECT_EQ(what->at("before"), json::value(log_path().string() + ".1"));
      EXPECT_EQ(what->at("now"), json::value(log_path().string()));
    }
    return told.size() == 2;
  };
  ASSERT_TRUE(next(is_told)) << "mix and publish";
  EXPECT_GE(std::filesystem::file_size(log_path().string() + ".1"), kFull);
  // What the keeper says from now on is in the new one.
  std::ifstream in(log_path());
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  EXPECT_NE(text.find("the log was full"), std::string::npos);
}

TEST_F(KeeperTest, HandsItsSettingsToItsChildrenAndToTheirSuccessors) {
  const auto first = running(0);
  ASSERT_TRUE(first) << "they had them";
  ::kill(static_cast<pid_t>(first->at("mix").at("pid").as_int64()), SIGKILL);
  ::kill(static_cast<pid_t>(first->at("publish").at("pid").as_int64()), SIGKILL);
  EXPECT_TRUE(next([](const json::object& m) {
    return is_all_running(m) && m.at("mix").at("restarts") == 1 &&
           m.at("publish").at("restarts") == 1;
  }));
}

TEST_F(KeeperTest, RestartsAMixThatCrashesAndOneThatHangsAndTellsItTheDesiredState) {
  ASSERT_TRUE(next_of("hello"));
  ASSERT_TRUE(running(0));
  channel_->send(desired(7));
  ASSERT_TRUE(next_told_to_mix());
  for (int mixer = 1; mixer <= 5; ++mixer) {
    channel_->send(command("1", "CRASH"));
    const auto told = next_told_to_mix();
    ASSERT_TRUE(told);
    EXPECT_EQ(told->at("version"), 7);
    ASSERT_TRUE(running(mixer));
  }
  channel_->send(command("2", "HANG"));
  EXPECT_TRUE(running(6)) << "the command before it has been given up";
}

TEST_F(KeeperTest, KillsAChildThatWasStoppedWithinAQuarterOfASecond) {
  for (const char* child : {"mix", "publish"}) {
    // A machine that is busy with other things may hold up the keeper: the best of three counts.
    base::Duration best = std::chrono::hours(1);
    for (int i = 0; i < 3; ++i) {
      const auto status = next([](const json::object& m) { return is_all_running(m); });
      ASSERT_TRUE(status);
      best = std::min(best, time_to_die(static_cast<int>(status->at(child).at("pid").as_int64()),
                                        [](int pid) { ::kill(pid, SIGSTOP); }));
    }
    EXPECT_LT(best, std::chrono::milliseconds(250)) << child;
  }
}

TEST_F(KeeperTest, KillsAMixThatHangsWithinAQuarterOfASecond) {
  base::Duration best = std::chrono::hours(1);
  for (int i = 0; i < 3; ++i) {
    const auto status = next([](const json::object& m) { return is_all_running(m); });
    ASSERT_TRUE(status);
    best = std::min(best, time_to_die(static_cast<int>(status->at("mix").at("pid").as_int64()),
                                      [&](int) { channel_->send(command("1", "HANG")); }));
  }
  EXPECT_LT(best, std::chrono::milliseconds(260)) << "with the way of the command";
}

TEST_F(KeeperTest, LeavesAMixAloneThatRestsWhilePublishStartsAgain) {
  ASSERT_TRUE(running(0));
  channel_->send(command("1", "REST"));
  io_.run_for(std::chrono::milliseconds(2'500));
  for (int i = 0; i < 5; ++i) {
    got_.clear();
    const auto status = running(0);
    ASSERT_TRUE(status);
    ::kill(static_cast<int>(status->at("publish").at("pid").as_int64()), SIGKILL);
    // Each time it is started later, up to 2 s.
    io_.run_for(std::chrono::milliseconds(100));
  }
  EXPECT_TRUE(running(0));
}

TEST_F(KeeperTest, DialsAServeThatComesBackAndStopsWhenTold) {
  ASSERT_TRUE(next_of("hello"));
  channel_->send(desired(3));
  ASSERT_TRUE(next_told_to_mix());
  channel_.reset();
  got_.clear();
  const auto hello = next_of("hello");
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->at("desiredVersion"), 3);
  channel_->send(link::to_json(link::Stop{}));
  EXPECT_TRUE(next_of("stopped"));
  const auto exit = keeper_->wait_for_ms(20'000);
  ASSERT_TRUE(exit);
  EXPECT_EQ(exit->str(), "exit code 0");
}

TEST_F(KeeperTest, TellsTheMixAndEachNewOneWhetherAnybodyWatches) {
  ASSERT_TRUE(running(0));
  const json::object watch = link::to_json(link::Watch{false});
  channel_->send(watch);
  ASSERT_TRUE(next_told_to_mix());
  channel_->send(command("1", "CRASH"));
  EXPECT_EQ(next_told_to_mix(), watch);
}

TEST_F(KeeperTest, StopsOnSigterm) {
  ASSERT_TRUE(running(0));
  keeper_->send_signal(SIGTERM);
  EXPECT_TRUE(next_of("stopped"));
  EXPECT_TRUE(keeper_->wait_for_ms(20'000));
}

}  // namespace
}  // namespace shelcaster::app
