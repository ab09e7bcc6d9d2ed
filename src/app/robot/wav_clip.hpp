#pragma once

#include <cstdint>
#include <string>

namespace shelcaster::app {

/// Generated music as a whole WAV file (48 kHz, stereo, 16 bit) in memory.
std::string make_music_wav(std::uint64_t seed, int seconds);

}  // namespace shelcaster::app
