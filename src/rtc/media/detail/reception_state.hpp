#pragma once

#include <cstdint>
#include <memory>

#include "rtc/jitter/jitter_buffer.hpp"
#include "rtc/media/detail/opus_frame_decoder.hpp"
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
  State(const SrtpKeys& keys, std::uint32_t remote_ssrc, int opus_payload_type)
      : ssrc(remote_ssrc), payload_type(opus_payload_type), srtp(keys, remote_ssrc) {}

  const std::uint32_t ssrc;
  const int payload_type;
  SrtpReceiver srtp;
  ReceptionStatistics statistics;
  bool said_goodbye = false;
  /// Null for a source of RTCP alone.
  std::unique_ptr<Playout> playout;
};

}  // namespace shelcaster::rtc
