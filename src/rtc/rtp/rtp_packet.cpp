#include "rtc/rtp/rtp_packet.hpp"

#include <algorithm>

namespace shelcaster::rtc {

std::optional<RtpPacket> parse_rtp(base::ByteSpan bytes) noexcept {
  base::ByteReader reader(bytes);
  const unsigned first = reader.u8();
  const unsigned second = reader.u8();
  RtpPacket packet;
  packet.header.marker = (second & 0x80U) != 0;
  packet.header.payload_type = static_cast<std::uint8_t>(second & 0x7fU);
  packet.header.sequence = reader.u16();
  packet.header.timestamp = reader.u32();
  packet.header.ssrc = reader.u32();

  const unsigned version = first >> 6U;
  const bool has_padding = (first & 0x20U) != 0;
  const bool has_extension = (first & 0x10U) != 0;
  const std::size_t contributing_sources = first & 0x0fU;
  reader.skip(4 * contributing_sources);
  if (has_extension) {
    packet.extension.profile = reader.u16();
    const std::size_t words = reader.u16();
    packet.extension.data = reader.take(4 * words);
  }
  if (!reader.ok() || version != 2) return std::nullopt;

  packet.payload = reader.rest();
  if (has_padding) {
    if (packet.payload.empty()) return std::nullopt;
    const auto padding = std::to_integer<std::size_t>(packet.payload.back());
    if (padding == 0 || padding > packet.payload.size()) return std::nullopt;
    packet.payload = packet.payload.first(packet.payload.size() - padding);
  }
  return packet;
}

namespace {

void write_header(const RtpHeader& header, bool has_extension, base::ByteWriter& writer) noexcept {
  writer.u8(has_extension ? 0x90 : 0x80);
  writer.u8(
      static_cast<std::uint8_t>((header.marker ? 0x80U : 0U) | (header.payload_type & 0x7fU)));
  writer.u16(header.sequence);
  writer.u32(header.timestamp);
  writer.u32(header.ssrc);
}

}  // namespace

std::size_t build_rtp(const RtpHeader& header, base::ByteSpan payload,
                      std::span<std::byte> out) noexcept {
  base::ByteWriter writer(out);
  write_header(header, false, writer);
  writer.bytes(payload);
  return writer.ok() ? writer.size() : 0;
}

std::size_t build_rtp(const RtpHeader& header, const AudioLevelToSend& level,
                      base::ByteSpan payload, std::span<std::byte> out) noexcept {
  base::ByteWriter writer(out);
  write_header(header, true, writer);
  const int attenuation = std::clamp(-level.level.level_db, 0, 127);
  writer.u16(0xbede);
  writer.u16(1);
  writer.u8(static_cast<std::uint8_t>(static_cast<unsigned>(level.id) << 4U));
  writer.u8(static_cast<std::uint8_t>((level.level.is_voice ? 0x80U : 0U) |
                                      static_cast<unsigned>(attenuation)));
  writer.zeros(2);
  writer.bytes(payload);
  return writer.ok() ? writer.size() : 0;
}

}  // namespace shelcaster::rtc
