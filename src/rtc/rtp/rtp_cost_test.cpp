#include <gtest/gtest.h>

#include "base/thread_cost_for_tests.hpp"
#include "rtc/rtp/header_extension.hpp"
#include "rtc/rtp/rtcp.hpp"
#include "rtc/rtp/rtp_packet.hpp"

// What one packet of a real peer may cost beside its decryption.
namespace shelcaster::rtc {
namespace {

constexpr std::size_t kDatagramBytesMax = 1'500;
constexpr double kDatagramUsMax = 20;

/// A header extension of padding, or of elements of no size, up to the end.
base::Bytes rtp_with(std::uint16_t profile, std::byte fill, std::size_t size) {
  base::Bytes bytes(size / 4 * 4, fill);
  base::ByteWriter writer(bytes);
  writer.u16(0x906f);
  writer.zeros(10);
  writer.u16(profile);
  writer.u16(static_cast<std::uint16_t>((bytes.size() - 16) / 4));
  return bytes;
}

/// Packets of RTCP without contents, one after the other.
base::Bytes rtcp_of(std::uint8_t type, std::size_t size) {
  base::Bytes bytes(size / 8 * 8, std::byte{0});
  base::ByteWriter writer(bytes);
  while (writer.size() < bytes.size()) {
    writer.u8(0x80);
    writer.u8(type);
    writer.u16(1);
    writer.u32(1);
  }
  return bytes;
}

template <typename Read>
void expect_linear(const base::Bytes& small, const base::Bytes& large, const Read& read) {
  const double small_us = testing::cost_us([&] { read(small); }, 500);
  const double large_us = testing::cost_us([&] { read(large); }, 500);
  EXPECT_LT(large_us, kDatagramUsMax * testing::kCostFactor);
  EXPECT_LT(large_us, testing::kLinearRatioMax * (small_us + 0.5));
}

TEST(RtpCost, GrowsWithTheLengthOfThePacketAndNotFaster) {
  for (const auto profile : {std::uint16_t{0xbede}, std::uint16_t{0x1000}}) {
    for (const std::byte fill : {std::byte{0}, std::byte{0x20}}) {
      expect_linear(rtp_with(profile, fill, kDatagramBytesMax / 4),
                    rtp_with(profile, fill, kDatagramBytesMax), [](base::ByteSpan bytes) {
                      const auto packet = parse_rtp(bytes);
                      ASSERT_TRUE(packet);
                      (void)find_audio_level(packet->extension, 1);
                    });
    }
  }
}

TEST(RtcpCost, GrowsWithTheLengthOfThePacketAndNotFaster) {
  for (std::uint8_t type = 200; type <= 207; ++type) {
    expect_linear(rtcp_of(type, kDatagramBytesMax / 4), rtcp_of(type, kDatagramBytesMax),
                  [](base::ByteSpan bytes) { (void)parse_rtcp(bytes); });
  }
}

}  // namespace
}  // namespace shelcaster::rtc
