#pragma once

#include <cstdint>

#include "codec/opus_decoder.hpp"
#include "rtc/jitter/frame_decoder.hpp"

namespace shelcaster::rtc {

/// Opus as the jitter buffer wants it. A microphone is mono, and stays so until a stereo packet
/// comes; an encoder that is short of bits may go back to mono for a while, so it takes a second of
/// that until the decoder follows and forgets what it knew.
class OpusFrameDecoder final : public FrameDecoder {
 public:
  OpusFrameDecoder() : decoder_(1) {}

  int channels() const noexcept override { return decoder_.channels(); }
  int channels_for(base::ByteSpan payload) const noexcept override {
    if (codec::opus_channels(payload) == 2) return 2;
    return mono_run_frames_ >= kMonoFramesMin ? 1 : decoder_.channels();
  }
  void reset(int channels) noexcept override {
    decoder_.set_channels(channels);
    mono_run_frames_ = 0;
  }

  int frames(base::ByteSpan payload) const noexcept override { return codec::opus_frames(payload); }
  bool has_fec(base::ByteSpan payload) const noexcept override {
    return codec::opus_has_fec(payload);
  }
  int decode(base::ByteSpan payload, std::span<float> out) noexcept override {
    const int decoded = decoder_.decode(payload, out);
    mono_run_frames_ = codec::opus_channels(payload) == 1 ? mono_run_frames_ + decoded : 0;
    return decoded;
  }
  int decode_fec(base::ByteSpan next_payload, int frames, std::span<float> out) noexcept override {
    return decoder_.decode_fec(next_payload, frames, out);
  }
  int conceal(int frames, std::span<float> out) noexcept override {
    return decoder_.conceal(frames, out);
  }

 private:
  static constexpr std::int64_t kMonoFramesMin = 48'000;

  codec::OpusDecoder decoder_;
  std::int64_t mono_run_frames_ = 0;
};

}  // namespace shelcaster::rtc
