#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.hpp"

namespace shelcaster::rtc {

/// RFC 3550 §6.4.1, one report block: what its sender heard of `ssrc`.
struct ReportBlock {
  std::uint32_t ssrc = 0;
  /// Lost since the last report, in 1/256.
  std::uint8_t fraction_lost = 0;
  /// Signed 24 bits on the wire; clamped when it is built.
  std::int32_t cumulative_lost = 0;
  std::uint32_t extended_highest_sequence = 0;
  /// In timestamp units.
  std::uint32_t jitter = 0;
  /// The middle 32 bits of the NTP time in the last sender report; 0: none came.
  std::uint32_t last_sender_report = 0;
  /// Since that report, in 1/65536 s.
  std::uint32_t delay_since_last_sender_report = 0;
};

struct SenderInfo {
  /// RFC 3550 §4: 32.32 seconds, any clock that counts the same way will do.
  std::uint64_t ntp = 0;
  std::uint32_t rtp_timestamp = 0;
  std::uint32_t packets = 0;
  std::uint32_t bytes = 0;
};

/// What we use of a compound packet. What we don't (NACK, REMB, transport feedback, XR, APP, PLI)
/// is skipped.
struct RtcpReport {
  static constexpr std::size_t kBlocksMax = 31;

  std::uint32_t sender_ssrc = 0;
  std::optional<SenderInfo> sender_info = std::nullopt;
  std::array<ReportBlock, kBlocksMax> blocks{};
  std::size_t block_count = 0;
  bool has_goodbye = false;
  std::uint32_t goodbye_ssrc = 0;
};

/// Reduced-size packets (RFC 5506) are taken as well as compound ones. nullopt: the lengths in it
/// don't add up.
std::optional<RtcpReport> parse_rtcp(base::ByteSpan bytes) noexcept;

struct RtcpToSend {
  std::uint32_t sender_ssrc = 0;
  /// A sender report if it is set, else a receiver report.
  std::optional<SenderInfo> sender_info = std::nullopt;
  std::optional<ReportBlock> block = std::nullopt;
  /// SDES CNAME, required in every compound packet (§6.1); at most 255 bytes.
  std::string_view cname = {};
  bool goodbye = false;
};

/// Builds a compound packet of SR or RR, SDES and perhaps BYE; 0 if `out` is too small.
std::size_t build_rtcp(const RtcpToSend& report, std::span<std::byte> out) noexcept;

}  // namespace shelcaster::rtc
