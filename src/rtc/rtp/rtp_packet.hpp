#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "rtc/rtp/header_extension.hpp"

namespace shelcaster::rtc {

inline constexpr std::size_t kRtpHeaderBytes = 12;

// RFC 3550 §5.1
//  0                   1                   2                   3
//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
// |V=2|P|X|  CC   |M|     PT      |       sequence number         |
// |                           timestamp                           |
// |           synchronization source (SSRC) identifier            |
struct RtpHeader {
  bool marker = false;
  std::uint8_t payload_type = 0;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
};

/// `payload` points into what was parsed, without padding; it may be empty (a padding-only probe).
/// So does the extension's data.
struct RtpPacket {
  RtpHeader header;
  HeaderExtension extension;
  base::ByteSpan payload;
};

/// Contributing sources are skipped. nullopt: not a well-formed RTP packet.
std::optional<RtpPacket> parse_rtp(base::ByteSpan bytes) noexcept;

/// Writes header and payload and returns their size; 0 if `out` is too small.
std::size_t build_rtp(const RtpHeader& header, base::ByteSpan payload,
                      std::span<std::byte> out) noexcept;

/// An audio level to send, as element `id` (1–14) of a one-byte header extension (RFC 8285 §4.2).
struct AudioLevelToSend {
  int id = 0;
  AudioLevel level;
};
/// The same with an extension in it that has the audio level alone: 8 bytes more.
std::size_t build_rtp(const RtpHeader& header, const AudioLevelToSend& level,
                      base::ByteSpan payload, std::span<std::byte> out) noexcept;

}  // namespace shelcaster::rtc
