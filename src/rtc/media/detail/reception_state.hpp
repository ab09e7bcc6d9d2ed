#pragma once

#include <cstdint>
#include <memory>

#include "rtc/jitter/jitter_buffer.hpp"
#include "rtc/media/detail/opus_frame_decoder.hpp"
#include "rtc/media/detail/sender_level.hpp"
#include "rtc/media/reception.hpp"
#include "rtc/rtp/reception_statistics.hpp"
#include "rtc/srtp/srtp_context.hpp"

namespace shelcaster::rtc {

/// The way from packets to sound. The buffer keeps a reference to the decoder beside it.
struct Playout {
  explicit Playout(const JitterConfig& config) : buffer(config, decoder) {}
  OpusFrameDecoder decoder;
  JitterBuffer buffer;
};

struct Reception::State {
  State(const SrtpKeys& keys, std::uint32_t remote_ssrc, const ReceptionConfig& config)
      : ssrc(remote_ssrc),
        payload_type(config.payload_type),
        audio_level_id(config.audio_level_id),
        srtp(keys, remote_ssrc) {}

  const std::uint32_t ssrc;
  const int payload_type;
  const int audio_level_id;
  SrtpReceiver srtp;
  ReceptionStatistics statistics;
  SenderLevel level;
  bool said_goodbye = false;
  /// Null for a source of RTCP alone.
  std::unique_ptr<Playout> playout;
};

}  // namespace shelcaster::rtc
