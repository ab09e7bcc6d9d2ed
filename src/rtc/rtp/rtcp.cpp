#include "rtc/rtp/rtcp.hpp"

#include <algorithm>

namespace shelcaster::rtc {
namespace {

constexpr std::uint8_t kSenderReport = 200;
constexpr std::uint8_t kReceiverReport = 201;
constexpr std::uint8_t kSourceDescription = 202;
constexpr std::uint8_t kGoodbye = 203;
constexpr std::uint8_t kCnameItem = 1;
constexpr std::int32_t kCumulativeLostMax = 0x7fffff;

ReportBlock read_block(base::ByteReader& reader) noexcept {
  ReportBlock block;
  block.ssrc = reader.u32();
  block.fraction_lost = reader.u8();
  // Sign-extend 24 bits.
  block.cumulative_lost = static_cast<std::int32_t>(reader.u24() << 8U) >> 8;
  block.extended_highest_sequence = reader.u32();
  block.jitter = reader.u32();
  block.last_sender_report = reader.u32();
  block.delay_since_last_sender_report = reader.u32();
  return block;
}

void read_reports(base::ByteReader& reader, unsigned count, bool is_sender,
                  RtcpReport& report) noexcept {
  report.sender_ssrc = reader.u32();
  if (is_sender) {
    SenderInfo info;
    info.ntp = reader.u64();
    info.rtp_timestamp = reader.u32();
    info.packets = reader.u32();
    info.bytes = reader.u32();
    if (reader.ok()) report.sender_info = info;
  }
  for (unsigned i = 0; i < count && report.block_count < RtcpReport::kBlocksMax; ++i) {
    const ReportBlock block = read_block(reader);
    if (!reader.ok()) return;
    report.blocks[report.block_count++] = block;
  }
}

void write_block(base::ByteWriter& writer, const ReportBlock& block) noexcept {
  writer.u32(block.ssrc);
  writer.u8(block.fraction_lost);
  const std::int32_t lost =
      std::clamp(block.cumulative_lost, -kCumulativeLostMax - 1, kCumulativeLostMax);
  writer.u24(static_cast<std::uint32_t>(lost) & 0xffffffU);
  writer.u32(block.extended_highest_sequence);
  writer.u32(block.jitter);
  writer.u32(block.last_sender_report);
  writer.u32(block.delay_since_last_sender_report);
}

// The common header of RFC 3550 §6.4.1: version 2, no padding, a count, the type, and the length in
// 32-bit words less one.
void write_header(base::ByteWriter& writer, unsigned count, std::uint8_t type,
                  std::size_t words_after) noexcept {
  writer.u8(static_cast<std::uint8_t>(0x80U | count));
  writer.u8(type);
  writer.u16(static_cast<std::uint16_t>(words_after));
}

void write_description(base::ByteWriter& writer, std::uint32_t ssrc,
                       std::string_view cname) noexcept {
  cname = cname.substr(0, 255);
  // One chunk: SSRC, one item, and one to four zero bytes that end the list on a word (§6.5).
  const std::size_t item_bytes = 2 + cname.size();
  const std::size_t padding = 4 - item_bytes % 4;
  write_header(writer, 1, kSourceDescription, 1 + (item_bytes + padding) / 4);
  writer.u32(ssrc);
  writer.u8(kCnameItem);
  writer.u8(static_cast<std::uint8_t>(cname.size()));
  writer.bytes(base::as_bytes(cname));
  writer.zeros(padding);
}

}  // namespace

std::optional<RtcpReport> parse_rtcp(base::ByteSpan bytes) noexcept {
  RtcpReport report;
  base::ByteReader compound(bytes);
  if (bytes.size() < 4) return std::nullopt;
  while (compound.remaining() > 0) {
    const unsigned first = compound.u8();
    const std::uint8_t type = compound.u8();
    const std::size_t words = compound.u16();
    const base::ByteSpan body = compound.take(4 * words);
    if (!compound.ok() || first >> 6U != 2) return std::nullopt;

    base::ByteReader reader(body);
    const unsigned count = first & 0x1fU;
    if (type == kSenderReport || type == kReceiverReport) {
      read_reports(reader, count, type == kSenderReport, report);
      if (!reader.ok()) return std::nullopt;
    } else if (type == kGoodbye && count > 0) {
      report.goodbye_ssrc = reader.u32();
      report.has_goodbye = reader.ok();
    }
  }
  return report;
}

std::size_t build_rtcp(const RtcpToSend& report, std::span<std::byte> out) noexcept {
  base::ByteWriter writer(out);
  const unsigned blocks = report.block ? 1 : 0;
  const std::size_t block_words = report.block ? 6 : 0;
  if (report.sender_info) {
    write_header(writer, blocks, kSenderReport, 6 + block_words);
    writer.u32(report.sender_ssrc);
    writer.u64(report.sender_info->ntp);
    writer.u32(report.sender_info->rtp_timestamp);
    writer.u32(report.sender_info->packets);
    writer.u32(report.sender_info->bytes);
  } else {
    write_header(writer, blocks, kReceiverReport, 1 + block_words);
    writer.u32(report.sender_ssrc);
  }
  if (report.block) write_block(writer, *report.block);
  write_description(writer, report.sender_ssrc, report.cname);
  if (report.goodbye) {
    write_header(writer, 1, kGoodbye, 1);
    writer.u32(report.sender_ssrc);
  }
  return writer.ok() ? writer.size() : 0;
}

}  // namespace shelcaster::rtc
