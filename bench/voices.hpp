#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.hpp"

namespace shelcaster::bench {

/// A voice of the benchmarks: speech-like, with a quiet pilot tone that says whose it is.
inline constexpr int kPilots = 12;
inline constexpr int kClipPackets = 500;  // 10 s of 20 ms
inline constexpr int kPacketFrames = 960;

/// Whole cycles in 20 ms, so that a clip may be repeated; above a voice's strong formants.
constexpr double pilot_hz(int pilot) { return 5000.0 + 400.0 * pilot; }

/// Mono, kClipPackets × kPacketFrames samples at 48 kHz.
std::vector<float> voice_samples(int pilot);

/// The same as Opus packets: mono, 64 kbit/s, as a browser's microphone sends them.
std::vector<base::Bytes> voice_packets(int pilot);

}  // namespace shelcaster::bench
