#pragma once

#include <cstddef>
#include <vector>

#include "base/bytes.hpp"
#include "rtc/rtp/header_extension.hpp"

namespace shelcaster::bench {

/// A voice of the benchmarks: speech-like, with a quiet pilot tone that says whose it is.
inline constexpr int kPilots = 12;
inline constexpr int kClipPackets = 500;  // 10 s of 20 ms
inline constexpr int kPacketFrames = 960;

/// Whole cycles in 20 ms, so that a clip may be repeated. Above 8 kHz: what is below, Opus codes as
/// speech in its hybrid mode, and may well leave a tone out.
constexpr double pilot_hz(int pilot) { return 9000.0 + 500.0 * pilot; }

/// Mono, kClipPackets × kPacketFrames samples at 48 kHz.
std::vector<float> voice_samples(int pilot);

/// How a microphone is encoded: at 64 kbit/s Opus may take its hybrid mode, which it tunes for
/// speech and which costs four times as much to decode, or its transform (CELT) mode.
enum class Microphone { kHybrid, kCelt };

/// Each packet's level, as browsers tell it in a header extension.
std::vector<rtc::AudioLevel> voice_levels(int pilot);

/// The same as Opus packets: mono, 64 kbit/s.
std::vector<base::Bytes> voice_packets(int pilot, Microphone microphone);

}  // namespace shelcaster::bench
