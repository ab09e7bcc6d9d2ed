#pragma once

#include <span>

#include "base/bytes.hpp"

namespace shelcaster::rtc {

/// The codec as the jitter buffer sees it: 48 kHz out, at most 120 ms a packet, interleaved in
/// channels(), one or two of them.
/// All of it runs on the audio thread.
class FrameDecoder {
 public:
  virtual ~FrameDecoder() = default;
  /// Frames that `payload` will decode to, 0 if it is malformed.
  [[nodiscard]] virtual int frames(base::ByteSpan payload) const noexcept = 0;
  /// True if `payload` holds a copy of the frame before it.
  [[nodiscard]] virtual bool has_fec(base::ByteSpan payload) const noexcept = 0;

  [[nodiscard]] virtual int channels() const noexcept = 0;
  /// How many it should have to do `payload` justice.
  [[nodiscard]] virtual int channels_for(base::ByteSpan payload) const noexcept = 0;
  /// Starts afresh with so many: forgets what was decoded.
  virtual void reset(int channels) noexcept = 0;

  /// The decoder makes up whole steps of this many frames (2.5 ms, Opus' shortest).
  static constexpr int kStepFrames = 120;

  /// Each fills `out` and returns the frames it wrote, 0 on failure. The frames asked for are a
  /// multiple of kStepFrames.
  virtual int decode(base::ByteSpan payload, std::span<float> out) noexcept = 0;
  virtual int decode_fec(base::ByteSpan next_payload, int frames,
                         std::span<float> out) noexcept = 0;
  virtual int conceal(int frames, std::span<float> out) noexcept = 0;
};

}  // namespace shelcaster::rtc
