#include "rtc/stun/stun_message.hpp"

#include <gtest/gtest.h>

#include <string>

#include "rtc/stun/username_fragment.hpp"

namespace shelcaster::rtc {
namespace {

base::Bytes from_hex(std::string_view hex) {
  base::Bytes bytes;
  std::string digits;
  for (const char c : hex) {
    if (c == ' ' || c == '\n') continue;
    digits += c;
    if (digits.size() == 2) {
      bytes.push_back(static_cast<std::byte>(std::stoul(digits, nullptr, 16)));
      digits.clear();
    }
  }
  return bytes;
}

// RFC 5769 section 2: password "VOkJxbRl1RmTxUk/WvJxBt" throughout; the padding is not zero.
constexpr std::string_view kPassword = "VOkJxbRl1RmTxUk/WvJxBt";
constexpr std::string_view kRequest =
    "00010058 2112a442 b7e7a701 bc34d686 fa87dfae"
    "80220010 5354554e 20746573 7420636c 69656e74"
    "00240004 6e0001ff"
    "80290008 932ff9b1 51263b36"
    "00060009 6576746a 3a683676 59202020"
    "00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249 c1b571a2"
    "80280004 e57a3bcf";
constexpr std::string_view kResponseV4 =
    "0101003c 2112a442 b7e7a701 bc34d686 fa87dfae"
    "8022000b 74657374 20766563 746f7220"
    "00200008 0001a147 e112a643"
    "00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7"
    "80280004 c07d4c96";
constexpr std::string_view kResponseV6 =
    "01010048 2112a442 b7e7a701 bc34d686 fa87dfae"
    "8022000b 74657374 20766563 746f7220"
    "00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9"
    "00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41"
    "80280004 c8fb0b4c";

TEST(StunMessage, ReadsTheSampleRequestOfRfc5769) {
  const base::Bytes bytes = from_hex(kRequest);
  const auto message = StunMessage::parse(bytes);
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_EQ(message->message_class, StunClass::kRequest);
  EXPECT_EQ(message->method, kStunBinding);
  EXPECT_EQ(message->username, "evtj:h6vY");
  EXPECT_EQ(message->priority, 0x6e0001ffU);
  EXPECT_EQ(message->ice_controlled, 0x932ff9b151263b36U);
  EXPECT_FALSE(message->ice_controlling);
  EXPECT_TRUE(message->has_fingerprint);
  EXPECT_EQ(message->unknown_attribute, 0);
  EXPECT_TRUE(message->verify_integrity(kPassword));
  EXPECT_FALSE(message->verify_integrity("VOkJxbRl1RmTxUk/WvJxBT"));
  EXPECT_EQ(username_fragment(bytes), "evtj");
  EXPECT_EQ(peek_username_fragment(bytes), "evtj");
}

TEST(StunMessage, PeeksAtTheNameOfBindingRequestsOnly) {
  const base::Bytes request = StunBuilder(StunClass::kRequest, {}).username("me:you").finish("x");
  EXPECT_EQ(peek_username_fragment(request), "me");
  EXPECT_EQ(peek_username_fragment(from_hex(kResponseV4)), "");
  EXPECT_EQ(peek_username_fragment({}), "");
  EXPECT_EQ(peek_username_fragment(base::ByteSpan(request).first(request.size() - 4)), "");
  const base::Bytes response = StunBuilder(StunClass::kSuccess, {}).username("me:you").finish("x");
  EXPECT_EQ(peek_username_fragment(response), "");
  const base::Bytes nameless = StunBuilder(StunClass::kRequest, {}).username("me").finish("x");
  EXPECT_EQ(peek_username_fragment(nameless), "");
}

TEST(StunMessage, TakesTheFirstOfTwoNames) {
  const base::Bytes request =
      StunBuilder(StunClass::kRequest, {}).username("me:you").username("it:you").finish("x");
  EXPECT_EQ(username_fragment(request), "me");
  EXPECT_EQ(peek_username_fragment(request), "me");
}

TEST(StunMessage, ReadsTheSampleResponsesOfRfc5769) {
  const base::Bytes v4 = from_hex(kResponseV4);
  const auto first = StunMessage::parse(v4);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(first->message_class, StunClass::kSuccess);
  EXPECT_EQ(first->mapped_address->str(), "192.0.2.1:32853");
  EXPECT_TRUE(first->verify_integrity(kPassword));
  EXPECT_FALSE(username_fragment(v4));

  const base::Bytes v6 = from_hex(kResponseV6);
  const auto second = StunMessage::parse(v6);
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ(second->mapped_address->str(), "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
  EXPECT_TRUE(second->verify_integrity(kPassword));
}

TEST(StunMessage, WritesWhatItReads) {
  StunTransactionId id{};
  id[11] = std::byte{7};
  const base::Bytes bytes = StunBuilder(StunClass::kRequest, id)
                                .username("server:client")
                                .priority(77)
                                .use_candidate()
                                .ice_controlling(0x0102030405060708U)
                                .finish("secret");
  const auto message = StunMessage::parse(bytes);
  ASSERT_TRUE(message) << message.error().message;
  EXPECT_EQ(message->transaction, id);
  EXPECT_EQ(message->username, "server:client");
  EXPECT_EQ(message->priority, 77U);
  EXPECT_TRUE(message->use_candidate);
  EXPECT_EQ(message->ice_controlling, 0x0102030405060708U);
  EXPECT_TRUE(message->verify_integrity("secret"));
  EXPECT_FALSE(message->verify_integrity("Secret"));
}

TEST(StunMessage, WritesAddressesAndErrors) {
  for (const auto& endpoint : {net::Endpoint::v4({10, 1, 2, 3}, 4567),
                               net::Endpoint::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 9}, 443)}) {
    const base::Bytes bytes =
        StunBuilder(StunClass::kSuccess, {}).xor_mapped_address(endpoint).finish("k");
    const auto message = StunMessage::parse(bytes);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->mapped_address, endpoint);
  }
  for (const int code : {400, 401, 420, 487}) {
    const base::Bytes bytes =
        StunBuilder(StunClass::kError, {}).error_code(code, "Why").finish(std::nullopt);
    const auto message = StunMessage::parse(bytes);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->message_class, StunClass::kError);
    EXPECT_EQ(message->error_code, code);
    EXPECT_FALSE(message->verify_integrity(""));
  }
}

