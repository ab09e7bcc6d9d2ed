#include <gtest/gtest.h>

#include "base/thread_cost_for_tests.hpp"
#include "rtc/stun/stun_message.hpp"
#include "rtc/stun/username_fragment.hpp"

// What one datagram of a stranger may cost.
namespace shelcaster::rtc {
namespace {

constexpr std::size_t kDatagramBytesMax = 1'500;
constexpr double kDatagramUsMax = 50;

/// A binding request that is `fill`, again and again, up to the end.
base::Bytes request_of(base::ByteSpan fill, std::size_t size) {
  base::Bytes bytes(20 + (size - 20) / fill.size() * fill.size());
  base::ByteWriter writer(bytes);
  writer.u16(1);
  writer.u16(static_cast<std::uint16_t>(bytes.size() - 20));
  writer.u32(0x2112'a442);
  writer.zeros(12);
  while (writer.size() < bytes.size()) writer.bytes(fill);
  return bytes;
}

base::Bytes attribute(std::uint16_t type, base::ByteSpan value) {
  base::Bytes bytes(4 + (value.size() + 3) / 4 * 4);
  base::ByteWriter writer(bytes);
  writer.u16(type);
  writer.u16(static_cast<std::uint16_t>(value.size()));
  writer.bytes(value);
  return bytes;
}

void look_at(base::ByteSpan bytes) {
  (void)peek_username_fragment(bytes);
  (void)username_fragment(bytes);
  if (const auto message = StunMessage::parse(bytes)) (void)message->verify_integrity("password");
}

TEST(StunCost, GrowsWithTheLengthOfTheDatagramAndNotFaster) {
  const base::Bytes hash(20, std::byte{0});
  base::Bytes named = attribute(0x0006, base::as_bytes("abcdefgh:ijkl"));
  const base::Bytes integrity = attribute(0x0008, hash);
  named.insert(named.end(), integrity.begin(), integrity.end());
  const base::Bytes attributes[] = {attribute(0x8abc, {}), attribute(0x0006, base::as_bytes("a:b")),
                                    attribute(0x7abc, {}), integrity, named};
  for (const base::Bytes& fill : attributes) {
    const base::Bytes small = request_of(fill, kDatagramBytesMax / 4);
    const base::Bytes large = request_of(fill, kDatagramBytesMax);
    const double small_us = testing::cost_us([&] { look_at(small); }, 200);
    const double large_us = testing::cost_us([&] { look_at(large); }, 200);
    EXPECT_LT(large_us, kDatagramUsMax * testing::kCostFactor);
    EXPECT_LT(large_us, testing::kLinearRatioMax * (small_us + 1));
  }
}

}  // namespace
}  // namespace shelcaster::rtc
