#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"

namespace shelcaster::media {

inline constexpr std::size_t kAacFrameSamples = 1'024;
/// So many frames after the one that holds a sample, its packet comes out.
inline constexpr int kAacDelayFrames = 2;
inline constexpr int kAacBitrateBps = 128'000;

/// One AAC-LC frame. What it decodes to is samples [at, at + 1024) of what was encoded; a decoder
/// that starts with it gets the second half of its window right only with the frame before.
struct AacPacket {
  base::SampleTime at;
  base::Bytes bytes;
};

/// AAC-LC, 48 kHz stereo, 128 kbit/s, by libavcodec. One owner; allocates while encoding.
///
/// Digital silence costs next to nothing: an encoder that has been fed with it for a second gives
/// the same frame over and over, and is then left alone until something else comes.
class AacEncoder {
 public:
  AacEncoder();
  AacEncoder(AacEncoder&&) noexcept;
  AacEncoder& operator=(AacEncoder&&) noexcept;
  ~AacEncoder();

  /// Exactly 1024 interleaved frames that begin at `at`; each call goes on where the last one
  /// ended. The encoder is one frame behind: encode(at) gives the packet of at − 1024. The first
  /// packet holds the priming silence before the first sample.
  std::vector<AacPacket> encode(base::SampleTime at, std::span<const float> interleaved);
  /// The same with 1024 frames of digital silence, which needn't be looked at to be known.
  std::vector<AacPacket> encode_silence(base::SampleTime at);

  /// AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1), the same for every encoder of this build.
  [[nodiscard]] base::ByteSpan config() const;

 private:
  std::vector<AacPacket> encode_by_libav(base::SampleTime at, std::span<const float> interleaved);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shelcaster::media
