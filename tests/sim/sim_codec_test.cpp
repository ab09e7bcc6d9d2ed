#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "audio/tone.hpp"
#include "codec/opus_decoder.hpp"
#include "codec/opus_encoder.hpp"

namespace shelcaster::codec {
namespace {

constexpr double kToneHz = 600;
using Packet = std::vector<std::byte>;

std::vector<Packet> packets_of_tone(int count) {
  OpusEncoder encoder({.channels = 1, .fec = true, .expected_loss_percent = 5, .speech = true});
  audio::Tone tone(kToneHz, -12);
  std::vector<Packet> packets;
  for (int i = 0; i < count; ++i) {
    std::array<float, 960> pcm{};
    tone.fill(std::span<float>(pcm));
    Packet packet(1275);
    packet.resize(encoder.encode(pcm, packet));
    packets.push_back(std::move(packet));
  }
  return packets;
}

/// Packets of which `is_lost` says which are made up from the next one's copy.
std::vector<float> played(const std::vector<Packet>& packets, const auto& is_lost) {
  OpusDecoder decoder(2);
  std::vector<float> out;
  for (std::size_t i = 0; i < packets.size(); ++i) {
    std::array<float, 1920> pcm{};
    const int frames =
        is_lost(i) ? decoder.decode_fec(packets[i + 1], 960, pcm) : decoder.decode(packets[i], pcm);
    EXPECT_EQ(frames, 960);
    out.insert(out.end(), pcm.begin(), pcm.end());
  }
  out.erase(out.begin(), out.begin() + 2 * 1920);
  return out;
}

TEST(SimCodec, LooksLikeOpusFromOutside) {
  const auto packets = packets_of_tone(2);
  EXPECT_EQ(opus_frames(packets[1]), 960);
  EXPECT_TRUE(opus_has_fec(packets[1]));
  EXPECT_EQ(opus_frames(Packet{std::byte{0x48}}), 960);
  EXPECT_EQ(opus_frames(Packet{std::byte{0x48}, std::byte{1}, std::byte{2}}), 0);
}

TEST(SimCodec, PassesAToneAtItsLevel) {
  const auto out = played(packets_of_tone(20), [](std::size_t) { return false; });
  EXPECT_NEAR(audio::tone_level_db(out, 0, kToneHz), -12, 0.2);
  EXPECT_LT(audio::tone_level_db(out, 0, 2 * kToneHz), -70);
}

TEST(SimCodec, RecoversALostFrameFromTheCopyInTheNext) {
  const auto out = played(packets_of_tone(20), [](std::size_t i) { return i % 5 == 3; });
  EXPECT_NEAR(audio::tone_level_db(out, 0, kToneHz), -12, 0.4);
}

TEST(SimCodec, FadesToSilenceWhileItMakesUp) {
  const auto packets = packets_of_tone(4);
  OpusDecoder decoder(2);
  std::array<float, 1920> pcm{};
  for (const Packet& packet : packets) EXPECT_EQ(decoder.decode(packet, pcm), 960);
  EXPECT_EQ(decoder.conceal(960, pcm), 960);
  EXPECT_GT(audio::tone_level_db(pcm, 0, kToneHz), -20);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(decoder.conceal(960, pcm), 960);
  EXPECT_LT(audio::tone_level_db(pcm, 0, kToneHz), -90);
}

}  // namespace
}  // namespace shelcaster::codec
