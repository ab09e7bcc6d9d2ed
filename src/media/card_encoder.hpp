#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.hpp"

namespace shelcaster::media {

inline constexpr int kCardWidth = 640;
inline constexpr int kCardHeight = 360;
inline constexpr int kCardFramesPerSecond = 15;
/// Two seconds, what RTMP services ask for.
inline constexpr int kCardFramesPerIdr = 2 * kCardFramesPerSecond;
inline constexpr int kCardBitrateBps = 300'000;

enum class CardRate {
  kVariable,  // what the picture needs, at most kCardBitrateBps
  kConstant   // filled to kCardBitrateBps (ISO/IEC 14496-10 §7.4.2.7, Annex C)
};

struct VideoPacket {
  std::int64_t frame = 0;  // at 15 a second
  bool is_idr = false;
  base::Bytes bytes;  // NAL units in Annex B form
};

/// The picture for destinations that refuse audio alone: a still card, drawn here, as H.264 640×360
/// at 15 frames a second, an IDR every 2 s, no B-frames, so that it comes out in the order it goes
/// in with no delay. By libx264. One owner.
class CardEncoder {
 public:
  explicit CardEncoder(CardRate rate = CardRate::kVariable);
  CardEncoder(CardEncoder&&) noexcept;
  CardEncoder& operator=(CardEncoder&&) noexcept;
  ~CardEncoder();

  /// The next frame, numbered from 0.
  VideoPacket next();
  /// AVCDecoderConfigurationRecord is made of this (SPS and PPS in Annex B form).
  [[nodiscard]] base::ByteSpan config() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shelcaster::media
