#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.hpp"

namespace shelcaster::rtc {

/// The header extension of an RTP packet as it stands (RFC 3550 §5.3.1): what the profile number
/// says it is, and its words. Empty data: there is none.
struct HeaderExtension {
  std::uint16_t profile = 0;
  base::ByteSpan data;
};

/// An element of it by its id (RFC 8285), in the one-byte form (ids 1–14) or the two-byte form
/// (1–255). nullopt: it isn't there, the form is another, or the elements don't fit into the data.
std::optional<base::ByteSpan> find_extension(const HeaderExtension& extension, int id) noexcept;

/// RFC 6464: how loud the sender says that a packet is.
struct AudioLevel {
  /// −127 … 0 dBov; −127 is silence.
  int level_db = -127;
  /// The sender takes it for speech. Senders that can't tell say so always or never.
  bool is_voice = false;

  friend bool operator==(const AudioLevel&, const AudioLevel&) = default;
};
inline constexpr char kAudioLevelUri[] = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

/// nullopt: the packet says nothing of it. `id` is what the SDP gave it; 0 finds nothing.
std::optional<AudioLevel> find_audio_level(const HeaderExtension& extension, int id) noexcept;

/// Of samples in ±1, as RFC 6464 wants it: RMS over the packet, full scale is 0.
AudioLevel measure_audio_level(std::span<const float> samples) noexcept;

}  // namespace shelcaster::rtc
