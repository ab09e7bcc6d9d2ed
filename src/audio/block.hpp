#pragma once

#include <array>
#include <cstddef>

namespace shelcaster::audio {

inline constexpr int kBlockFrames = 480;  // 10 ms at 48 kHz
inline constexpr int kChannels = 2;
inline constexpr std::size_t kBlockSamples = std::size_t{kBlockFrames} * kChannels;

/// 10 ms of 48 kHz stereo, interleaved L R L R …, full scale ±1.0.
using StereoBlock = std::array<float, kBlockSamples>;

}  // namespace shelcaster::audio
