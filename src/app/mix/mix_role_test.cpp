#include "app/mix/mix_role.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <vector>

#include "base/log.hpp"
#include "link/frame.hpp"
#include "link/messages.hpp"
#include "media/ready_file.hpp"
#include "runtime/frame_channel.hpp"
#include "runtime/system_clock.hpp"
#include "runtime/udp_socket.hpp"
#include "tape/checkpoint.hpp"
#include "tape/tape.hpp"

namespace shelcaster::app {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

/// The keeper's side of a mix process, which runs with all its threads and real descriptors.
class MixRoleTest : public testing::Test {
 protected:
  MixRoleTest() {
    std::string pattern = testing::TempDir() + "mixXXXXXX";
    dir_ = mkdtemp(pattern.data());
    start();
  }
  void start() {
    checkpoint_.note_start();
    frames_ = {};
    auto ends = runtime::unix_pair().value();
    child_ = fork();
    if (child_ == 0) {
      ends.first.reset();
      base::log::start("mix show-test", base::log::Level::kInfo);  // before there are two threads
      _exit(run_mix({.link_fd = ends.second.release(),
                     .udp_fd = dup(udp_.fd()),
                     .tape_fd = tape_.fd(),
                     .checkpoint_fd = checkpoint_.fd()}));
    }
    link_ = std::move(ends.first);
  }
  void kill_child() {
    if (child_ <= 0) return;
    kill(child_, SIGKILL);
    waitpid(std::exchange(child_, -1), nullptr, 0);
  }
  ~MixRoleTest() override {
    kill_child();
    std::filesystem::remove_all(dir_);
  }

