#include "rtc/stun/detail/stun_wire.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>

namespace shelcaster::rtc::detail {
namespace {

constexpr std::array<std::uint32_t, 256> make_crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? crc >> 1U ^ 0xedb88320U : crc >> 1U;
    table[i] = crc;
  }
  return table;
}

}  // namespace

std::array<std::byte, kIntegrityBytes> stun_integrity(base::ByteSpan message,
                                                      std::string_view key) {
  std::array<std::byte, kIntegrityBytes> digest{};
  unsigned size = 0;
  const unsigned char* done =
      HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(),
           reinterpret_cast<unsigned char*>(digest.data()), &size);
  if (done == nullptr || size != kIntegrityBytes) std::abort();
  return digest;
}

std::uint32_t stun_fingerprint(base::ByteSpan message) {
  static constexpr std::array<std::uint32_t, 256> kTable = make_crc_table();
  std::uint32_t crc = 0xffffffffU;
  for (const std::byte b : message) {
    crc = kTable[(crc ^ std::to_integer<std::uint32_t>(b)) & 0xffU] ^ crc >> 8U;
  }
  return crc ^ 0xffffffffU ^ 0x5354554eU;
}

bool equal_in_constant_time(base::ByteSpan a, base::ByteSpan b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace shelcaster::rtc::detail
