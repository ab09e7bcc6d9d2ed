// A listener whose process dies and is taken up by another one: what people hear goes on.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.hpp"
#include "rtc/media/listening_for_tests.hpp"
#include "rtc/media/media_session.hpp"
#include "rtc/srtp/srtp_context.hpp"

namespace shelcaster::rtc {
namespace {

using namespace std::chrono_literals;
using namespace testing;

/// 40 ± 20 ms, and of a hundred packets so many are lost.
Network shaky(std::uint64_t seed, double loss_percent) {
  return [random = std::make_shared<base::SeededRandom>(seed),
          loss_percent](int) -> std::optional<base::Duration> {
    if (random->unit() * 100 < loss_percent) return std::nullopt;
    return ms(40 + 20 * (2 * random->unit() - 1));
  };
}

/// Positions go on by one sample a sample, whatever dies: only where one of the two made something
/// up may they differ.
TEST(Resumption, GoesOnWithTheNextSampleOfAVoice) {
  const auto packets = record(talk(3), 20, speech_encoder(0));
  const auto dies = [](std::size_t tick) { return tick > 300 && tick % 61 == 0; };
  const Heard whole = listen(packets, [](int) { return ms(20); });
  const Heard resumed = listen(
      packets, [](int) { return ms(20); }, 3ms, dies);
  ASSERT_EQ(whole.tags.size(), resumed.tags.size());
  for (std::size_t i = 0; i < whole.tags.size(); ++i) {
    ASSERT_EQ(whole.tags[i], resumed.tags[i]) << "frame " << i << ", tick " << i / 480;
  }
}

TEST(Resumption, LeavesTheSoundAsItWas) {
  for (const bool is_speech : {true, false}) {
    auto encoder = speech_encoder(0);
    encoder.speech = is_speech;
    encoder.bitrate_bps = 64'000;
    const auto packets = record(hum(180), 20, encoder);
    const auto dies = [](std::size_t tick) { return tick > 300 && tick % 61 == 0; };
    const Heard whole = listen(packets, [](int) { return ms(20); });
    const Heard resumed = listen(
        packets, [](int) { return ms(20); }, 3ms, dies);
    double difference = 0, power = 0;
    for (std::size_t i = 200'000; i < whole.sound.size(); ++i) {
      difference += std::pow(double{whole.sound[i]} - double{resumed.sound[i]}, 2);
      power += std::pow(double{whole.sound[i]}, 2);
    }
    // SILK remembers for longer than the decoder is warmed up.
    EXPECT_LT(10 * std::log10(difference / power), -35) << (is_speech ? "speech" : "music");
  }
}

TEST(Resumption, MakesUpNoMoreThanWithoutADeathOnABadNetwork) {
  const auto packets = record(hum(180), 60, speech_encoder(10));
  const auto dies = [](std::size_t tick) { return tick > 300 && tick % 61 == 0; };
  const Heard whole = listen(packets, shaky(7, 5));
  const Heard resumed = listen(packets, shaky(7, 5), 3ms, dies);
  const auto made_up = [](const Heard& heard) {
    return static_cast<double>(heard.stats.back().concealed_frames) / 480;
  };
  EXPECT_NEAR(made_up(resumed), made_up(whole), 0.1 * made_up(whole) + 10);
  EXPECT_NEAR(percentile(resumed.delays_ms(5, 60, 20), 0.5),
              percentile(whole.delays_ms(5, 60, 20), 0.5), 5);
}

SrtpKeys keys(SrtpProfile profile, int local, int remote) {
  return {
      .profile = profile,
      .local_key_salt = base::SecretBytes(key_salt_bytes(profile), static_cast<std::byte>(local)),
      .remote_key_salt =
          base::SecretBytes(key_salt_bytes(profile), static_cast<std::byte>(remote))};
}

/// Two that talk to each other, of which the server's process may die between two ticks.
class Call final : private PacketLog {
 public:
  explicit Call(SrtpProfile profile) {
    server_config_.keys = keys(profile, 1, 2);
    server_config_.remote_ssrc = 7;
    server_config_.local_ssrc = 9;
    server_config_.first_sequence = 65'530;
    guest_config_.keys = keys(profile, 2, 1);
    guest_config_.remote_ssrc = 9;
    guest_config_.local_ssrc = 7;
    guest_config_.first_sequence = 65'400;
    server = std::make_unique<MediaSession>(server_config_);
    server->set_log(this);
    guest = std::make_unique<MediaSession>(guest_config_);
  }

  void run(int ticks) {
    for (; ticks > 0; --ticks, now_ = now_ + 10ms) {
      if (ticks % 2 == 0) {
        guest_sends();
        base::ByteSpan sent = server->make_rtp(now_, next_packet(), 960, buffer_);
        const auto sequence = static_cast<std::uint16_t>(std::to_integer<unsigned>(sent[2]) << 8U |
                                                         std::to_integer<unsigned>(sent[3]));
        sent_sequences.push_back(sequence);
        guest->handle_packet(now_, take(sent));
      }
      if (auto sent = server->poll_rtcp(now_, buffer_); !sent.empty()) {
        handled_reports += guest->handle_packet(now_, take(sent)) == MediaSession::Handled::kRtcp;
      }
      if (auto sent = guest->poll_rtcp(now_, buffer_); !sent.empty()) {
        server->handle_packet(now_, take(sent));
      }
      server->pull(now_ + 1ms, block_);
      guest->pull(now_ + 1ms, block_);
    }
  }
  void guest_sends() {
    server->handle_packet(now_, take(guest->make_rtp(now_, next_packet(), 960, buffer_)));
  }
  void server_dies() {
    std::array<std::byte, MediaSession::kStateBytes> memory{};
    base::StateWriter to(memory);
    server->save(to);
    ASSERT_TRUE(to.ok());
    server = std::make_unique<MediaSession>(server_config_);
    server->set_log(this);
    base::StateReader from(base::ByteSpan(memory).first(to.size()));
    std::vector<InsertedPacket> logged;
    for (const auto& [packet, bytes] : log_) {
      logged.push_back({packet.sequence, packet.timestamp, bytes});
    }
    ASSERT_TRUE(server->restore(from, [&](std::uint32_t ssrc) {
      EXPECT_EQ(ssrc, 7U);
      return std::span<const InsertedPacket>(logged);
    }));
  }

