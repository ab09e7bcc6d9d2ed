#include "app/publish/publish_role.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <chrono>
#include <filesystem>
#include <vector>

#include "link/frame.hpp"
#include "media/ffmpeg_for_tests.hpp"
#include "tape/tape.hpp"

namespace shelcaster::app {
namespace {

namespace json = boost::json;
using media::TestFolder;

/// The keeper's side of a publish process, with a tape that this test writes in real time.
class Keeper {
 public:
  explicit Keeper(const TestFolder& folder) : folder_(folder) { start(); }
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;
  ~Keeper() { close(link_); }

  void start() {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) std::abort();
    child_ = fork();
    if (child_ == 0) {
      close(ends[0]);
      _exit(run_publish({.tape_fd = tape_.fd(),
                         .link_fd = ends[1],
                         .hls_dir = folder_.path().string(),
                         .recordings_dir = folder_ / "recordings"}));
    }
    close(ends[1]);
    link_ = ends[0];
    reader_ = {};
  }
  void send(const json::object& message) {
    const std::string frame = *link::write_frame(message);
    ASSERT_EQ(::send(link_, frame.data(), frame.size(), 0), static_cast<ssize_t>(frame.size()));
  }
  /// Writes the tape block by block in real time and keeps the last status.
  void run(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    for (auto due = std::chrono::steady_clock::now(); due < end;
         due += std::chrono::milliseconds(10)) {
      writer_.write(writer_.head(), media::tone(1000, 0.25, writer_.head().samples(), 480));
      do {
        receive(1);
      } while (std::chrono::steady_clock::now() < due + std::chrono::milliseconds(10));
    }
  }
  void kill_child() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
    close(link_);
  }
  int wait() {
    while (receive(100)) {
    }
    int status = 0;
    return waitpid(child_, &status, 0) == child_ && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] const json::object& status() const { return status_; }
  [[nodiscard]] std::int64_t head() const { return writer_.head().samples(); }
  void hang_up() { shutdown(link_, SHUT_RDWR); }

 private:
  /// False at the end of the link.
  bool receive(int timeout_ms) {
    pollfd waiting{link_, POLLIN, 0};
    if (poll(&waiting, 1, timeout_ms) <= 0) return true;
    std::array<std::byte, 4096> bytes{};
    const ssize_t got = recv(link_, bytes.data(), bytes.size(), 0);
    if (got <= 0) return false;
    reader_.feed(base::ByteSpan(bytes).first(static_cast<std::size_t>(got)));
    for (auto next = reader_.next(); next && *next; next = reader_.next()) status_ = **next;
    return true;
  }

  const TestFolder& folder_;
  tape::Tape tape_ =
      tape::create_tape(12, {base::Instant(), base::WallTime::from_unix_ms(1'700'000'000'000)})
          .value();
  tape::TapeWriter writer_ = tape::TapeWriter::attach(tape_.fd()).value();
  link::FrameReader reader_;
  json::object status_;
  pid_t child_ = -1;
  int link_ = -1;
};

