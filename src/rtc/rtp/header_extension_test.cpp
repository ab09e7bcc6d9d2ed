#include "rtc/rtp/header_extension.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "rtc/rtp/rtp_packet.hpp"

namespace shelcaster::rtc {
namespace {

base::Bytes bytes_of(std::initializer_list<unsigned> values) {
  base::Bytes bytes;
  for (const unsigned value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

TEST(HeaderExtension, FindsAnElementOfTheOneByteForm) {
  // Id 1 with one byte, padding, id 4 with three bytes, padding.
  const base::Bytes data = bytes_of({0x10, 0xaa, 0, 0, 0x42, 1, 2, 3});
  const HeaderExtension extension{0xbede, data};
  ASSERT_TRUE(find_extension(extension, 1));
  EXPECT_EQ((*find_extension(extension, 1))[0], std::byte{0xaa});
  ASSERT_TRUE(find_extension(extension, 4));
  EXPECT_EQ(find_extension(extension, 4)->size(), 3U);
  EXPECT_FALSE(find_extension(extension, 2));
  EXPECT_FALSE(find_extension(extension, 0)) << "padding is no element";
}

TEST(HeaderExtension, FindsAnElementOfTheTwoByteForm) {
  const base::Bytes data = bytes_of({200, 0, 0, 1, 1, 0x85, 0, 0});
  for (const std::uint16_t profile : {std::uint16_t{0x1000}, std::uint16_t{0x100f}}) {
    const HeaderExtension extension{profile, data};
    ASSERT_TRUE(find_extension(extension, 200));
    EXPECT_TRUE(find_extension(extension, 200)->empty());
    EXPECT_EQ(find_audio_level(extension, 1), (AudioLevel{.level_db = -5, .is_voice = true}));
    EXPECT_FALSE(find_audio_level(extension, 200)) << "without a byte it says nothing";
  }
}

TEST(HeaderExtension, StopsAtId15AndAtWhatDoesNotFit) {
  const base::Bytes stopped = bytes_of({0xf0, 0xaa, 0x10, 0xbb});
  EXPECT_FALSE(find_extension({0xbede, stopped}, 1));
  EXPECT_FALSE(find_extension({0xbede, stopped}, 15));
  const base::Bytes cut = bytes_of({0x17, 1, 2, 3});
  EXPECT_FALSE(find_extension({0xbede, cut}, 1));
  const base::Bytes no_length = bytes_of({1, 1, 7, 9});
  EXPECT_TRUE(find_extension({0x1000, no_length}, 1));
  EXPECT_FALSE(find_extension({0x1000, no_length}, 9));
  EXPECT_FALSE(find_extension({0x1234, no_length}, 1)) << "not a form of RFC 8285";
  EXPECT_FALSE(find_extension({}, 1));
}

TEST(AudioLevel, ComesBackFromAPacketAsItWasSent) {
  std::array<std::byte, 64> bytes{};
  const RtpHeader header{.payload_type = 111, .sequence = 7, .timestamp = 960, .ssrc = 5};
  const AudioLevelToSend sent{.id = 3, .level = {.level_db = -42, .is_voice = true}};
  const std::size_t size = build_rtp(header, sent, base::as_bytes("opus"), bytes);
  ASSERT_EQ(size, kRtpHeaderBytes + 8 + 4);
  const auto packet = parse_rtp(base::ByteSpan(bytes).first(size));
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->header.sequence, 7);
  EXPECT_EQ(base::as_text(packet->payload), "opus");
  EXPECT_EQ(find_audio_level(packet->extension, 3), sent.level);
  EXPECT_FALSE(find_audio_level(packet->extension, 4));
  EXPECT_EQ(build_rtp(header, sent, base::as_bytes("opus"), std::span(bytes).first(20)), 0U);
}

TEST(AudioLevel, IsTheRmsInDecibelsBelowFullScale) {
  EXPECT_EQ(measure_audio_level(std::vector<float>(960, 0.0F)), AudioLevel{});
  EXPECT_EQ(measure_audio_level({}), AudioLevel{});
  const AudioLevel loud = measure_audio_level(std::vector<float>(960, 0.1F));
  EXPECT_EQ(loud.level_db, -20);
  EXPECT_TRUE(loud.is_voice);
  EXPECT_EQ(measure_audio_level(std::vector<float>(960, 4.0F)).level_db, 0);
}

}  // namespace
}  // namespace shelcaster::rtc
