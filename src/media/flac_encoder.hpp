#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.hpp"

namespace shelcaster::media {

inline constexpr std::size_t kFlacFrameSamples = 4'096;
/// "fLaC" and STREAMINFO.
inline constexpr std::size_t kFlacHeaderBytes = 42;

/// FLAC (RFC 9639), 48 kHz stereo, 24 bits, by libavcodec. What is beyond full scale is cut off; of
/// what is below, no more than rounding to 24 bits is lost. A frame depends on no other: an encoder
/// that begins with the number that another one came to goes on with its stream. One owner;
/// allocates while encoding.
class FlacEncoder {
 public:
  /// `first_frame`: the number of the first one, counted from 0.
  explicit FlacEncoder(std::uint64_t first_frame = 0);
  FlacEncoder(FlacEncoder&&) noexcept;
  FlacEncoder& operator=(FlacEncoder&&) noexcept;
  ~FlacEncoder();

  /// One frame. Exactly kFlacFrameSamples interleaved frames; fewer, and at least 16, only in the
  /// last call.
  base::Bytes encode(std::span<const float> interleaved);

  /// What a file begins with. `total_samples`: 0 while it isn't known.
  [[nodiscard]] base::Bytes header(std::uint64_t total_samples = 0) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shelcaster::media
