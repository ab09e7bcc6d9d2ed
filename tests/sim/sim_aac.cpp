// The AAC encoder of the simulated world: it defines the class of src/media, and is linked in its
// place. Its packets don't sound: each holds a hash of the samples that it stands for and of the
// frames before them, so that a listener who has the tape knows of every packet whether it is the
// right one, and whether the encoder was warm when it made it.
#include "sim_aac.hpp"

#include <cstdlib>
#include <cstring>

#include "media/aac_encoder.hpp"

namespace shelcaster::sim {
namespace {

constexpr std::uint64_t kPrime = 0x9e37'79b9'7f4a'7c15U;
constexpr std::uint64_t kMark = 0x5348'454c'4341'4143U;  // "SHELCAAC"

}  // namespace

std::uint64_t hash_of_frame(std::span<const float> interleaved) {
  // Four sums, which the processor can work on at once.
  std::array<std::uint64_t, 4> sums{1, 2, 3, 4};
  std::array<std::uint64_t, 4> words{};
  const std::size_t step = sizeof words / sizeof(float);
  for (std::size_t i = 0; i + step <= interleaved.size(); i += step) {
    std::memcpy(words.data(), &interleaved[i], sizeof words);
    for (std::size_t lane = 0; lane < 4; ++lane) {
      sums[lane] = (sums[lane] ^ words[lane]) * kPrime;
      sums[lane] ^= sums[lane] >> 29U;
    }
  }
  return ((sums[0] * kPrime ^ sums[1]) * kPrime ^ sums[2]) * kPrime ^ sums[3];
}

std::uint64_t hash_of_packet(const std::deque<std::uint64_t>& frames) {
  std::uint64_t hash = 1;
  for (const std::uint64_t frame : frames) hash = (hash ^ frame) * kPrime + 1;
  return hash == 0 ? 1 : hash;
}

SimAacPacket make_packet(std::uint64_t hash) {
  SimAacPacket packet{};
  std::memcpy(packet.data(), &kMark, sizeof kMark);
  std::memcpy(packet.data() + sizeof kMark, &hash, sizeof hash);
  return packet;
}

std::uint64_t packet_hash(base::ByteSpan packet) {
  std::uint64_t mark = 0;
  std::uint64_t hash = 0;
  if (packet.size() != kAacPacketBytes) return 0;
  std::memcpy(&mark, packet.data(), sizeof mark);
  std::memcpy(&hash, packet.data() + sizeof mark, sizeof hash);
  return mark == kMark ? hash : 0;
}

}  // namespace shelcaster::sim

namespace shelcaster::media {

struct AacEncoder::State {
  std::deque<std::uint64_t> frames;  // the last ones, as hashes
};

AacEncoder::AacEncoder() : state_(std::make_unique<State>()) {}
AacEncoder::AacEncoder(AacEncoder&&) noexcept = default;
AacEncoder& AacEncoder::operator=(AacEncoder&&) noexcept = default;
AacEncoder::~AacEncoder() = default;

/// One frame behind, as the real one.
std::vector<AacPacket> AacEncoder::encode(base::SampleTime at, std::span<const float> interleaved) {
  if (interleaved.size() != 2 * kAacFrameSamples) std::abort();
  const sim::SimAacPacket packet = sim::make_packet(sim::hash_of_packet(state_->frames));
  state_->frames.push_back(sim::hash_of_frame(interleaved));
  if (state_->frames.size() > sim::kAacMemoryFrames) state_->frames.pop_front();
  return {{at - std::int64_t{kAacFrameSamples}, {packet.begin(), packet.end()}}};
}

std::vector<AacPacket> AacEncoder::encode_silence(base::SampleTime at) {
  static constexpr std::array<float, 2 * kAacFrameSamples> kSilence{};
  return encode(at, kSilence);
}

base::ByteSpan AacEncoder::config() const {
  // AAC-LC, 48 kHz, stereo (ISO/IEC 14496-3 §1.6.2.1).
  static constexpr std::array<std::byte, 2> kConfig{std::byte{0x11}, std::byte{0x90}};
  return kConfig;
}

}  // namespace shelcaster::media
