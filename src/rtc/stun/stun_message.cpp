#include "rtc/stun/stun_message.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "rtc/stun/detail/stun_wire.hpp"

//  RFC 8489 section 5: the header, then attributes of type, length and value padded to 4 bytes.
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |0 0|     STUN Message Type     |         Message Length        |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                         Magic Cookie                          |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |                     Transaction ID (96 bits)                  |
namespace shelcaster::rtc {
namespace {

using namespace detail;

/// Section 14.2: the port is XORed with the cookie's upper half, the address with the cookie and,
/// for IPv6, the transaction id behind it.
std::optional<net::Endpoint> read_xor_address(base::ByteSpan value, base::ByteSpan message) {
  const base::ByteSpan mask = message.subspan(4, 16);
  base::ByteReader reader(value);
  reader.skip(1);
  const std::uint8_t family = reader.u8();
  const auto port = static_cast<std::uint16_t>(reader.u16() ^ (kStunMagicCookie >> 16U));
  std::array<std::uint8_t, 16> address{};
  const base::ByteSpan rest = reader.rest();
  if (!reader.ok()) return std::nullopt;
  for (std::size_t i = 0; i < std::min(rest.size(), address.size()); ++i) {
    address[i] = std::to_integer<std::uint8_t>(rest[i] ^ mask[i]);
  }
  if (family == 1 && rest.size() == 4) {
    return net::Endpoint::v4({address[0], address[1], address[2], address[3]}, port);
  }
  if (family == 2 && rest.size() == 16) return net::Endpoint::v6(address, port);
  return std::nullopt;
}

StunClass class_of(std::uint16_t type) {
  return static_cast<StunClass>((type >> 7U & 2U) | (type >> 4U & 1U));
}
std::uint16_t method_of(std::uint16_t type) {
  return static_cast<std::uint16_t>((type & 0x000fU) | (type & 0x00e0U) >> 1U |
                                    (type & 0x3e00U) >> 2U);
}

/// One attribute in front of MESSAGE-INTEGRITY. False when its value is malformed.
bool read_attribute(std::uint16_t type, base::ByteSpan value, StunMessage& message) {
  base::ByteReader reader(value);
  switch (type) {
    case kAttrUsername:
      // 513 bytes at most (section 14.3).
      if (value.empty() || value.size() > 513) return false;
      // Of an attribute that comes again, the first counts (section 14).
      if (!message.username) message.username = base::as_text(value);
      return true;
    case kAttrPriority:
      message.priority = reader.u32();
      return value.size() == 4;
    case kAttrUseCandidate:
      message.use_candidate = true;
      return true;
    case kAttrIceControlling:
      message.ice_controlling = reader.u64();
      return value.size() == 8;
    case kAttrIceControlled:
      message.ice_controlled = reader.u64();
      return value.size() == 8;
    case kAttrXorMappedAddress:
      message.mapped_address = read_xor_address(value, message.raw);
      return message.mapped_address.has_value();
    case kAttrErrorCode: {
      reader.skip(2);
      const int hundreds = reader.u8() & 7;
      const int units = reader.u8();
      message.error_code = hundreds * 100 + units;
      return reader.ok() && hundreds >= 3 && hundreds <= 6 && units < 100;
    }
    case kAttrUnknownAttributes:
    case kAttrRealm:
    case kAttrNonce:
    case kAttrMessageIntegritySha256:
      return true;
    default:
      // Comprehension-optional attributes (0x8000 and up) are nobody's business.
      if (type < 0x8000 && message.unknown_attribute == 0) message.unknown_attribute = type;
      return true;
  }
}

/// False when the attributes break the format.
bool read_attributes(base::ByteReader reader, StunMessage& message) {
  while (reader.remaining() > 0) {
    if (message.has_fingerprint) return false;  // It must be the last (section 14.7).
    const std::size_t at = message.raw.size() - reader.remaining();
    const std::uint16_t type = reader.u16();
    const std::size_t length = reader.u16();
    const base::ByteSpan value = reader.take(length);
    reader.skip((4 - length % 4) % 4);
    if (!reader.ok()) return false;
    if (type == kAttrFingerprint) {
      if (length != kFingerprintBytes ||
          base::ByteReader(value).u32() != stun_fingerprint(message.raw.first(at))) {
        return false;
      }
      message.has_fingerprint = true;
    } else if (message.integrity_at != 0) {
      continue;
    } else if (type == kAttrMessageIntegrity) {
      if (length != kIntegrityBytes) return false;
      message.integrity_at = at;
    } else if (!read_attribute(type, value, message)) {
      return false;
    }
  }
  return true;
}

}  // namespace

base::Result<StunMessage> StunMessage::parse(base::ByteSpan bytes) {
  base::ByteReader reader(bytes);
  const std::uint16_t type = reader.u16();
  const std::size_t length = reader.u16();
  const std::uint32_t cookie = reader.u32();
  const base::ByteSpan transaction = reader.take(12);
  if (!reader.ok() || type >= 0x4000 || cookie != kStunMagicCookie) {
    return base::fail("STUN: not a message (wrong first bits or magic cookie)");
  }
  if (length % 4 != 0 || length != reader.remaining()) {
    return base::fail(fmt::format("STUN: length field says {} bytes, the datagram has {}", length,
                                  reader.remaining()));
  }
  StunMessage message;
  message.message_class = class_of(type);
  message.method = method_of(type);
  std::copy(transaction.begin(), transaction.end(), message.transaction.begin());
  message.raw = bytes;
  if (!read_attributes(reader, message)) {
    return base::fail("STUN: malformed attribute or wrong FINGERPRINT");
  }
  return message;
}

bool StunMessage::verify_integrity(std::string_view key) const {
  if (integrity_at == 0) return false;
  // The HMAC covers everything before the attribute, with the length field counting up to its end.
  base::Bytes covered(raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(integrity_at));
  const std::size_t length = integrity_at + 4 + kIntegrityBytes - kStunHeaderBytes;
  covered[2] = static_cast<std::byte>(length >> 8U);
  covered[3] = static_cast<std::byte>(length & 0xffU);
  return equal_in_constant_time(stun_integrity(covered, key),
                                raw.subspan(integrity_at + 4, kIntegrityBytes));
}

}  // namespace shelcaster::rtc
