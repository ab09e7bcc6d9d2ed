#include "rtc/rtp/rtp_packet.hpp"

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
    reader.skip(2);
    const std::size_t words = reader.u16();
    reader.skip(4 * words);
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

std::size_t build_rtp(const RtpHeader& header, base::ByteSpan payload,
                      std::span<std::byte> out) noexcept {
  base::ByteWriter writer(out);
  writer.u8(0x80);
  writer.u8(
      static_cast<std::uint8_t>((header.marker ? 0x80U : 0U) | (header.payload_type & 0x7fU)));
  writer.u16(header.sequence);
  writer.u32(header.timestamp);
  writer.u32(header.ssrc);
  writer.bytes(payload);
  return writer.ok() ? writer.size() : 0;
}

}  // namespace shelcaster::rtc
