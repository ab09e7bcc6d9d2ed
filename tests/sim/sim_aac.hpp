#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>

#include "base/bytes.hpp"

// What is in a packet of the simulated encoder, for who listens to it.
namespace shelcaster::sim {

/// A packet is made of its own frame and of those that the encoder was given before: a real one's
/// window, bit reservoir and psychoacoustics reach about so far back.
inline constexpr std::size_t kAacMemoryFrames = 5;

/// Stands for the samples of one frame.
std::uint64_t hash_of_frame(std::span<const float> interleaved);
/// Stands for what the packet of the last of these frames sounds like.
std::uint64_t hash_of_packet(const std::deque<std::uint64_t>& frames);

inline constexpr std::size_t kAacPacketBytes = 24;
using SimAacPacket = std::array<std::byte, kAacPacketBytes>;
SimAacPacket make_packet(std::uint64_t hash);
/// The hash of a packet; 0 if it is none of ours.
std::uint64_t packet_hash(base::ByteSpan packet);

}  // namespace shelcaster::sim
