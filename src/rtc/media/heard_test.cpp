#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cmath>
#include <numbers>
#include <optional>
#include <utility>
#include <vector>

#include "codec/opus_encoder.hpp"
#include "rtc/media/media_session.hpp"

namespace shelcaster::rtc {
namespace {

using namespace std::chrono_literals;
using Block = std::array<float, 960>;

constexpr base::Instant kStart = base::Instant::from_nanoseconds(1'000'000'000'000);
constexpr double kToneRms = 0.3535;

MediaConfig config(bool is_server, int level_id) {
  const auto profile = SrtpProfile::kAeadAes128Gcm;
  MediaConfig made;
  made.keys = {.profile = profile,
               .local_key_salt = base::SecretBytes(key_salt_bytes(profile), std::byte{1}),
               .remote_key_salt = base::SecretBytes(key_salt_bytes(profile), std::byte{2})};
  made.local_ssrc = 10;
  made.remote_ssrc = 20;
  made.reception.audio_level_id = level_id;
  made.send_audio_level_id = level_id;
  if (!is_server) {
    std::swap(made.keys.local_key_salt, made.keys.remote_key_salt);
    std::swap(made.local_ssrc, made.remote_ssrc);
  }
  return made;
}

/// A guest who sings one note to the server.
class Line {
 public:
  explicit Line(int level_id) : server(config(true, level_id)), guest_(config(false, level_id)) {}

  bool tick() {
    if (ticks_ % 2 == 0) send();
    const bool has_sound = server.pull(now_ + 1ms, block);
    now_ = now_ + 10ms;
    ++ticks_;
    return has_sound;
  }
  void run(int count) {
    for (int i = 0; i < count; ++i) tick();
  }
  [[nodiscard]] double rms() const {
    double sum = 0;
    for (const float s : block) sum += static_cast<double>(s) * static_cast<double>(s);
    return std::sqrt(sum / static_cast<double>(block.size()));
  }

  MediaSession server;
  Block block{};
  float amplitude = 0.5F;

 private:
  void send() {
    std::array<float, 960> samples{};
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const double at = static_cast<double>(ticks_) * 480 + static_cast<double>(i);
      samples[i] = amplitude * static_cast<float>(std::sin(2 * std::numbers::pi * 440 * at / 48e3));
    }
    std::array<std::byte, 1275> payload{};
    std::array<std::byte, MediaSession::kPacketBufferBytes> buffer{};
    const auto size = encoder_.encode(samples, payload);
    const auto packet = guest_.make_rtp(now_, base::ByteSpan(payload).first(size), 960, buffer,
                                        measure_audio_level(samples));
    server.handle_packet(now_ + 1ms, std::span(buffer).first(packet.size()));
  }

  MediaSession guest_;
  codec::OpusEncoder encoder_{{.channels = 1, .bitrate_bps = 48'000}};
  base::Instant now_ = kStart;
  int ticks_ = 0;
};

TEST(MediaSession, DecodesNothingThatNobodyHears) {
  Line line(1);
  line.run(100);
  EXPECT_TRUE(line.server.is_decoding());
  line.server.set_heard(false);
  line.block.fill(0.25F);
  for (int i = 0; i < 500; ++i) EXPECT_FALSE(line.tick());
  EXPECT_FALSE(line.server.is_decoding());
  EXPECT_EQ(line.rms(), 0.25) << "not even written";
  const MediaStats stats = line.server.stats();
  EXPECT_EQ(stats.packets_received, 300U);
  EXPECT_EQ(stats.packets_lost, 0);
  EXPECT_TRUE(stats.has_sender_level);
  EXPECT_NEAR(stats.sender_level_db, -9.0F, 1.0F);
}

TEST(MediaSession, IsHeardAgainWithin40MsAndWithoutAStep) {
  for (int offset = 0; offset < 4; ++offset) {
    Line line(1);
    line.run(100);
    line.server.set_heard(false);
    line.run(200 + offset);
    line.server.set_heard(true);
    int silent_blocks = 0;
    float last = 0.0F;
    float step = 0.0F;
    for (int i = 0; i < 20; ++i) {
      line.tick();
      if (line.rms() < 0.1) ++silent_blocks;
      for (std::size_t k = 0; k < line.block.size(); k += 2) {
        step = std::max(step, std::abs(line.block[k] - std::exchange(last, line.block[k])));
      }
    }
    EXPECT_LE(silent_blocks, 3) << offset;
    EXPECT_LT(step, 1.5F * 0.5F * 0.0576F) << offset;
    EXPECT_NEAR(line.rms(), kToneRms, 0.03) << offset;
    line.run(300);
    EXPECT_EQ(line.server.stats().concealed_samples, 0U);
    EXPECT_LE(line.server.stats().delay_ms, 35.0F);
  }
}

TEST(MediaSession, WithoutTheSendersLevelItGoesOnDecodingForAMeter) {
  Line line(0);
  line.server.set_heard(false);
  line.run(100);
  EXPECT_TRUE(line.server.is_decoding());
  EXPECT_NEAR(line.rms(), kToneRms, 0.03);
  EXPECT_FALSE(line.server.stats().has_sender_level);
}

TEST(MediaSession, TheSendersLevelFallsLikeAMeters) {
  Line line(3);
  line.run(50);
  line.amplitude = 0.0F;
  line.run(100);
  EXPECT_NEAR(line.server.stats().sender_level_db, -29.0F, 2.0F);
  EXPECT_FALSE(line.server.stats().sender_voice);
  line.run(600);
  EXPECT_EQ(line.server.stats().sender_level_db, -127.0F);
}

}  // namespace
}  // namespace shelcaster::rtc
