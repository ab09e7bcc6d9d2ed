#include <gtest/gtest.h>

#include <array>
#include <chrono>

#include "rtc/rtp/reception_statistics.hpp"
#include "rtc/rtp/rtcp.hpp"
#include "rtc/rtp/rtp_packet.hpp"
#include "rtc/rtp/rtp_time.hpp"

namespace shelcaster::rtc {
namespace {

using namespace std::chrono_literals;

constexpr base::Instant kStart = base::Instant::from_nanoseconds(5'000'000'000);

template <std::size_t N>
std::array<std::byte, N> bytes_of(const std::array<unsigned, N>& values) {
  std::array<std::byte, N> bytes{};
  for (std::size_t i = 0; i < N; ++i) bytes[i] = static_cast<std::byte>(values[i]);
  return bytes;
}

TEST(Unwrapper, CountsOnOverTheWrapInBothDirections) {
  Unwrapper<std::uint16_t> sequences;
  EXPECT_EQ(sequences.unwrap(65'534), 65'534);
  EXPECT_EQ(sequences.unwrap(1), 65'537);
  EXPECT_EQ(sequences.unwrap(65'535), 65'535) << "reordered over the wrap";
  EXPECT_EQ(sequences.unwrap(2), 65'538);
  Unwrapper<std::uint32_t> timestamps;
  EXPECT_EQ(timestamps.unwrap(0), 0);
  EXPECT_EQ(timestamps.unwrap(0xffff'fc40U), -960) << "before the first";
}

TEST(RtpPacket, ComesBackAsItWasBuilt) {
  std::array<std::byte, 64> bytes{};
  const RtpHeader header{
      .marker = true, .payload_type = 111, .sequence = 65'535, .timestamp = 0xfffffff0, .ssrc = 42};
  const std::size_t size = build_rtp(header, base::as_bytes("opus"), bytes);
  ASSERT_EQ(size, 16U);
  const auto packet = parse_rtp(base::ByteSpan(bytes).first(size));
  ASSERT_TRUE(packet.has_value());
  EXPECT_TRUE(packet->header.marker);
  EXPECT_EQ(packet->header.payload_type, 111);
  EXPECT_EQ(packet->header.sequence, 65'535);
  EXPECT_EQ(packet->header.timestamp, 0xfffffff0);
  EXPECT_EQ(packet->header.ssrc, 42U);
  EXPECT_EQ(base::as_text(packet->payload), "opus");
  EXPECT_EQ(build_rtp(header, base::as_bytes("opus"), std::span(bytes).first(15)), 0U);
}

TEST(RtpPacket, SkipsContributingSourcesExtensionAndPadding) {
  const auto bytes = bytes_of<29>({0xb1, 111,  0, 1, 0,    0,    0, 2, 0, 0, 0, 3,  //
                                   9,    9,    9, 9,                                // one CSRC
                                   0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0,              // extension
                                   'h',  'i',  0, 0, 3});                           // padding
  const auto packet = parse_rtp(bytes);
  ASSERT_TRUE(packet.has_value());
  EXPECT_EQ(base::as_text(packet->payload), "hi");
}

TEST(RtpPacket, RefusesWhatDoesNotAddUp) {
  EXPECT_FALSE(parse_rtp({}).has_value());
  EXPECT_FALSE(parse_rtp(bytes_of<12>({0x40})).has_value()) << "version 1";
  EXPECT_FALSE(parse_rtp(bytes_of<12>({0x8f})).has_value()) << "15 sources that aren't there";
  EXPECT_FALSE(parse_rtp(bytes_of<12>({0x90})).has_value()) << "no extension there";
  EXPECT_FALSE(parse_rtp(bytes_of<12>({0xa0})).has_value()) << "no padding there";
  EXPECT_FALSE(parse_rtp(bytes_of<13>({0xa0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9})).has_value())
      << "more padding than packet";
}

TEST(Rtcp, ReportsComeBackAsTheyWereBuilt) {
  std::array<std::byte, 200> bytes{};
  const ReportBlock block{.ssrc = 7,
                          .fraction_lost = 64,
                          .cumulative_lost = -3,
                          .extended_highest_sequence = 70'000,
                          .jitter = 480,
                          .last_sender_report = 0x12345678,
                          .delay_since_last_sender_report = 65'536};
  const SenderInfo info{.ntp = 0x0102030405060708, .rtp_timestamp = 9, .packets = 10, .bytes = 11};
  for (const std::string_view cname : {"", "a", "ab", "abc", "abcd"}) {
    const std::size_t size = build_rtcp(
        {.sender_ssrc = 5, .sender_info = info, .block = block, .cname = cname, .goodbye = true},
        bytes);
    ASSERT_GT(size, 0U);
    EXPECT_EQ(size % 4, 0U);
    const auto report = parse_rtcp(base::ByteSpan(bytes).first(size));
    ASSERT_TRUE(report.has_value()) << cname;
    EXPECT_EQ(report->sender_ssrc, 5U);
    ASSERT_TRUE(report->sender_info.has_value());
    EXPECT_EQ(report->sender_info->ntp, info.ntp);
    ASSERT_EQ(report->block_count, 1U);
    EXPECT_EQ(report->blocks[0].cumulative_lost, -3);
    EXPECT_EQ(report->blocks[0].extended_highest_sequence, 70'000U);
    EXPECT_EQ(report->blocks[0].delay_since_last_sender_report, 65'536U);
    EXPECT_TRUE(report->has_goodbye);
    EXPECT_EQ(report->goodbye_ssrc, 5U);
  }
}

TEST(Rtcp, AReceiverReportHasNoSenderInfo) {
  std::array<std::byte, 200> bytes{};
  const std::size_t size = build_rtcp({.sender_ssrc = 5, .cname = "x"}, bytes);
  const auto report = parse_rtcp(base::ByteSpan(bytes).first(size));
  ASSERT_TRUE(report.has_value());
  EXPECT_FALSE(report->sender_info.has_value());
  EXPECT_EQ(report->block_count, 0U);
  EXPECT_EQ(build_rtcp({.sender_ssrc = 5, .cname = "x"}, std::span(bytes).first(10)), 0U);
}

TEST(Rtcp, IgnoresFeedbackItDoesNotUse) {
  // A NACK (205/1) and a REMB (206/15) after an empty receiver report.
  const auto bytes = bytes_of<48>({0x80, 201, 0, 1, 0, 0, 0, 1,                                  //
                                   0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0,   5,   0,   0,    //
                                   0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B',  //
                                   1,    0,   0, 0, 0, 0, 0, 2});
  const auto report = parse_rtcp(bytes);
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->sender_ssrc, 1U);
  EXPECT_EQ(report->block_count, 0U);
}

TEST(Rtcp, RefusesLengthsThatDoNotAddUp) {
  EXPECT_FALSE(parse_rtcp({}).has_value());
  EXPECT_FALSE(parse_rtcp(bytes_of<8>({0x80, 201, 0, 2})).has_value()) << "longer than it is";
  EXPECT_FALSE(parse_rtcp(bytes_of<8>({0x81, 201, 0, 1})).has_value())
      << "a block that isn't there";
  EXPECT_FALSE(parse_rtcp(bytes_of<8>({0x00, 201, 0, 1})).has_value()) << "version 0";
}

RtpHeader packet_at(std::uint16_t sequence, std::uint32_t timestamp) {
  return {.sequence = sequence, .timestamp = timestamp};
}

TEST(ReceptionStatistics, CountsLossOverTheWrap) {
  ReceptionStatistics statistics;
  for (unsigned i = 0; i < 100; ++i) {
    if (i % 10 == 5) continue;
    statistics.note_packet(kStart + i * 20ms,
                           packet_at(static_cast<std::uint16_t>(65'500 + i), i * 960));
  }
  EXPECT_EQ(statistics.lost(), 10);
  const ReportBlock block = statistics.make_block(1, kStart + 2s);
  EXPECT_EQ(block.cumulative_lost, 10);
  EXPECT_EQ(block.fraction_lost, 25);
  EXPECT_EQ(block.extended_highest_sequence, 65'599U);
  EXPECT_NEAR(statistics.last_loss_percent(), 10.0F, 0.01F);
  EXPECT_EQ(statistics.make_block(1, kStart + 3s).fraction_lost, 0) << "a new interval";
}

TEST(ReceptionStatistics, MeasuresJitterAsTheRfcDoes) {
  ReceptionStatistics statistics;
  for (unsigned i = 0; i < 500; ++i) {
    const auto late = i % 2 == 0 ? 0ms : 8ms;
    statistics.note_packet(kStart + i * 20ms + late,
                           packet_at(static_cast<std::uint16_t>(i), i * 960));
  }
  EXPECT_NEAR(statistics.jitter_ms(), 8.0F, 0.1F);
}

TEST(ReceptionStatistics, ARestartedSenderIsNotALoss) {
  ReceptionStatistics statistics;
  for (unsigned i = 0; i < 50; ++i) {
    statistics.note_packet(kStart + i * 20ms, packet_at(static_cast<std::uint16_t>(i), i * 960));
  }
  for (unsigned i = 0; i < 50; ++i) {
    statistics.note_packet(kStart + 1s + i * 20ms,
                           packet_at(static_cast<std::uint16_t>(30'000 + i), 77'777 + i * 960));
  }
  EXPECT_EQ(statistics.lost(), 0);
  EXPECT_EQ(statistics.make_block(1, kStart + 2s).fraction_lost, 0);
  EXPECT_LT(statistics.jitter_ms(), 0.1F);
}

TEST(ReceptionStatistics, TellsTheDelaySinceTheLastSenderReport) {
  ReceptionStatistics statistics;
  EXPECT_EQ(statistics.make_block(1, kStart).last_sender_report, 0U);
  statistics.note_sender_report(kStart, {.ntp = to_ntp(kStart)});
  const ReportBlock block = statistics.make_block(1, kStart + 500ms);
  EXPECT_EQ(block.last_sender_report, 5U << 16U);
  EXPECT_EQ(block.delay_since_last_sender_report, 32'768U);
}

}  // namespace
}  // namespace shelcaster::rtc
