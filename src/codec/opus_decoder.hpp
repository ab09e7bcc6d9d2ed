#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/bytes.hpp"

struct OpusDecoder;

namespace shelcaster::codec {

/// 120 ms at 48 kHz: the longest that one Opus packet may last (RFC 6716 §3.2).
inline constexpr int kOpusFramesMax = 5760;

/// Frames (samples per channel at 48 kHz) that an Opus packet decodes to; 0 if it is malformed.
int opus_frames(base::ByteSpan payload) noexcept;

/// Channels that the packet was coded with, 1 or 2; 0 if it is empty.
int opus_channels(base::ByteSpan payload) noexcept;

/// True if the packet carries an in-band copy (LBRR) of the frame before it (RFC 6716 §4.2.4).
bool opus_has_fec(base::ByteSpan payload) noexcept;

/// One Opus stream, always decoded to 48 kHz interleaved. With two channels a mono packet comes out
/// the same on both, so a sender may switch between mono and stereo at will, but a decoder with one
/// channel does the work of a mono packet in three quarters of the time. Allocates in the
/// constructor only; not thread-safe.
class OpusDecoder {
 public:
  explicit OpusDecoder(int channels);
  OpusDecoder(OpusDecoder&&) noexcept = default;
  OpusDecoder& operator=(OpusDecoder&&) noexcept = default;

  [[nodiscard]] int channels() const noexcept { return channels_; }
  /// 1 or 2. Forgets everything that was decoded, also if it is the number that it has.
  void set_channels(int channels) noexcept;

  /// Decodes one packet and returns its frames; 0 if it is malformed (the decoder stays usable) or
  /// if `out` has no room for it. kOpusFramesMax frames are always enough.
  int decode(base::ByteSpan payload, std::span<float> out) noexcept;

  /// Fills `frames` lost frames right before `next_payload` from the copy in it, as far as there is
  /// one, and makes up the rest. `frames` is a multiple of 120 (2.5 ms), at most kOpusFramesMax.
  int decode_fec(base::ByteSpan next_payload, int frames, std::span<float> out) noexcept;

  /// Makes up `frames` frames that go on from what was decoded last, fading out over repeated
  /// calls. A multiple of 120, at most kOpusFramesMax.
  int conceal(int frames, std::span<float> out) noexcept;

  /// Forgets everything that was decoded.
  void reset() noexcept;

 private:
  [[nodiscard]] bool fits(int frames, std::span<float> out) const noexcept;

  int channels_;
  /// Room for two channels, whatever their number is.
  std::vector<std::max_align_t> memory_;
  ::OpusDecoder* decoder_;
};

}  // namespace shelcaster::codec
