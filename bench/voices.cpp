#include "voices.hpp"

#include <array>
#include <span>

#include "audio/speech_like.hpp"
#include "audio/tone.hpp"
#include "codec/opus_encoder.hpp"

namespace shelcaster::bench {
namespace {

constexpr float kVoiceDb = -24.0F;
constexpr float kPilotDb = -40.0F;
constexpr int kBitrateBps = 64'000;
constexpr int kComplexity = 9;

}  // namespace

std::vector<float> voice_samples(int pilot) {
  audio::SpeechLike voice(static_cast<std::uint64_t>(pilot) + 1, kVoiceDb);
  audio::Tone tone(pilot_hz(pilot), kPilotDb);
  std::vector<float> samples(static_cast<std::size_t>(kClipPackets * kPacketFrames));
  for (float& sample : samples) sample = voice.next() + tone.next();
  return samples;
}

std::vector<rtc::AudioLevel> voice_levels(int pilot) {
  const std::vector<float> samples = voice_samples(pilot);
  std::vector<rtc::AudioLevel> levels;
  for (std::size_t i = 0; i < kClipPackets; ++i) {
    levels.push_back(
        rtc::measure_audio_level(std::span(samples).subspan(i * kPacketFrames, kPacketFrames)));
  }
  return levels;
}

std::vector<base::Bytes> voice_packets(int pilot, Microphone microphone) {
  const std::vector<float> samples = voice_samples(pilot);
  codec::OpusEncoder encoder({.channels = 1,
                              .bitrate_bps = kBitrateBps,
                              .complexity = kComplexity,
                              .fec = true,
                              .expected_loss_percent = 0,
                              .speech = microphone == Microphone::kHybrid});
  std::vector<base::Bytes> packets;
  packets.reserve(kClipPackets);
  std::array<std::byte, 1275> bytes{};
  for (std::size_t i = 0; i < kClipPackets; ++i) {
    const auto frame = std::span(samples).subspan(i * kPacketFrames, kPacketFrames);
    const std::size_t size = encoder.encode(frame, bytes);
    packets.emplace_back(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  }
  return packets;
}

}  // namespace shelcaster::bench
