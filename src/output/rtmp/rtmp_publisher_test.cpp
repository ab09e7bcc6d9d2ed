#include "output/rtmp/rtmp_publisher.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "output/rtmp/rtmp_server_for_tests.hpp"

namespace shelcaster::output {
namespace {

using namespace std::chrono_literals;
using Habits = RtmpServerForTests::Habits;
constexpr std::int64_t kFrame = media::kAacFrameSamples;

/// A path of a certain width with a server at its end, on a virtual clock.
struct World {
  double bytes_per_second = 1e9;
  std::size_t kernel_bytes_max = 64 * 1024;
  Habits habits;
  std::optional<RtmpFailure> refuses_connection;

  base::Instant now = base::Instant::from_nanoseconds(1'000'000'000);
  int connections = 0;
  std::vector<std::unique_ptr<RtmpServerForTests>> servers;
  base::Bytes in_kernel;  // of the sender, on its way
  double budget = 0;
  bool is_cut = false;

  void pass(base::Duration time) {
    now = now + time;
    budget += bytes_per_second * static_cast<double>(time.count()) / 1e9;
    budget = std::min(budget, bytes_per_second / 10);
    const auto count = std::min(in_kernel.size(), static_cast<std::size_t>(budget));
    budget -= static_cast<double>(count);
    if (count == 0 || servers.empty()) return;
    servers.back()->handle_bytes(base::ByteSpan(in_kernel).first(count));
    in_kernel.erase(in_kernel.begin(), in_kernel.begin() + static_cast<std::ptrdiff_t>(count));
  }
};

class WorldTransport final : public RtmpTransport {
 public:
  explicit WorldTransport(World& world) : world_(world) {}
  Outcome<std::size_t> send(base::ByteSpan bytes) override {
    const std::size_t room = world_.kernel_bytes_max - world_.in_kernel.size();
    const base::ByteSpan taken = bytes.first(std::min(room, bytes.size()));
    world_.in_kernel.insert(world_.in_kernel.end(), taken.begin(), taken.end());
    return taken.size();
  }
  Outcome<std::size_t> receive(std::span<std::byte> out) override {
    if (world_.servers.back()->has_hung_up()) return std::size_t{0};
    if (down_.empty()) down_ = world_.servers.back()->take_output();
    const std::size_t count = std::min(out.size(), down_.size());
    std::copy_n(down_.begin(), count, out.begin());
    down_.erase(down_.begin(), down_.begin() + static_cast<std::ptrdiff_t>(count));
    return count;
  }
  [[nodiscard]] bool is_closed_by_peer() const override {
    return world_.is_cut || world_.servers.back()->has_hung_up();
  }
  [[nodiscard]] std::size_t unacknowledged() const override { return world_.in_kernel.size(); }

 private:
  World& world_;
  base::Bytes down_;
};

class RtmpPublisherTest : public testing::Test {
 protected:
  RtmpPublisher make(bool is_constant_rate = false) {
    RtmpPublisherConfig config;
    config.address = parse_rtmp_url("rtmp://host/live/the-key").value();
    config.aac_config = base::Bytes(5, std::byte{1});
    config.is_constant_rate = is_constant_rate;
    return RtmpPublisher(
        std::move(config),
        [this](const RtmpAddress&, const std::function<bool()>&)
            -> RtmpTransport::Outcome<std::unique_ptr<RtmpTransport>> {
          if (world_.refuses_connection) return tl::unexpected(*world_.refuses_connection);
          ++world_.connections;
          world_.is_cut = false;
          world_.in_kernel.clear();
          world_.servers.push_back(std::make_unique<RtmpServerForTests>(world_.habits));
          return std::make_unique<WorldTransport>(world_);
        },
        random_, [this] { return world_.now; });
  }
  /// The programme goes on in real time; a frame has `bytes`.
  void play(RtmpPublisher& publisher, base::Duration time, std::size_t bytes = 340) {
    for (const base::Instant end = world_.now + time; world_.now < end;) {
      world_.pass(20ms);
      while (base::to_duration(pushed_) < world_.now - base::Instant::from_nanoseconds(0)) {
        publisher.push(std::make_shared<const media::AacPacket>(
            media::AacPacket{base::SampleTime(pushed_), base::Bytes(bytes, std::byte{0xff})}));
        pushed_ += kFrame;
      }
      publisher.work();
      delay_max_ms_ = std::max(delay_max_ms_, publisher.status().delay_ms);
    }
  }