  link::QueueItem ready_file(const std::string& id, int frames) {
    const std::string path = dir_ / (id + ".wav");
    const base::UniqueFd file(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    auto writer = media::ReadyFileWriter::start(file.get());
    EXPECT_TRUE(writer->write(std::vector<float>(static_cast<std::size_t>(frames) * 2, 0.25F)));
    EXPECT_TRUE(writer->finish());
    return {
        .item_id = id, .track_id = {}, .path = path, .gain_db = 0, .duration_ms = {}, .title = id};
  }

  void send(const json::object& message) {
    const std::string frame = *link::write_frame(message);
    ASSERT_EQ(::send(link_.get(), frame.data(), frame.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(frame.size()));
  }
  /// The last message of each type is in said_. False if it never comes to that.
  bool until(const std::function<bool()>& is_so) {
    const auto end = std::chrono::steady_clock::now() + seconds(20);
    while (!is_so()) {
      if (std::chrono::steady_clock::now() > end || !receive()) return false;
    }
    return true;
  }
  int wait() {
    while (receive()) {
    }
    int status = 0;
    const pid_t ended = waitpid(std::exchange(child_, -1), &status, 0);
    return ended > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  /// The loudest of the last tenth of a second.
  float loudest() {
    std::vector<float> heard(2 * 4'800);
    const base::SampleTime head = reader_.head();
    if (head.samples() < 4'800) return 0;
    if (reader_.read(base::SampleTime(head.samples() - 4'800), heard) != tape::ReadResult::kOk) {
      return 0;
    }
    return *std::ranges::max_element(heard, {}, [](float s) { return std::fabs(s); });
  }

  runtime::UdpSocket udp_ = runtime::UdpSocket::bind(net::Endpoint::v4({127, 0, 0, 1}, 0)).value();
  tape::Tape tape_ = tape::create_tape(12, {runtime::SystemClock::now(),
                                            base::WallTime::from_unix_ms(1'700'000'000'000)})
                         .value();
  tape::TapeReader reader_ = tape::TapeReader::attach(tape_.fd()).value();
  tape::Checkpoint checkpoint_ = tape::Checkpoint::create().value();
  std::filesystem::path dir_;
  base::UniqueFd link_;
  std::map<std::string, json::object> said_;

 private:
  /// False at the end of the link.
  bool receive() {
    pollfd waiting{link_.get(), POLLIN, 0};
    if (poll(&waiting, 1, 100) <= 0) return true;
    std::array<std::byte, 4096> bytes{};
    const ssize_t got = recv(link_.get(), bytes.data(), bytes.size(), 0);
    if (got <= 0) return false;
    frames_.feed(base::ByteSpan(bytes).first(static_cast<std::size_t>(got)));
    for (auto next = frames_.next(); next && *next; next = frames_.next()) {
      said_[std::string(link::type_of(**next))] = **next;
    }
    return true;
  }

  link::FrameReader frames_;
  pid_t child_ = -1;
};

TEST_F(MixRoleTest, PlaysTheQueueOntoTheTapeAndEndsOnStop) {
  link::Desired desired;
  desired.version = 1;
  desired.queue = {ready_file("item-1", 24'000), ready_file("item-2", 960'000)};
  send(to_json(desired));
  link::Command play;
  play.id = "c1";
  play.command = "DECK_PLAY";
  send(to_json(play));
  EXPECT_TRUE(until([&] { return said_.contains("ack"); }));
  EXPECT_TRUE(said_["ack"].at("ok").as_bool());
  EXPECT_TRUE(until([&] { return said_.contains("deck_item_ended"); }));
  EXPECT_EQ(said_["deck_item_ended"].at("itemId").as_string(), "item-1");
  EXPECT_TRUE(until([&] { return loudest() > 0.05F; })) << "item-2 follows by itself";
  EXPECT_TRUE(until([&] { return said_.contains("mix_status") && said_.contains("levels"); }));
  // The fade, then the end.
  send(to_json(link::Stop{}));
  EXPECT_EQ(wait(), 0);
  EXPECT_LT(loudest(), 0.05F);
}

TEST_F(MixRoleTest, LeavesNoGapOnTheTapeWhenItIsKilledAgainAndAgain) {
  link::Desired desired;
  desired.version = 1;
  desired.queue = {ready_file("item-1", 48'000 * 60)};
  send(to_json(desired));
  send(to_json(link::Command{
      .id = "c1", .command = "DECK_PLAY", .item_id = {}, .position_ms = {}, .item = {}}));
  ASSERT_TRUE(until([&] { return loudest() > 0.05F; }));
  const base::SampleTime from = reader_.head() + 24'000;
  ASSERT_TRUE(until([&] { return reader_.head() > from; }));
  for (int death = 0; death < 5; ++death) {
    const base::SampleTime died_at = reader_.head();
    kill_child();
    start();
    send(to_json(desired));
    said_.clear();
    ASSERT_TRUE(until([&] { return said_.contains("sessions"); }));
    EXPECT_TRUE(said_["sessions"].at("isDeckKept").as_bool()) << "death " << death;
    // Longer than a crash loop's starts are apart.
    ASSERT_TRUE(until([&] { return reader_.head() > died_at + 48'000; }));
  }
  const base::SampleTime until_sample = reader_.head();
  std::vector<float> taped(2 * static_cast<std::size_t>(until_sample - from));
  ASSERT_EQ(reader_.read(from, taped), tape::ReadResult::kOk);
  const auto [least, most] = std::ranges::minmax(taped);
  EXPECT_GT(least, 0.05F) << "a gap";
  EXPECT_LT(most - least, 0.001F) << "a click";
}

TEST_F(MixRoleTest, BeginsAnewInACrashLoop) {
  link::Desired desired;
  desired.version = 1;
  send(to_json(desired));
  ASSERT_TRUE(until([&] { return said_.contains("sessions") && said_.contains("mix_status"); }));
  ASSERT_TRUE(until([&] { return checkpoint_.starts() == 0; }));
  for (int start_number = 1; start_number <= 4; ++start_number) {
    kill_child();
    checkpoint_.note_start();  // as many as never ran for long
    start();
    send(to_json(desired));
    said_.clear();
    ASSERT_TRUE(until([&] { return said_.contains("sessions"); }));
    EXPECT_EQ(said_["sessions"].at("isDeckKept").as_bool(), checkpoint_.starts() <= 2);
  }
  EXPECT_TRUE(until([&] { return checkpoint_.starts() == 0; }));
}

TEST_F(MixRoleTest, GoesOnTickingWhateverComesToItsSocket) {
  const auto other = runtime::UdpSocket::bind(net::Endpoint::v4({127, 0, 0, 1}, 0));
  ASSERT_TRUE(other.has_value());
  const std::array<std::byte, 64> zeros{};
  for (const unsigned first : {0U, 1U, 22U, 128U, 200U, 255U}) {
    auto junk = zeros;
    junk[0] = static_cast<std::byte>(first);
    sockaddr_storage to{};
    socklen_t size = sizeof(to);
    ASSERT_EQ(getsockname(udp_.fd(), reinterpret_cast<sockaddr*>(&to), &size), 0);
    EXPECT_EQ(
        sendto(other->fd(), junk.data(), junk.size(), 0, reinterpret_cast<sockaddr*>(&to), size),
        64);
  }
  EXPECT_TRUE(until([&] { return said_.contains("mix_status"); }));
  const std::int64_t before = reader_.head().samples();
  EXPECT_TRUE(until([&] { return reader_.head().samples() > before + 4'800; }));
  send(to_json(link::Stop{}));
  EXPECT_EQ(wait(), 0);
}

TEST_F(MixRoleTest, SendsLevelsOnlyWhileSomebodyWatchesAndThenAtOnceEvenAtRest) {
  const auto pass = [&](std::int64_t samples) {
    const base::SampleTime end = reader_.head() + samples;
    return until([&] { return reader_.head() >= end; });
  };
  EXPECT_TRUE(until([&] { return said_.contains("levels"); })) << "until told";
  send(to_json(link::Watch{false}));
  EXPECT_TRUE(pass(24'000));
  said_.clear();
  EXPECT_TRUE(pass(std::int64_t{6} * 48'000));
  EXPECT_FALSE(said_.contains("levels"));
  EXPECT_TRUE(said_.contains("mix_status"));

  const base::SampleTime asked = reader_.head();
  send(to_json(link::Watch{true}));
  ASSERT_TRUE(until([&] { return said_.contains("levels"); }));
  // The head may be a step of a rest behind the clock; then come seven blocks at most.
  EXPECT_LT(said_["levels"].at("at").as_int64(), asked.samples() + 28'800);
}

TEST_F(MixRoleTest, FillsASilentProgrammeWithABedUntilTheDeckIsUsed) {
  link::Desired desired;
  desired.version = 1;
  desired.dead_air.after_ms = 1'000;
  send(to_json(desired));
  ASSERT_TRUE(until([&] { return said_.contains("dead_air"); }));
  EXPECT_EQ(said_["dead_air"].at("started").as_string(), "bed");
  ASSERT_TRUE(until([&] { return loudest() > 0.02F; }));

  kill_child();
  start();
  send(to_json(desired));
  said_.clear();
  ASSERT_TRUE(until([&] { return said_.contains("sessions"); }));
  const base::SampleTime taken_over = reader_.head();
  ASSERT_TRUE(until([&] { return reader_.head() > taken_over + 48'000; }));
  EXPECT_FALSE(said_.contains("dead_air")) << "it goes on and doesn't start again";
  EXPECT_TRUE(until([&] { return loudest() > 0.02F; }));
  if (said_.contains("deck")) {
    EXPECT_EQ(said_["deck"].at("state").as_string(), "STOPPED");
  }

  desired.version = 2;
  desired.queue = {ready_file("item-1", 960'000)};
  send(to_json(desired));
  send(to_json(link::Command{
      .id = "c1", .command = "DECK_PLAY", .item_id = {}, .position_ms = {}, .item = {}}));
  ASSERT_TRUE(until([&] { return said_.contains("dead_air_ended"); }));
  EXPECT_EQ(said_["dead_air_ended"].at("reason").as_string(), "deck");
  ASSERT_TRUE(until([&] {
    return said_.contains("deck") && said_["deck"].at("itemId") == json::value("item-1");
  }));
  EXPECT_FALSE(said_.contains("deck_item_ended")) << "nobody has played the bed";
  ASSERT_TRUE(until([&] {
    return said_.contains("mix_status") && said_["mix_status"].at("deadAirFallbacks") == 1;
  }));
}

TEST_F(MixRoleTest, PlaysTheQueueWhenTheProgrammeIsSilentAndGivesTheDeckBackForDeclaredSilence) {
  link::Desired desired;
  desired.version = 1;
  desired.dead_air.after_ms = 1'000;
  desired.queue = {ready_file("item-1", 960'000)};
  send(to_json(desired));
  ASSERT_TRUE(until([&] { return said_.contains("dead_air"); }));
  EXPECT_EQ(said_["dead_air"].at("started").as_string(), "queue");
  ASSERT_TRUE(until([&] { return loudest() > 0.02F; }));
  desired.version = 2;
  desired.dead_air.silence_until_ms = runtime::SystemClock::wall().unix_ms() + 600'000;
  send(to_json(desired));
  ASSERT_TRUE(until([&] { return said_.contains("dead_air_ended"); }));
  EXPECT_EQ(said_["dead_air_ended"].at("reason").as_string(), "silence");
  ASSERT_TRUE(until([&] {
    return said_.contains("deck") && said_["deck"].at("state").as_string() == "STOPPED";
  }));
  ASSERT_TRUE(until([&] { return loudest() < 0.001F; }));
  said_.clear();
  const base::SampleTime silent = reader_.head();
  ASSERT_TRUE(until([&] { return reader_.head() > silent + 3 * 48'000; }));
  EXPECT_FALSE(said_.contains("dead_air"));
}

TEST_F(MixRoleTest, TakesACommandBeforeTheOffersThatWaitAndRefusesThoseThatFindNoPlace) {
  link::Desired desired;
  desired.version = 1;
  send(to_json(desired));
  std::string fingerprint = "00";
  for (int i = 1; i < 32; ++i) fingerprint += ":00";
  link::Offer offer;
  offer.kind = "whep";
  offer.sdp =
      "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
      "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 " +
      fingerprint +
      "\r\na=setup:actpass\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=recvonly\r\n";
  for (int i = 1; i <= 60; ++i) {
    offer.request_id = "req-" + std::to_string(i);
    offer.session_id = "sess-" + std::to_string(i);
    send(to_json(offer));
  }
  send(to_json(link::Command{
      .id = "c1", .command = "DECK_STOP", .item_id = {}, .position_ms = {}, .item = {}}));
  ASSERT_TRUE(until([&] { return said_.contains("ack"); }));
  ASSERT_TRUE(said_.contains("refuse"));
  EXPECT_EQ(said_["refuse"].at("status"), 503);
  const std::string refused = json::serialize(said_["refuse"].at("requestId"));
  EXPECT_EQ(refused, "\"req-60\"");
  const auto answered = [&] {
    return said_.contains("answer") ? json::serialize(said_["answer"].at("requestId")) : "none";
  };
  const std::string at_the_command = answered();
  EXPECT_TRUE(until([&] { return answered() != at_the_command; })) << "the others still waited";
}

TEST_F(MixRoleTest, EndsWhenTheKeeperIsGone) {
  EXPECT_TRUE(until([&] { return said_.contains("mix_status"); }));
  shutdown(link_.get(), SHUT_RDWR);
  EXPECT_EQ(wait(), 0);
}

}  // namespace
}  // namespace shelcaster::app