TEST(StunMessage, RefusesEveryTruncationAndEveryFlippedBit) {
  const base::Bytes whole = from_hex(kRequest);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(StunMessage::parse(base::ByteSpan(whole).first(size))) << size;
  }
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    base::Bytes changed = whole;
    changed[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    const auto message = StunMessage::parse(changed);
    EXPECT_FALSE(message && message->has_fingerprint && message->verify_integrity(kPassword))
        << bit;
  }
}

TEST(StunMessage, IgnoresAttributesBehindTheIntegrity) {
  base::Bytes bytes = StunBuilder(StunClass::kRequest, {}).username("a:b").finish("k");
  bytes.erase(bytes.end() - 8,
              bytes.end());  // Without FINGERPRINT: USE-CANDIDATE is smuggled in its place.
  for (const int b : {0x00, 0x25, 0x00, 0x00}) bytes.push_back(static_cast<std::byte>(b));
  bytes[3] = static_cast<std::byte>(bytes.size() - 20);
  const auto message = StunMessage::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_FALSE(message->use_candidate);
  EXPECT_TRUE(message->verify_integrity("k"));
}

TEST(StunMessage, NamesAnAttributeThatItMustUnderstandButDoesNot) {
  base::Bytes bytes = from_hex("00010008 2112a442 00000000 00000000 00000000 7fff0004 00000000");
  const auto message = StunMessage::parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->unknown_attribute, 0x7fff);
}

}  // namespace
}  // namespace shelcaster::rtc
