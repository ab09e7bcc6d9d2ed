#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "base/thread_cost_for_tests.hpp"
#include "rtc/sdp/make_answer.hpp"
#include "rtc/sdp/sdp_fragment.hpp"

// What a text from somebody without a token may cost, whatever stands in it.
namespace shelcaster::rtc {
namespace {

constexpr std::size_t kQuarter = kSdpBytesMax / 4;
constexpr double kTextUsMax = 2'000;

const std::string kSession = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";
const std::string kTransport =
    "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=setup:actpass\r\n"
    "a=fingerprint:sha-256 00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00"
    ":00:00:00:00:00:00:00:00\r\na=rtpmap:111 opus/48000/2\r\na=recvonly\r\n";
const std::string kAudio = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n";

/// `piece` as often as it goes in, with at least one.
std::string filled(std::string text, const std::string& piece, std::size_t size,
                   const std::string& end = {}) {
  do {
    text += piece;
  } while (text.size() + piece.size() + end.size() <= size);
  return text + end;
}

/// As many sections as are allowed, each with as many formats and attributes as go into its share.
std::string many_sections(std::size_t size) {
  std::string text = kSession + kTransport;
  const std::size_t share = (size - text.size()) / kSdpSectionsMax;
  for (std::size_t i = 0; i < kSdpSectionsMax; ++i) {
    std::string section = "m=audio 9 UDP/TLS/RTP/SAVPF";
    for (std::size_t k = 0; k < kSdpFormatsMax; ++k) section += ' ' + std::to_string(k % 111);
    section += "\r\na=mid:" + std::to_string(i) + "\r\n";
    text += filled(section, "a=rtpmap:1 x/1\r\n", share);
  }
  return text + kAudio;
}

struct Hostile {
  std::string name;
  std::function<std::string(std::size_t)> of_size;
};

const Hostile kTexts[] = {
    {"formats and what they map to",
     [](std::size_t size) {
       const std::string m = filled("m=audio 9 UDP/TLS/RTP/SAVPF", " 1", size / 2, " 111\r\n");
       return filled(kSession + m, "a=rtpmap:1 \r\n", size - kTransport.size()) + kTransport;
     }},
    {"as many formats and mappings as are allowed",
     [](std::size_t size) {
       const std::string m =
           filled("m=audio 9 UDP/TLS/RTP/SAVPF", " 1", 2 * kSdpFormatsMax, " 111\r\n");
       const std::string line =
           "a=rtpmap:1 " + std::string(size / kSdpAttributesMax - 16, ' ') + "x\r\n";
       return filled(kSession + m, line, size - kTransport.size()) + kTransport;
     }},
    {"m-lines", many_sections},
    {"names in a bundle",
     [](std::size_t size) {
       return filled(kSession + "a=group:BUNDLE", " 1", size - kAudio.size() - kTransport.size(),
                     "\r\n") +
              kAudio + kTransport;
     }},
    {"short attributes",
     [](std::size_t size) { return filled(kSession + kTransport, "a=x\n", size); }},
    {"empty lines", [](std::size_t size) { return filled(kSession, "\n", size); }},
    {"lines of other kinds",
     [](std::size_t size) { return filled(kSession + kAudio + kTransport, "b=\n", size); }},
    {"candidates",
     [](std::size_t size) {
       std::string text = kSession + kAudio + kTransport;
       for (int i = 1; text.size() + 60 < size; ++i) {
         text += "a=candidate:1 1 udp 1 10.0.0." + std::to_string(i % 250) + ' ' +
                 std::to_string(i) + " typ host\r\n";
       }
       return text;
     }},
    {"parameters of Opus",
     [](std::size_t size) {
       return filled(kSession + kAudio + kTransport + "a=fmtp:111 ", ";", size);
     }},
    {"fingerprints that are none",
     [](std::size_t size) {
       return filled(kSession + kTransport + kAudio, "a=fingerprint:sha-256 0\r\n", size);
     }},
    {"extensions",
     [](std::size_t size) {
       return filled(kSession + kTransport + kAudio, "a=extmap:1 u\r\n", size);
     }},
    {"one long line", [](std::size_t size) { return filled(kSession + "a=group:", " ", size); }},
};

void read_everything(const std::string& text) {
  static const LocalDescription local = [] {
    LocalDescription made;
    made.ice = {.ufrag = "serverUF", .pwd = "serverPasswordOf24Chars0"};
    made.host_candidates = {net::Endpoint::v4({127, 0, 0, 1}, 9000)};
    return made;
  }();
  if (const auto offer = parse_offer(text)) (void)make_answer(*offer, local);
  (void)parse_answer(text);
  (void)parse_sdp_fragment(text);
}

TEST(SdpCost, GrowsWithTheLengthOfTheTextAndNotFaster) {
  for (const Hostile& hostile : kTexts) {
    const std::string small = hostile.of_size(kQuarter);
    const std::string large = hostile.of_size(kSdpBytesMax);
    ASSERT_LE(large.size(), kSdpBytesMax) << hostile.name;
    ASSERT_GT(large.size(), kSdpBytesMax - 2'000) << hostile.name;
    const double small_us = testing::cost_us([&] { read_everything(small); }, 3);
    const double large_us = testing::cost_us([&] { read_everything(large); }, 3);
    // A refusal at the start costs nothing, and nothing is no divisor.
    constexpr double kConstantUs = 20;
    EXPECT_LT(large_us, kTextUsMax * testing::kCostFactor) << hostile.name;
    EXPECT_LT(large_us, testing::kLinearRatioMax * (small_us + kConstantUs)) << hostile.name;
  }
}

TEST(SdpLimits, AnMLineWithMoreFormatsThanThereArePayloadTypesIsRefusedByItsLine) {
  std::string formats;
  for (int i = 0; i < 128; ++i) formats += ' ' + std::to_string(i);
  const std::string start = kSession + "m=audio 9 UDP/TLS/RTP/SAVPF";
  EXPECT_TRUE(parse_offer(start + formats + "\r\n" + kTransport));
  const auto refused = parse_offer(start + formats + " 1\r\n" + kTransport);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "SDP line 5: an m-line with more than 128 formats");
}

TEST(SdpLimits, AttributesOfAnMLineAreCounted) {
  const auto with = [](int count) {
    std::string text = kSession + kAudio + kTransport;
    for (int i = 6; i < count; ++i) text += "a=x\r\n";
    return parse_offer(text + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=x\r\n");
  };
  EXPECT_TRUE(with(512)) << with(512).error().message;
  const auto refused = with(513);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "SDP line 518: more than 512 attributes of one m-line, or before the first");
}

TEST(SdpLimits, ABundleNamesNoMoreSectionsThanThereMayBe) {
  const auto refused =
      parse_offer(filled(kSession + "a=group:BUNDLE", " 1", 200, "\r\n") + kAudio + kTransport);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("BUNDLE"), std::string::npos);
}

}  // namespace
}  // namespace shelcaster::rtc
