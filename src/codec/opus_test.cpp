#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "codec/opus_decoder.hpp"
#include "codec/opus_encoder.hpp"

namespace shelcaster::codec {
namespace {

using Packet = std::vector<std::byte>;

std::vector<float> tone(int channels, double hz, int at_frame, double amplitude = 0.5) {
  std::vector<float> samples(static_cast<std::size_t>(kOpusEncodeFrames * channels));
  for (int i = 0; i < kOpusEncodeFrames; ++i) {
    const double phase = 2 * std::numbers::pi * hz * (at_frame + i) / 48'000.0;
    for (int c = 0; c < channels; ++c) {
      samples[static_cast<std::size_t>(i * channels + c)] =
          static_cast<float>(amplitude * std::sin(phase));
    }
  }
  return samples;
}

double rms(std::span<const float> samples) {
  double sum = 0;
  for (const float s : samples) sum += static_cast<double>(s) * static_cast<double>(s);
  return std::sqrt(sum / static_cast<double>(samples.size()));
}

std::vector<Packet> encode_tone(const OpusEncoderConfig& config, int packets, double hz) {
  OpusEncoder encoder(config);
  std::vector<Packet> out;
  for (int i = 0; i < packets; ++i) {
    Packet packet(1275);
    packet.resize(encoder.encode(tone(config.channels, hz, i * kOpusEncodeFrames), packet));
    out.push_back(std::move(packet));
  }
  return out;
}

TEST(Opus, KeepsTheLevelOfAToneFromMonoInToStereoOut) {
  OpusDecoder decoder(2);
  std::array<float, 2 * kOpusFramesMax> out{};
  int frames = 0;
  for (const Packet& packet : encode_tone({.channels = 1, .bitrate_bps = 48'000}, 20, 440)) {
    frames = decoder.decode(packet, out);
    ASSERT_EQ(frames, 960);
  }
  EXPECT_NEAR(rms(std::span(out).first(1920)), 0.5 / std::numbers::sqrt2, 0.01);
  EXPECT_EQ(out[100], out[101]);
}

TEST(Opus, DecodesStereoAfterMonoOnTheSameDecoder) {
  OpusDecoder decoder(2);
  std::array<float, 2 * kOpusFramesMax> out{};
  for (const Packet& packet : encode_tone({.channels = 1}, 10, 440)) decoder.decode(packet, out);
  for (const Packet& packet : encode_tone({.channels = 2}, 10, 440)) {
    ASSERT_EQ(decoder.decode(packet, out), 960);
  }
  EXPECT_NEAR(rms(std::span(out).first(1920)), 0.5 / std::numbers::sqrt2, 0.01);
}

TEST(Opus, OneChannelIsDecodedByADecoderOfOneAndGoesOverToTwo) {
  OpusDecoder decoder(1);
  std::array<float, 2 * kOpusFramesMax> out{};
  for (const Packet& packet : encode_tone({.channels = 1}, 10, 440)) {
    EXPECT_EQ(opus_channels(packet), 1);
    ASSERT_EQ(decoder.decode(packet, out), 960);
  }
  EXPECT_NEAR(rms(std::span(out).first(960)), 0.5 / std::numbers::sqrt2, 0.01);
  decoder.set_channels(2);
  for (const Packet& packet : encode_tone({.channels = 2}, 10, 440)) {
    ASSERT_EQ(decoder.decode(packet, out), 960);
  }
  EXPECT_EQ(decoder.channels(), 2);
  EXPECT_NEAR(rms(std::span(out).first(1920)), 0.5 / std::numbers::sqrt2, 0.01);
  EXPECT_EQ(opus_channels({}), 0);
}

TEST(Opus, RecoversALostFrameFromTheNextPacket) {
  const auto packets = encode_tone(
      {.channels = 1, .bitrate_bps = 32'000, .expected_loss_percent = 20, .speech = true}, 30, 220);
  ASSERT_TRUE(opus_has_fec(packets[21]));
  std::array<float, 2 * kOpusFramesMax> out{};
  OpusDecoder decoder(2);
  for (std::size_t i = 0; i < 20; ++i) decoder.decode(packets[i], out);
  ASSERT_EQ(decoder.decode_fec(packets[21], 960, out), 960);
  EXPECT_NEAR(rms(std::span(out).first(1920)), 0.5 / std::numbers::sqrt2, 0.05);
}

TEST(Opus, PacketsOfTheMusicModeCarryNoFec) {
  const auto packets = encode_tone({.channels = 2, .bitrate_bps = 128'000, .fec = false}, 5, 440);
  EXPECT_FALSE(opus_has_fec(packets[4]));
}

/// How far the error of a coded sound with music and noise in it lies below it, in dB, if the codec
/// delays it by `delay_frames`.
double fidelity_db(const OpusEncoderConfig& config, std::size_t delay_frames) {
  constexpr std::size_t kPackets = 100;
  const auto channels = static_cast<std::size_t>(config.channels);
  std::vector<float> sound;
  std::uint32_t noise = 1;
  for (std::size_t i = 0; i < kPackets * kOpusEncodeFrames; ++i) {
    const double t = static_cast<double>(i) / 48'000.0;
    const double strike = std::exp(-6.0 * std::fmod(t, 0.25));
    noise = noise * 1'664'525U + 1'013'904'223U;
    double sample = 0.05 * strike * strike * (static_cast<double>(noise) / 0x8000'0000 - 1.0);
    for (const double hz : {196.0, 493.9, 1174.7, 3520.0}) {
      sample += 0.1 * strike * std::sin(2 * std::numbers::pi * hz * t);
    }
    sound.insert(sound.end(), channels, static_cast<float>(sample));
  }
  OpusEncoder encoder(config);
  OpusDecoder decoder(config.channels);
  std::vector<float> heard;
  std::array<float, 2 * kOpusFramesMax> out{};
  const std::size_t packet_samples = kOpusEncodeFrames * channels;
  for (std::size_t i = 0; i < kPackets; ++i) {
    Packet packet(1275);
    packet.resize(
        encoder.encode(std::span(sound).subspan(i * packet_samples, packet_samples), packet));
    decoder.decode(packet, out);
    heard.insert(heard.end(), out.begin(),
                 out.begin() + static_cast<std::ptrdiff_t>(packet_samples));
  }
  double power = 0;
  double error = 0;
  for (std::size_t i = 10 * packet_samples; i + delay_frames * channels < heard.size(); ++i) {
    const auto wanted = static_cast<double>(sound[i]);
    const double off = static_cast<double>(heard[i + delay_frames * channels]) - wanted;
    power += wanted * wanted;
    error += off * off;
  }
  return 10 * std::log10(power / error);
}

TEST(Opus, LowDelayTakesFourMillisecondsLessAndCostsNoQuality) {
  struct Setting {
    int channels, bitrate_bps, complexity;
  };
  for (const Setting& s : {Setting{2, 96'000, 2}, Setting{2, 64'000, 5}, Setting{1, 64'000, 4},
                           Setting{1, 32'000, 0}}) {
    OpusEncoderConfig config{
        .channels = s.channels, .bitrate_bps = s.bitrate_bps, .complexity = s.complexity};
    const double usual_db = fidelity_db(config, 312);
    config.low_delay = true;
    EXPECT_GT(usual_db, 10) << s.bitrate_bps;
    EXPECT_GT(fidelity_db(config, 120), usual_db - 0.3) << s.bitrate_bps;
  }
}

TEST(Opus, ConcealmentGoesOnAndThenFadesByTwentyDecibels) {
  OpusDecoder decoder(2);
  std::array<float, 2 * kOpusFramesMax> out{};
  for (const Packet& packet : encode_tone({.channels = 2}, 20, 440)) decoder.decode(packet, out);
  ASSERT_EQ(decoder.conceal(480, out), 480);
  EXPECT_GT(rms(std::span(out).first(960)), 0.2);
  for (int i = 0; i < 100; ++i) ASSERT_EQ(decoder.conceal(480, out), 480);
  EXPECT_LT(rms(std::span(out).first(960)), 0.035);
}

TEST(Opus, MalformedPacketsDecodeToNothingAndTheDecoderStaysUsable) {
  OpusDecoder decoder(2);
  std::array<float, 2 * kOpusFramesMax> out{};
  const std::array<std::byte, 3> nonsense{std::byte{0xff}, std::byte{0xff}, std::byte{0xff}};
  EXPECT_EQ(decoder.decode({}, out), 0);
  EXPECT_EQ(decoder.decode(nonsense, out), 0);
  EXPECT_FALSE(opus_has_fec(nonsense));
  EXPECT_EQ(decoder.decode(encode_tone({}, 1, 440)[0], out), 960);
}

TEST(Opus, RefusesALengthThatIsNotAWholeFrame) {
  OpusEncoder encoder({.channels = 2});
  std::array<std::byte, 1275> packet{};
  EXPECT_EQ(encoder.encode(std::vector<float>(960), packet), 0U);
  OpusDecoder decoder(2);
  std::array<float, 960> out{};
  EXPECT_EQ(decoder.conceal(481, out), 0);
  EXPECT_EQ(decoder.conceal(960, out), 0) << "no room";
}

}  // namespace
}  // namespace shelcaster::codec
