#pragma once

#include "codec/opus_decoder.hpp"
#include "rtc/jitter/frame_decoder.hpp"

namespace shelcaster::rtc {

/// Opus as the jitter buffer wants it: always stereo.
class OpusFrameDecoder final : public FrameDecoder {
 public:
  OpusFrameDecoder() : decoder_(2) {}

  int frames(base::ByteSpan payload) const noexcept override { return codec::opus_frames(payload); }
  bool has_fec(base::ByteSpan payload) const noexcept override {
    return codec::opus_has_fec(payload);
  }
  int decode(base::ByteSpan payload, std::span<float> out) noexcept override {
    return decoder_.decode(payload, out);
  }
  int decode_fec(base::ByteSpan next_payload, int frames, std::span<float> out) noexcept override {
    return decoder_.decode_fec(next_payload, frames, out);
  }
  int conceal(int frames, std::span<float> out) noexcept override {
    return decoder_.conceal(frames, out);
  }

 private:
  codec::OpusDecoder decoder_;
};

}  // namespace shelcaster::rtc
