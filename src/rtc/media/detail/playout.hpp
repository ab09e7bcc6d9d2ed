#pragma once

#include "rtc/jitter/jitter_buffer.hpp"
#include "rtc/media/detail/opus_frame_decoder.hpp"

namespace shelcaster::rtc {

/// The way from packets to sound. The buffer keeps a reference to the decoder beside it.
struct Playout {
  explicit Playout(const JitterConfig& config) : buffer(config, decoder) {}
  OpusFrameDecoder decoder;
  JitterBuffer buffer;
};

}  // namespace shelcaster::rtc
