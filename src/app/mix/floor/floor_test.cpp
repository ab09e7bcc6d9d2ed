#include "app/mix/floor/floor.hpp"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "app/mix/roster/webrtc_line.hpp"
#include "base/allocation_counter_for_tests.hpp"
#include "base/thread_cost_for_tests.hpp"

// Whose packet it is that comes to the port.
namespace shelcaster::app {
namespace {

using namespace std::chrono_literals;

constexpr int kVictim = 3;
constexpr int kAttacker = 4;
const net::Endpoint kHome = net::Endpoint::v4({192, 0, 2, 1}, 40'000);
const net::Endpoint kMobile = net::Endpoint::v4({198, 51, 100, 7}, 50'000);
const net::Endpoint kElsewhere = net::Endpoint::v4({203, 0, 113, 9}, 1'000);

/// Of a session: each has keys of its own.
rtc::MediaConfig config_of(int line) {
  rtc::MediaConfig config;
  const std::size_t bytes = rtc::key_salt_bytes(config.keys.profile);
  config.keys.local_key_salt = base::SecretBytes(bytes, static_cast<std::byte>(2 * line));
  config.keys.remote_key_salt = base::SecretBytes(bytes, static_cast<std::byte>(2 * line + 1));
  config.local_ssrc = static_cast<std::uint32_t>(1'000 + line);
  config.remote_ssrc = static_cast<std::uint32_t>(2'000 + line);
  return config;
}

/// A line that is no WebRTC session: somebody hums into it, and what is sent to them is counted.
class HummingLine final : public Line {
 public:
  HummingLine(int seat_index, int& frames_sent)
      : Line(kHome, seat_index, true, true), sent_(frames_sent) {}
  void begin(const tape::PacketJournal& /*journal*/, int /*number*/) noexcept override {}
  bool take(base::Instant /*arrival*/, std::span<std::byte> /*packet*/) noexcept override {
    return false;
  }
  void set_heard(bool /*is_heard*/) noexcept override {}
  bool pull(base::Instant /*now*/, audio::StereoBlock& block) noexcept override {
    for (std::size_t i = 0; i < block.size(); ++i) block[i] = i / 48 % 2 == 0 ? 0.05F : -0.05F;
    return true;
  }
  [[nodiscard]] bool is_decoding() const noexcept override { return true; }
  base::ByteSpan send(base::Instant /*now*/, base::ByteSpan opus_frame) noexcept override {
    ++sent_;
    return opus_frame;
  }
  base::ByteSpan poll_report(base::Instant /*now*/) noexcept override { return {}; }
  base::ByteSpan make_goodbye(base::Instant /*now*/) noexcept override { return {}; }
  [[nodiscard]] rtc::MediaStats stats() const noexcept override { return {}; }
  void save(base::StateWriter& /*to*/) const noexcept override {}

 private:
  int& sent_;
};

class FloorTest : public ::testing::Test {
 protected:
  void open(int line, const net::Endpoint& remote) {
    know(line, remote);
    floor_.apply(OpenLine{line, std::make_unique<WebrtcLine>(config_of(line), remote, kNoSeat)});
    rtc::MediaConfig theirs = config_of(line);
    std::swap(theirs.keys.local_key_salt, theirs.keys.remote_key_salt);
    std::swap(theirs.local_ssrc, theirs.remote_ssrc);
    people_[line] = std::make_unique<rtc::MediaSession>(theirs);
  }
  void know(int line, const net::Endpoint& remote) {
    floor_.apply(KnowAddress{line, remote, now_});
  }
  void speak(int line, const net::Endpoint& from) {
    const std::array<std::byte, 3> payload{std::byte{0x78}, std::byte{1}, std::byte{2}};
    const auto packet = people_.at(line)->make_rtp(now_, payload, 960, packet_);
    (void)floor_.handle_datagram(now_, {from, std::span(packet_).first(packet.size())});
  }
  /// Two blocks, the time of a packet.
  void tick() {
    for (int i = 0; i < 2; ++i) {
      floor_.tick(at_, now_);
      at_ = at_ + audio::kBlockFrames;
      now_ = now_ + 10ms;
    }
    while (auto report = outbox_.reports.try_pop()) {
      if (const auto* line = std::get_if<LineReport>(&*report)) heard_[line->line] = *line;
      if (const auto* heard = std::get_if<HeardElsewhere>(&*report)) elsewhere_.push_back(*heard);
    }
  }
  std::uint64_t heard(int line) {
    for (int i = 0; i < 60; ++i) tick();
    return heard_[line].packets_heard;
  }

  base::Instant now_ = base::Instant::from_nanoseconds(1'000'000'000'000);
  base::SampleTime at_{0};
  mixer::DeckFeed feed_;
  tape::Tape memory_ =
      tape::create_tape(12, {now_, base::WallTime::from_unix_ms(1'700'000'000'000)}).value();
  tape::TapeWriter tape_ = tape::TapeWriter::attach(memory_.fd()).value();
  tape::Checkpoint checkpoint_ = tape::Checkpoint::create().value();
  FloorOutbox outbox_;
  Floor floor_{feed_, tape_, checkpoint_, outbox_, 7};
  std::map<int, std::unique_ptr<rtc::MediaSession>> people_;
  std::array<std::byte, rtc::MediaSession::kPacketBufferBytes> packet_{};
  std::map<int, LineReport> heard_;
  std::vector<HeardElsewhere> elsewhere_;
};

TEST_F(FloorTest, MixesWhatAnyLineBringsAndSendsItAFrameEach20Ms) {
  constexpr int kSeat = 2;
  int frames_sent = 0;
  floor_.apply(OpenSeat{kSeat, mixer::StripKind::kHost, std::make_unique<Seat>(ShowSettings())});
  floor_.apply(FloorCommand(mixer::Command(mixer::SetOnAir{{kSeat}, true})));
  floor_.apply(OpenLine{kVictim, std::make_unique<HummingLine>(kSeat, frames_sent)});
  for (int i = 0; i < 25; ++i) tick();
  EXPECT_GT(floor_.rendered().master.rms_db, -40.0F);
  EXPECT_EQ(frames_sent, 25);
  floor_.apply(CloseLine{kVictim});
  for (int i = 0; i < 25; ++i) tick();
  EXPECT_LT(floor_.rendered().master.rms_db, -90.0F);
  EXPECT_EQ(frames_sent, 25);
}

TEST_F(FloorTest, TheTagSaysWhosePacketItIsAndNotWhoClaimedTheAddressLast) {
  open(kVictim, kHome);
  open(kAttacker, kElsewhere);
  for (int i = 0; i < 50; ++i) {
    know(kAttacker, kHome);
    speak(kVictim, kHome);
    speak(kAttacker, kHome);
    tick();
  }
  EXPECT_EQ(heard(kVictim), 50U);
  EXPECT_EQ(heard(kAttacker), 50U);
  EXPECT_EQ(floor_.gate_counters().stray_media, 0U);
}

TEST_F(FloorTest, SomebodyWhoSpeaksIsHeardAmongAnyNumberOfClaims) {
  open(kVictim, kHome);
  speak(kVictim, kHome);
  for (int line = 10; line < 200; ++line) {
    open(line, kElsewhere);
    know(line, kHome);
    speak(kVictim, kHome);
    tick();
  }
  EXPECT_EQ(heard(kVictim), 191U);
}

TEST_F(FloorTest, TakesMediaFromEachAddressThatHasPassedACheckAndFromNoOther) {
  open(kVictim, kHome);
  know(kVictim, kMobile);
  for (int i = 0; i < 10; ++i) {
    for (const net::Endpoint& from : {kHome, kMobile, kElsewhere}) speak(kVictim, from);
    tick();
  }
  EXPECT_EQ(heard(kVictim), 20U);
  EXPECT_EQ(floor_.gate_counters().stray_media, 10U);
}

TEST_F(FloorTest, TellsWhenSomebodyIsHeardAtAnotherAddressOnly) {
  open(kVictim, kHome);
  know(kVictim, kMobile);
  for (int i = 0; i < 100; ++i) {
    speak(kVictim, i % 2 == 0 ? kHome : kMobile);
    tick();
  }
  EXPECT_TRUE(elsewhere_.empty()) << "both are";
  for (int i = 0; i < 100; ++i) {
    speak(kVictim, kMobile);
    tick();
  }
  ASSERT_FALSE(elsewhere_.empty());
  EXPECT_LE(elsewhere_.size(), 8U);
  EXPECT_EQ(elsewhere_.front().line, kVictim);
  EXPECT_EQ(elsewhere_.front().from, kMobile);
  floor_.apply(MoveLine{kVictim, kMobile});
  elsewhere_.clear();
  for (int i = 0; i < 100; ++i) {
    speak(kVictim, kMobile);
    tick();
  }
  EXPECT_TRUE(elsewhere_.empty());
}

TEST_F(FloorTest, APacketOfNobodysCostsFourChecksAtMostAndNoMemory) {
  constexpr double kPacketUsMax = 60;
  for (int line = 0; line < 100; ++line) {
    open(line, kElsewhere);
    know(line, kHome);
  }
  std::array<std::byte, rtc::MediaSession::kPacketBufferBytes> rubbish{};
  std::uint16_t number = 0;
  const auto shoot = [&] {
    base::ByteWriter writer(rubbish);
    writer.u8(0x80);
    writer.u8(111);
    writer.u16(number++);
    (void)floor_.handle_datagram(now_, {kHome, rubbish});
  };
  const std::int64_t before = testing::allocation_count();
  const double cost = testing::cost_us(shoot, 200);
  if (testing::kCountsAllocations) {
    EXPECT_EQ(testing::allocation_count(), before);
  }
  EXPECT_LT(cost, kPacketUsMax * testing::kCostFactor);
}

}  // namespace
}  // namespace shelcaster::app