  std::unique_ptr<MediaSession> server;
  std::unique_ptr<MediaSession> guest;
  std::vector<std::uint16_t> sent_sequences;
  int handled_reports = 0;
  int packets_logged = 0;

 private:
  void note(std::uint32_t ssrc, const InsertedPacket& packet) noexcept override {
    EXPECT_EQ(ssrc, 7U);
    ++packets_logged;
    log_.emplace_back(packet, base::Bytes(packet.payload.begin(), packet.payload.end()));
    if (log_.size() > 20) log_.erase(log_.begin());
  }
  std::span<std::byte> take(base::ByteSpan sent) { return std::span(buffer_).first(sent.size()); }
  base::ByteSpan next_packet() {
    std::array<float, 960> samples{};
    for (float& sample : samples) sample = voice_.next();
    return base::ByteSpan(packet_).first(encoder_.encode(samples, packet_));
  }

  MediaConfig server_config_;
  MediaConfig guest_config_;
  audio::SpeechLike voice_{1};
  codec::OpusEncoder encoder_{codec::OpusEncoderConfig{.channels = 1, .bitrate_bps = 32'000}};
  std::array<std::byte, 1275> packet_{};
  std::array<std::byte, MediaSession::kPacketBufferBytes> buffer_{};
  std::array<float, 960> block_{};
  base::Instant now_ = kStart;
  std::vector<std::pair<InsertedPacket, base::Bytes>> log_;
};

TEST(Resumption, OfASessionIsUnseenByThePeerButForAFewNumbersLeftOut) {
  for (const auto profile : {SrtpProfile::kAeadAes128Gcm, SrtpProfile::kAes128CmSha1_80}) {
    Call call(profile);
    call.run(500);
    const int reports = call.handled_reports;
    const std::uint64_t received = call.server->stats().packets_received;
    call.server_dies();
    call.run(500);
    EXPECT_GT(call.handled_reports, reports + 2);
    const MediaStats server = call.server->stats();
    const MediaStats guest = call.guest->stats();
    EXPECT_EQ(server.packets_received, received + 250);
    EXPECT_EQ(server.packets_rejected, 0U);
    EXPECT_EQ(server.packets_lost, 0);
    EXPECT_EQ(server.concealed_samples, 0U);
    EXPECT_EQ(guest.packets_rejected, 0U);
    EXPECT_EQ(guest.packets_received, 500U);
    EXPECT_EQ(guest.packets_lost, SrtpSender::kResumeMargin);
  }
}

// What waited in the socket is gone from there: a server that dies before its first tick has it in
// the log only.
TEST(Resumption, LogsPacketsBeforeTheFirstTick) {
  Call call(SrtpProfile::kAeadAes128Gcm);
  call.run(100);
  const int before = call.packets_logged;
  call.server_dies();
  call.guest_sends();
  EXPECT_EQ(call.packets_logged, before + 1);
}

TEST(Resumption, UsesNoSequenceNumberTwiceAndOpensNoPacketTwice) {
  Call call(SrtpProfile::kAeadAes128Gcm);
  for (int death = 0; death < 20; ++death) {
    call.run(30);
    call.server_dies();
  }
  std::vector<std::uint16_t> sequences = call.sent_sequences;
  std::sort(sequences.begin(), sequences.end());
  EXPECT_EQ(std::adjacent_find(sequences.begin(), sequences.end()), sequences.end());

  // What the guest has sent is as old to the new server as it was to the old one.
  MediaConfig guest;
  guest.keys = keys(SrtpProfile::kAeadAes128Gcm, 2, 1);
  guest.local_ssrc = 7;
  guest.first_sequence = 65'401;
  MediaSession attacker(guest);
  std::array<std::byte, MediaSession::kPacketBufferBytes> buffer{};
  const std::array<std::byte, 8> payload{std::byte{0x78}};
  const std::size_t size = attacker.make_rtp(kStart, payload, 960, buffer).size();
  EXPECT_EQ(call.server->handle_packet(kStart, std::span(buffer).first(size)),
            MediaSession::Handled::kRejected);
}

TEST(Resumption, RefusesAStateThatIsCutShort) {
  MediaConfig config;
  config.keys = keys(SrtpProfile::kAeadAes128Gcm, 1, 2);
  config.remote_ssrc = 7;
  MediaSession session(config);
  std::array<std::byte, MediaSession::kStateBytes> memory{};
  base::StateWriter to(memory);
  session.save(to);
  for (std::size_t size = 0; size < to.size(); ++size) {
    MediaSession next(config);
    base::StateReader from(base::ByteSpan(memory).first(size));
    EXPECT_FALSE(next.restore(from, [](std::uint32_t) {
      return std::span<const InsertedPacket>();
    })) << size;
  }
}

}  // namespace
}  // namespace shelcaster::rtc
