#include "rtc/media/media_session.hpp"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <memory>
#include <numbers>
#include <optional>
#include <utility>
#include <vector>

#include "base/allocation_counter_for_tests.hpp"
#include "base/random.hpp"
#include "codec/opus_encoder.hpp"
#include "rtc/rtp/rtp_packet.hpp"
#include "rtc/srtp/srtp_context.hpp"

namespace shelcaster::rtc {
namespace {

using namespace std::chrono_literals;
using Handled = MediaSession::Handled;
using Buffer = std::array<std::byte, MediaSession::kPacketBufferBytes>;
using Block = std::array<float, 960>;

constexpr base::Instant kStart = base::Instant::from_nanoseconds(1'000'000'000'000);
constexpr std::uint32_t kServerSsrc = 0x5e4e4;
constexpr std::uint32_t kGuestSsrc = 0x60e57;
constexpr double kToneRms = 0.3535;

SrtpKeys server_keys(SrtpProfile profile) {
  return {.profile = profile,
          .local_key_salt = base::SecretBytes(key_salt_bytes(profile), std::byte{1}),
          .remote_key_salt = base::SecretBytes(key_salt_bytes(profile), std::byte{2})};
}

MediaConfig server_config(SrtpProfile profile = SrtpProfile::kAeadAes128Gcm) {
  MediaConfig config;
  config.keys = server_keys(profile);
  config.remote_ssrc = kGuestSsrc;
  config.local_ssrc = kServerSsrc;
  config.first_sequence = 65'500;
  config.first_timestamp = 0xffff'ff00;
  config.cname = "server";
  return config;
}

MediaConfig guest_config(SrtpProfile profile = SrtpProfile::kAeadAes128Gcm,
                         std::uint32_t ssrc = kGuestSsrc) {
  MediaConfig config = server_config(profile);
  std::swap(config.keys.local_key_salt, config.keys.remote_key_salt);
  config.remote_ssrc = kServerSsrc;
  config.local_ssrc = ssrc;
  config.first_sequence = 65'400;
  config.cname = "guest";
  return config;
}

double rms(std::span<const float> samples) {
  double sum = 0;
  for (const float s : samples) sum += static_cast<double>(s) * static_cast<double>(s);
  return std::sqrt(sum / static_cast<double>(samples.size()));
}

/// A tone as the person would speak it, one Opus packet per 20 ms.
class ToneSource {
 public:
  explicit ToneSource(int channels = 1) : channels_(channels) { change_channels(channels); }
  void change_channels(int channels) {
    channels_ = channels;
    encoder_.emplace(codec::OpusEncoderConfig{.channels = channels, .bitrate_bps = 64'000});
    samples_.resize(static_cast<std::size_t>(codec::kOpusEncodeFrames * channels));
  }
  base::ByteSpan next() {
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      const double at = static_cast<double>(position_) + static_cast<double>(i) / channels_;
      samples_[i] =
          0.5F * static_cast<float>(std::sin(2 * std::numbers::pi * 440 * std::floor(at) / 48'000));
    }
    position_ += codec::kOpusEncodeFrames;
    const std::size_t size = encoder_->encode(samples_, packet_);
    return base::ByteSpan(packet_).first(size);
  }

 private:
  int channels_;
  std::int64_t position_ = 0;
  std::optional<codec::OpusEncoder> encoder_;
  std::vector<float> samples_;
  std::array<std::byte, 1275> packet_{};
};

std::span<std::byte> packet_in(Buffer& buffer, base::ByteSpan packet) {
  return std::span(buffer).first(packet.size());
}

/// Two sessions that talk to each other over a line without delay or loss.
struct Call {
  explicit Call(const MediaConfig& server_side, const MediaConfig& guest_side)
      : server(server_side), guest(guest_side) {}

  void tick() {
    if (ticks % 2 == 0) {
      send(guest, server, guest.make_rtp(now, guest_tone.next(), 960, buffer));
      send(server, guest, server.make_rtp(now, server_tone.next(), 960, buffer));
    }
    send(guest, server, guest.poll_rtcp(now, buffer));
    send(server, guest, server.poll_rtcp(now, buffer));
    server_heard = server.pull(now + 1ms, server_block);
    guest_heard = guest.pull(now + 1ms, guest_block);
    now = now + 10ms;
    ++ticks;
  }
  void run(int count) {
    for (int i = 0; i < count; ++i) tick();
  }
  void send(MediaSession&, MediaSession& to, base::ByteSpan packet) {
    if (!packet.empty()) last_handled = to.handle_packet(now + 1ms, packet_in(buffer, packet));
  }

  MediaSession server;
  MediaSession guest;
  ToneSource guest_tone;
  ToneSource server_tone{2};
  base::Instant now = kStart;
  int ticks = 0;
  Buffer buffer{};
  Block server_block{};
  Block guest_block{};
  bool server_heard = false;
  bool guest_heard = false;
  Handled last_handled = Handled::kRejected;
};

TEST(MediaSession, CarriesSoundBothWaysWithBothProfiles) {
  for (const auto profile : {SrtpProfile::kAeadAes128Gcm, SrtpProfile::kAes128CmSha1_80}) {
    Call call(server_config(profile), guest_config(profile));
    call.run(500);
    EXPECT_TRUE(call.server_heard);
    EXPECT_TRUE(call.guest_heard);
    EXPECT_NEAR(rms(call.server_block), kToneRms, 0.03);
    EXPECT_NEAR(rms(call.guest_block), kToneRms, 0.03);
    const MediaStats stats = call.server.stats();
    EXPECT_EQ(stats.packets_received, 250U);
    EXPECT_EQ(stats.packets_rejected, 0U);
    EXPECT_EQ(stats.packets_lost, 0);
    EXPECT_LE(stats.delay_ms, 35.0F);
    EXPECT_EQ(stats.concealed_samples, 0U);
  }
}

TEST(MediaSession, DoesNotAllocateWhileACallGoesOn) {
  if (!testing::kCountsAllocations) GTEST_SKIP() << "the sanitizer owns malloc";
  for (const auto profile : {SrtpProfile::kAeadAes128Gcm, SrtpProfile::kAes128CmSha1_80}) {
    Call call(server_config(profile), guest_config(profile));
    call.run(4);
    const std::int64_t before = testing::allocation_count();
    call.run(1000);
    EXPECT_EQ(testing::allocation_count() - before, 0);
    EXPECT_TRUE(call.server_heard);
  }
}

TEST(MediaSession, DoesNotAllocateUnderLossJitterAndRubbish) {
  if (!testing::kCountsAllocations) GTEST_SKIP() << "the sanitizer owns malloc";
  MediaSession server(server_config());
  MediaSession guest(guest_config());
  ToneSource tone;
  base::SeededRandom random(7);
  Buffer buffer{};
  Block block{};
  std::array<Buffer, 16> waiting{};
  std::array<std::size_t, 16> sizes{};
  const std::int64_t before = testing::allocation_count();
  for (int i = 0; i < 2000; ++i) {
    const base::Instant now = kStart + i * 10ms;
    if (i % 2 == 0) {
      const std::size_t slot = random.below(waiting.size());
      if (sizes[slot] > 0) server.handle_packet(now, std::span(waiting[slot]).first(sizes[slot]));
      sizes[slot] = guest.make_rtp(now, tone.next(), 960, waiting[slot]).size();
    }
    random.fill(buffer);
    server.handle_packet(now, std::span(buffer).first(random.below(200)));
    server.pull(now, block);
    (void)server.poll_rtcp(now, buffer);
  }
  EXPECT_EQ(testing::allocation_count() - before, 0);
  EXPECT_GT(server.stats().packets_received, 900U);
  EXPECT_GT(server.stats().packets_rejected, 500U);
}

TEST(MediaSession, ReportsRoundTripAndLossToEachOther) {
  Call call(server_config(), guest_config());
  Buffer dropped{};
  for (int i = 0; i < 600; ++i) {
    call.tick();
    if (i % 20 == 0) (void)call.server.make_rtp(call.now, base::as_bytes("x"), 960, dropped);
  }
  EXPECT_GT(call.server.stats().rtt_ms, 0.0F);
  EXPECT_LT(call.server.stats().rtt_ms, 5.0F);
  EXPECT_NEAR(call.guest.stats().loss_percent, 9.1F, 4.0F);
  EXPECT_NEAR(call.server.stats().remote_loss_percent, 9.1F, 4.0F);
  EXPECT_EQ(call.server.stats().loss_percent, 0.0F);
}

TEST(MediaSession, RefusesAReplayedPacket) {
  MediaSession server(server_config());
  MediaSession guest(guest_config());
  ToneSource tone;
  Buffer first{};
  const std::size_t size = guest.make_rtp(kStart, tone.next(), 960, first).size();
  Buffer again = first;
  EXPECT_EQ(server.handle_packet(kStart, std::span(first).first(size)), Handled::kRtp);
  EXPECT_EQ(server.handle_packet(kStart, std::span(again).first(size)), Handled::kRejected);
}

TEST(MediaSession, TakesTheFirstSourceThatIsHeardWhereNoneWasAnnounced) {
  MediaConfig config = server_config();
  config.remote_ssrc = 0;
  Call call(config, guest_config());
  const base::ByteSpan packet =
      call.guest.make_rtp(kStart, call.guest_tone.next(), 960, call.buffer);
  EXPECT_EQ(call.server.handle_packet(kStart, packet_in(call.buffer, packet)), Handled::kRtp);
  call.run(100);
  EXPECT_NEAR(rms(call.server_block), kToneRms, 0.03);
  EXPECT_EQ(call.server.stats().packets_received, 51U);
}

TEST(MediaSession, AStrangersPacketIsRejected) {
  MediaConfig strange = guest_config(SrtpProfile::kAeadAes128Gcm, 77);
  strange.keys.local_key_salt[3] ^= std::byte{1};
  MediaSession stranger(strange);
  MediaSession server(server_config());
  Buffer buffer{};
  const auto bytes =
      packet_in(buffer, stranger.make_rtp(kStart, base::as_bytes("boo"), 960, buffer));
  EXPECT_EQ(server.handle_packet(kStart, bytes), Handled::kRejected);
}

/// A second source of the guest beside the first: another SSRC under the same keys.
struct SecondSource : ::testing::Test {
  static MediaConfig of(std::uint32_t ssrc, int payload_type) {
    MediaConfig config = guest_config(SrtpProfile::kAeadAes128Gcm, ssrc);
    config.send_payload_type = payload_type;
    return config;
  }
  Handled send(MediaSession& from, ToneSource& tone) {
    const auto bytes = packet_in(buffer, from.make_rtp(call.now, tone.next(), 960, buffer));
    return call.server.handle_packet(call.now, bytes);
  }
  /// `ticks` of 10 ms in which only `from` sends; whether the last block was its tone.
  bool is_heard_alone(MediaSession& from, int ticks) {
    for (int i = 0; i < ticks; ++i) {
      if (i % 2 == 0) (void)send(from, other_tone);
      (void)call.server.pull(call.now + 1ms, call.server_block);
      call.now = call.now + 10ms;
    }
    return std::abs(rms(call.server_block) - kToneRms) < 0.03;
  }

  Call call{server_config(), guest_config()};
  ToneSource other_tone;
  Buffer buffer{};
};

TEST_F(SecondSource, OfAnotherPayloadTypeDisturbsNothing) {
  MediaSession video(of(4711, 106));
  for (int i = 0; i < 200; ++i) {
    call.tick();
    EXPECT_EQ(send(video, other_tone), Handled::kIgnored);
  }
  EXPECT_NEAR(rms(call.server_block), kToneRms, 0.03);
  EXPECT_EQ(call.server.stats().concealed_samples, 0U);
  EXPECT_EQ(call.server.stats().packets_rejected, 0U);
  EXPECT_EQ(call.server.stats().packets_received, 100U);
}

TEST_F(SecondSource, WithSoundBesideTheMicrophoneDisturbsNothing) {
  MediaSession beside(of(4711, 111));
  for (int i = 0; i < 400; ++i) {
    call.tick();
    EXPECT_EQ(send(beside, other_tone), Handled::kRtp);
  }
  EXPECT_EQ(call.server.stats().concealed_samples, 0U);
  EXPECT_EQ(call.server.stats().packets_received, 200U);
}

TEST_F(SecondSource, ReportsAdoptNoSource) {
  MediaSession beside(of(4711, 111));
  call.run(100);
  (void)beside.make_rtp(call.now, other_tone.next(), 960, buffer);
  for (int i = 0; i < 10; ++i) {
    const auto bytes = packet_in(buffer, beside.make_bye(call.now, buffer));
    EXPECT_EQ(call.server.handle_packet(call.now, bytes), Handled::kRtcp);
  }
  EXPECT_FALSE(call.server.stats().said_goodbye) << "that was another source's";
  call.run(100);
  EXPECT_EQ(call.server.stats().concealed_samples, 0U);
}

TEST_F(SecondSource, IsHeardOnceTheFirstHasMissedThreePackets) {
  call.run(100);
  MediaSession reloaded(of(4711, 111));
  EXPECT_FALSE(is_heard_alone(reloaded, 4));
  EXPECT_TRUE(is_heard_alone(reloaded, 40));
  EXPECT_GT(call.server.stats().packets_received, 60U) << "those of before count";
}

TEST_F(SecondSource, GoesAndComesBackWithoutAReplayOfEither) {
  MediaSession other(of(4711, 111));
  call.run(50);
  Buffer recorded{};
  const std::size_t size =
      call.guest.make_rtp(call.now, call.guest_tone.next(), 960, recorded).size();
  Buffer copy = recorded;
  EXPECT_EQ(call.server.handle_packet(call.now, std::span(copy).first(size)), Handled::kRtp);
  for (int turn = 0; turn < 3; ++turn) {
    EXPECT_TRUE(is_heard_alone(other, 60)) << turn;
    copy = recorded;
    EXPECT_EQ(call.server.handle_packet(call.now, std::span(copy).first(size)), Handled::kRejected);
    EXPECT_TRUE(is_heard_alone(call.guest, 60)) << turn;
  }
}

TEST_F(SecondSource, DoesNotTakeOverInThePausesOfASenderThatSaysThatItIsSilent) {
  MediaSession beside(of(4711, 111));
  call.run(100);
  const std::array<std::byte, 1> pause{std::byte{0x78}};
  for (int i = 0; i < 400; ++i) {
    if (i % 40 == 0) {
      const auto bytes = packet_in(buffer, call.guest.make_rtp(call.now, pause, 960, buffer));
      EXPECT_EQ(call.server.handle_packet(call.now, bytes), Handled::kRtp);
    }
    if (i % 2 == 0) (void)send(beside, other_tone);
    (void)call.server.pull(call.now + 1ms, call.server_block);
    call.now = call.now + 10ms;
  }
  EXPECT_EQ(call.server.stats().packets_received, 60U);
}

TEST_F(SecondSource, AllocatesNothing) {
  if (!testing::kCountsAllocations) GTEST_SKIP() << "the sanitizer owns malloc";
  std::vector<std::unique_ptr<MediaSession>> sources;
  for (std::uint32_t ssrc = 1; ssrc <= 20; ++ssrc) {
    sources.push_back(std::make_unique<MediaSession>(of(ssrc, 111)));
  }
  call.run(10);
  const std::int64_t before = testing::allocation_count();
  for (const auto& source : sources) (void)is_heard_alone(*source, 20);
  EXPECT_EQ(testing::allocation_count() - before, 0);
  EXPECT_GT(call.server.stats().packets_received, 50U);
}

TEST(MediaSession, AListenersReportsAreReadThoughItSendsNoMedia) {
  MediaConfig config = server_config();
  config.receive = false;
  config.remote_ssrc = 0;
  MediaConfig listening = guest_config();
  listening.send = false;
  Call call(config, listening);
  Buffer buffer{};
  EXPECT_TRUE(call.guest.make_rtp(kStart, base::as_bytes("x"), 960, buffer).empty());
  for (int i = 0; i < 400; ++i) {
    if (i % 2 == 0) {
      const auto rtp = call.server.make_rtp(call.now, call.server_tone.next(), 960, buffer);
      call.guest.handle_packet(call.now, packet_in(buffer, rtp));
    }
    call.send(call.server, call.guest, call.server.poll_rtcp(call.now, call.buffer));
    const auto bytes = packet_in(buffer, call.guest.poll_rtcp(call.now, buffer));
    if (!bytes.empty()) {
      EXPECT_EQ(call.server.handle_packet(call.now, bytes), Handled::kRtcp);
    }
    call.guest.pull(call.now, call.guest_block);
    call.now = call.now + 10ms;
  }
  EXPECT_NEAR(rms(call.guest_block), kToneRms, 0.03);
  EXPECT_FALSE(call.server.pull(call.now, call.server_block));

  MediaSession talking(guest_config());
  const auto rtp = packet_in(buffer, talking.make_rtp(kStart, base::as_bytes("x"), 960, buffer));
  EXPECT_EQ(call.server.handle_packet(call.now, rtp), Handled::kRejected) << "no media wanted";
}

TEST(MediaSession, IgnoresTelephoneEventsAndProbes) {
  Call call(server_config(), guest_config());
  MediaConfig other = guest_config();
  SrtpSender events(other.keys, kGuestSsrc);
  Buffer buffer{};
  call.run(2);
  for (std::uint16_t i = 0; i < 50; ++i) {
    const RtpHeader header{.payload_type = static_cast<std::uint8_t>(i % 2 == 0 ? 126 : 13),
                           .sequence = static_cast<std::uint16_t>(65'300 + i),
                           .timestamp = i,
                           .ssrc = kGuestSsrc};
    std::size_t size = build_rtp(header, base::as_bytes("event"), buffer);
    size = events.protect_rtp(buffer, size);
    EXPECT_EQ(call.server.handle_packet(call.now, std::span(buffer).first(size)), Handled::kRtp);
  }
  call.run(200);
  EXPECT_NEAR(rms(call.server_block), kToneRms, 0.03);
  EXPECT_EQ(call.server.stats().packets_late, 0U);
}

TEST(MediaSession, FollowsASenderBetweenMonoAndStereo) {
  Call call(server_config(), guest_config());
  for (const int channels : {1, 2, 1}) {
    call.guest_tone.change_channels(channels);
    call.run(100);
    EXPECT_NEAR(rms(call.server_block), kToneRms, 0.03) << channels;
  }
  EXPECT_EQ(call.server.stats().concealed_samples, 0U);
}

TEST(MediaSession, SaysGoodbye) {
  Call call(server_config(), guest_config());
  call.run(10);
  EXPECT_FALSE(call.server.stats().said_goodbye);
  call.send(call.guest, call.server, call.guest.make_bye(call.now, call.buffer));
  EXPECT_EQ(call.last_handled, Handled::kRtcp);
  EXPECT_TRUE(call.server.stats().said_goodbye);
}

TEST(MediaSession, IsSilentBeforeAnythingCame) {
  MediaSession server(server_config());
  Block block{};
  block.fill(1.0F);
  Buffer buffer{};
  EXPECT_FALSE(server.pull(kStart, block));
  EXPECT_EQ(rms(block), 0.0);
  EXPECT_TRUE(server.poll_rtcp(kStart + 10s, buffer).empty());
}

}  // namespace
}  // namespace shelcaster::rtc
