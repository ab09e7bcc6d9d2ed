#include <gtest/gtest.h>

#include "base/thread_cost_for_tests.hpp"
#include "rtc/dtls/dtls_session.hpp"

// What one datagram may cost OpenSSL, from somebody who has passed a connectivity check and goes on
// with anything but a handshake.
namespace shelcaster::rtc {
namespace {

constexpr std::size_t kDatagramBytesMax = 1'500;
constexpr double kDatagramUsMax = 500;
constexpr base::Instant kNow = base::Instant::from_nanoseconds(1'000'000'000'000);

/// Records of a kind with so many bytes each, up to the end. Handshake records hold a fragment of a
/// ClientHello that says it is as long as one can be.
base::Bytes records(std::uint8_t type, std::size_t record_bytes, std::size_t size) {
  base::Bytes bytes(size, std::byte{0});
  base::ByteWriter writer(bytes);
  for (std::uint16_t number = 0; writer.size() + 13 + record_bytes <= size; ++number) {
    writer.u8(type);
    writer.u16(0xfefd);
    writer.u16(0);
    writer.u32(0);
    writer.u16(number);
    writer.u16(static_cast<std::uint16_t>(record_bytes));
    base::Bytes fragment(record_bytes, std::byte{0});
    base::ByteWriter header(fragment);
    header.u8(1);
    header.u24(16'000);
    header.u16(static_cast<std::uint16_t>(number % 10));
    header.u24(number * 16U);
    header.u24(static_cast<std::uint32_t>(record_bytes) - 12);
    writer.bytes(fragment);
  }
  bytes.resize(writer.size());
  return bytes;
}

TEST(DtlsCost, OneDatagramOfRubbishCostsLittle) {
  const auto certificate = DtlsCertificate::make();
  ASSERT_TRUE(certificate);
  for (std::uint8_t type = 20; type <= 26; ++type) {
    for (const std::size_t record_bytes : {std::size_t{13}, std::size_t{60}, std::size_t{1'400}}) {
      const base::Bytes datagram = records(type, record_bytes, kDatagramBytesMax);
      const double cost = testing::cost_us([&] {
        DtlsSession session(**certificate, DtlsRole::kServer, {});
        for (int i = 0; i < 50; ++i) session.handle_datagram(kNow, datagram);
        while (session.poll_transmit()) {
        }
      });
      EXPECT_LT(cost / 50, kDatagramUsMax * testing::kCostFactor)
          << "records of type " << static_cast<int>(type) << " with " << record_bytes << " bytes";
    }
  }
}

}  // namespace
}  // namespace shelcaster::rtc