TEST(PublishRole, PublishesReportsAndEndsTheListOnStop) {
  const TestFolder folder;
  Keeper keeper(folder);
  keeper.send({{"type", "desired"},
               {"version", 1},
               {"outputs", {json::object{{"id", "rtmp"}, {"url", "http://not-rtmp/secret"}}}}});
  keeper.run(std::chrono::milliseconds(4'500));  // a status comes every other second
  EXPECT_EQ(keeper.status().at("type").as_string(), "publish_status");
  const auto& output = keeper.status().at("outputs").as_array().at(0).as_object();
  EXPECT_EQ(output.at("id").as_string(), "rtmp");
  EXPECT_EQ(output.at("state").as_string(), "retrying");
  EXPECT_EQ(json::serialize(keeper.status()).find("secret"), std::string::npos);
  EXPECT_EQ(keeper.status().at("hls").at("lastSegment").as_int64(), 0);
  EXPECT_EQ(keeper.status().at("hls").at("lastSegmentUnixMs").as_int64(), 1'700'000'001'984);

  const auto& decoded = keeper.status().at("hls").at("decoded");
  EXPECT_EQ(decoded.at("segment").as_int64(), 0);
  EXPECT_EQ(decoded.at("samples").as_int64(), 95'232);
  EXPECT_NEAR(decoded.at("peakDb").as_double(), -12, 0.5);
  EXPECT_TRUE(decoded.at("ok").as_bool());

  keeper.send({{"type", "stop"}});
  EXPECT_EQ(keeper.wait(), 0);
  EXPECT_TRUE(media::read_file(folder / "index.m3u8").ends_with("#EXT-X-ENDLIST\n"));
  EXPECT_GE(static_cast<std::int64_t>(media::decoded_by_ffmpeg(folder / "index.m3u8").size()) / 2,
            keeper.head());
}

TEST(PublishRole, KilledAndStartedAgainItGoesOnWithoutAGap) {
  const TestFolder folder;
  Keeper keeper(folder);
  keeper.run(std::chrono::milliseconds(3'500));
  keeper.kill_child();
  keeper.start();
  keeper.run(std::chrono::milliseconds(2'500));
  keeper.send({{"type", "stop"}});
  EXPECT_EQ(keeper.wait(), 0);
  EXPECT_EQ(media::read_file(folder / "index.m3u8").find("DISCONTINUITY\n"), std::string::npos);
  const auto got = media::decoded_by_ffmpeg(folder / "index.m3u8");
  ASSERT_GE(static_cast<std::int64_t>(got.size()) / 2, keeper.head());
  const auto range = media::tone_range_db(
      std::span(got).subspan(2 * 4'800, 2 * static_cast<std::size_t>(keeper.head() - 9'600)), 1000);
  EXPECT_NEAR(range.min_db, -12.04, 0.3);
  EXPECT_NEAR(range.max_db, -12.04, 0.3);
}

TEST(PublishRole, RecordsAndGoesOnWithTheRecordingWhenItWasKilled) {
  const TestFolder folder;
  Keeper keeper(folder);
  const json::object desired{
      {"type", "desired"},
      {"version", 1},
      {"outputs", {json::object{{"id", "recording"}, {"kind", "recording"}, {"url", ""}}}}};
  keeper.send(desired);
  keeper.run(std::chrono::milliseconds(3'500));
  const auto& output = keeper.status().at("outputs").as_array().at(0).as_object();
  EXPECT_EQ(output.at("state").as_string(), "live");
  keeper.kill_child();
  keeper.start();
  keeper.send(desired);
  keeper.run(std::chrono::milliseconds(2'500));
  keeper.send({{"type", "stop"}});
  EXPECT_EQ(keeper.wait(), 0);
  std::vector<std::filesystem::path> recordings;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "recordings")) {
    if (entry.path().filename().string().starts_with("rec-")) recordings.push_back(entry.path());
  }
  ASSERT_EQ(recordings.size(), 1U);
  const auto flac = media::decoded_by_ffmpeg((recordings[0] / "programme.flac").string());
  ASSERT_EQ(static_cast<std::int64_t>(flac.size()) / 2, keeper.head());
  const auto original = media::tone(1000, 0.25, 0, keeper.head());
  for (std::size_t i = 0; i < flac.size(); ++i) {
    ASSERT_NEAR(flac[i], original[i], 1e-6) << "sample " << i / 2;
  }
  const auto aac = media::decoded_by_ffmpeg((recordings[0] / "programme.aac").string());
  EXPECT_GE(static_cast<std::int64_t>(aac.size()) / 2, keeper.head());
  const auto range = media::tone_range_db(
      std::span(aac).subspan(2 * 4'800, 2 * static_cast<std::size_t>(keeper.head() - 9'600)), 1000);
  EXPECT_NEAR(range.min_db, -12.04, 0.3);
  EXPECT_NEAR(range.max_db, -12.04, 0.3);
}

TEST(PublishRole, LeavesTheListOpenWhenTheKeeperIsGone) {
  const TestFolder folder;
  Keeper keeper(folder);
  keeper.run(std::chrono::milliseconds(300));
  keeper.hang_up();
  EXPECT_EQ(keeper.wait(), 0);
  EXPECT_EQ(media::read_file(folder / "index.m3u8").find("ENDLIST"), std::string::npos);
}

TEST(PublishRole, SaysThatItCantStartWithoutATape) {
  EXPECT_EQ(run_publish({.hls_dir = "/tmp", .recordings_dir = "/tmp"}), 1);
}

}  // namespace
}  // namespace shelcaster::app
