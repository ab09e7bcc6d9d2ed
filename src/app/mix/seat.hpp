#pragma once

#include <array>
#include <cstddef>

#include "audio/block.hpp"
#include "codec/opus_encoder.hpp"

namespace shelcaster::app {

/// What the floor keeps for one person: the encoder of their own return and the 20 ms of it that
/// are being gathered. Built and destroyed on the stage thread.
struct Seat {
  explicit Seat(const codec::OpusEncoderConfig& config) : encoder(config) {}

  codec::OpusEncoder encoder;
  std::array<float, 2 * audio::kBlockSamples> pcm{};  // two blocks, interleaved
  /// The line whose microphone this seat hears; kNoLine while there is none.
  int microphone = -1;
  /// Decided once a frame of 20 ms, so that no packet mixes two returns.
  bool hears_own_return = false;
};

}  // namespace shelcaster::app