  World world_;
  base::SeededRandom random_{1};
  std::int64_t pushed_ = 0;
  std::int64_t delay_max_ms_ = 0;
};

TEST_F(RtmpPublisherTest, GoesLiveAndTellsItsDelayAndRate) {
  RtmpPublisher publisher = make();
  play(publisher, 10s);
  const RtmpStatus status = publisher.status();
  EXPECT_EQ(status.state, RtmpState::kLive);
  EXPECT_EQ(status.problem, RtmpProblem::kNone);
  EXPECT_EQ(status.frames_dropped, 0U);
  EXPECT_LT(status.delay_ms, 200);
  EXPECT_GT(status.bitrate_bps, 340 * 8 * 46);
}

TEST_F(RtmpPublisherTest, NeverLagsFarBehindOnASlowPathAndSaysSo) {
  world_.bytes_per_second = 10'000;  // of the 17,000 that the programme has
  RtmpPublisher publisher = make();
  play(publisher, 60s);
  EXPECT_EQ(world_.connections, 1);
  EXPECT_LT(delay_max_ms_, 5'500);
  const RtmpStatus status = publisher.status();
  EXPECT_EQ(status.state, RtmpState::kLive);
  EXPECT_EQ(status.problem, RtmpProblem::kTooSlow);
  EXPECT_GT(status.frames_dropped, 500U);
  // A third and more of it is left out, and what is sent goes on with a key frame, without a time
  // that goes back.
  std::uint32_t last = 0;
  bool is_key_due = false;
  for (const RtmpMessage& message : world_.servers.back()->media()) {
    EXPECT_GE(message.timestamp_ms + 70, last);
    if (message.timestamp_ms > last + 500) is_key_due = true;
    last = std::max(last, message.timestamp_ms);
    if (message.type != 9 || !is_key_due) continue;
    EXPECT_EQ(std::to_integer<int>(message.body[0]), 0x17);
    is_key_due = false;
  }
  EXPECT_GT(last, 45'000U);

  world_.bytes_per_second = 1e6;
  play(publisher, 40s);
  EXPECT_EQ(publisher.status().problem, RtmpProblem::kNone);
  EXPECT_LT(publisher.status().delay_ms, 200);
}

TEST_F(RtmpPublisherTest, GivesUpAServerThatTakesNothingAndComesBack) {
  RtmpPublisher publisher = make();
  play(publisher, 5s);
  world_.bytes_per_second = 0;
  play(publisher, 11s);
  EXPECT_EQ(publisher.status().state, RtmpState::kRetrying);
  EXPECT_EQ(publisher.status().problem, RtmpProblem::kTimedOut);
  world_.bytes_per_second = 1e9;
  play(publisher, 5s);
  EXPECT_EQ(publisher.status().state, RtmpState::kLive);
  EXPECT_EQ(publisher.status().connections, 2U);
}

TEST_F(RtmpPublisherTest, GivesUpAServerThatNeverAnswers) {
  world_.habits.is_silent = true;
  RtmpPublisher publisher = make();
  play(publisher, 11s);
  EXPECT_EQ(publisher.status().state, RtmpState::kRetrying);
  EXPECT_EQ(publisher.status().problem, RtmpProblem::kTimedOut);
}

base::Bytes ping() {
  base::Bytes body(6);
  base::ByteWriter(body).u16(6);
  return body;
}

TEST_F(RtmpPublisherTest, GivesUpAServerThatTalksWithoutEnd) {
  for (const auto& [type, body] : {std::pair{RtmpMessageType::kUserControl, ping()},
                                   std::pair{RtmpMessageType::kAcknowledgement, base::Bytes(4)},
                                   std::pair{RtmpMessageType::kData, base::Bytes(4'000)}}) {
    world_.habits.says_without_end.clear();
    ChunkWriter().write(type, 0, 0, body, world_.habits.says_without_end);
    RtmpPublisher publisher = make();
    play(publisher, 1s);
    const RtmpStatus status = publisher.status();
    EXPECT_EQ(status.state, RtmpState::kRetrying);
    EXPECT_EQ(status.problem, RtmpProblem::kBroken);
    EXPECT_NE(status.detail.find("more than an RTMP server has to say"), std::string::npos)
        << status.detail;
    EXPECT_LT(world_.servers.back()->said_bytes(), 2U << 20U);
  }
}

TEST_F(RtmpPublisherTest, TakesLittleInOneStepOfAServerThatTalksMuch) {
  ChunkWriter().write(RtmpMessageType::kUserControl, 0, 0, ping(), world_.habits.says_without_end);
  RtmpPublisher publisher = make();
  while (world_.connections == 0 || world_.servers.back()->said_bytes() == 0) play(publisher, 20ms);
  EXPECT_LE(world_.servers.back()->said_bytes(), 256U * 1024);
}

TEST_F(RtmpPublisherTest, GivesUpAServerThatOnlyPings) {
  world_.habits.publish_code = "NetStream.Other.Start";
  RtmpPublisher publisher = make();
  play(publisher, 1s);
  for (int i = 0; i < 10 * 50 && publisher.status().state == RtmpState::kConnecting; ++i) {
    world_.servers.back()->say_message(RtmpMessageType::kUserControl, ping());
    play(publisher, 20ms);
  }
  EXPECT_EQ(publisher.status().state, RtmpState::kRetrying);
  EXPECT_EQ(publisher.status().problem, RtmpProblem::kTimedOut);
}

TEST_F(RtmpPublisherTest, GivesUpAServerThatWantsMoreAnswersThanItTakes) {
  RtmpPublisher publisher = make();
  play(publisher, 1s);
  ASSERT_EQ(publisher.status().state, RtmpState::kLive);
  world_.bytes_per_second = 1'000;
  // 60 KB of pings a second, whose answers are as long.
  for (int i = 0; i < 30 * 50 && publisher.status().state == RtmpState::kLive; ++i) {
    for (int n = 0; n < 66; ++n)
      world_.servers.back()->say_message(RtmpMessageType::kUserControl, ping());
    play(publisher, 20ms);
  }
  EXPECT_EQ(publisher.status().state, RtmpState::kRetrying);
  EXPECT_NE(publisher.status().detail.find("more answers than it takes"), std::string::npos)
      << publisher.status().detail;
}

TEST_F(RtmpPublisherTest, TriesAgainLessAndLessOften) {
  world_.refuses_connection = RtmpFailure{RtmpProblem::kUnreachable, "nobody is there"};
  RtmpPublisher publisher = make();
  play(publisher, 20s);
  EXPECT_EQ(publisher.status().state, RtmpState::kRetrying);
  EXPECT_EQ(publisher.status().problem, RtmpProblem::kUnreachable);
  EXPECT_NE(publisher.status().detail.find("nobody is there; next try in 16 s"), std::string::npos)
      << publisher.status().detail;
}

TEST_F(RtmpPublisherTest, StartsAnewWithTheProgrammeOfNowAfterACut) {
  RtmpPublisher publisher = make();
  play(publisher, 5s);
  world_.is_cut = true;
  play(publisher, 4s);
  ASSERT_EQ(world_.connections, 2);
  EXPECT_EQ(publisher.status().state, RtmpState::kLive);
  EXPECT_EQ(world_.servers.back()->media().at(1).timestamp_ms, 0U);
  EXPECT_LT(publisher.status().delay_ms, 500);
}

TEST_F(RtmpPublisherTest, FillsTheRatesThatWereAnnouncedWhereTheyAreToBeConstant) {
  // A frame of silence, as the encoder makes it.
  RtmpPublisher publisher = make(true);
  play(publisher, 20s, 6);
  std::size_t video = 0, audio = 0, audio_frames = 0;
  for (const RtmpMessage& message : world_.servers.back()->media()) {
    if (message.type == 9) video += message.body.size();
    if (message.type == 8 && audio_frames++ > 0) {
      audio += message.body.size();
      EXPECT_GE(message.body.size(), 256U);
    }
  }
  EXPECT_NEAR(static_cast<double>(video) * 8 / 19.8, 300'000, 20'000);
  EXPECT_GE(static_cast<double>(audio) * 8 / 19.8, 96'000);
}

TEST_F(RtmpPublisherTest, EndsThePublishedStream) {
  RtmpPublisher publisher = make();
  play(publisher, 3s);
  while (!publisher.finish()) world_.pass(20ms);
  world_.pass(1s);
  EXPECT_EQ(world_.servers.back()->commands().back().at(0).text, "deleteStream");
}

}  // namespace
}  // namespace shelcaster::output
