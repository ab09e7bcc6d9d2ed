#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.hpp"

// What the reader and the writer of STUN messages share: numbers of RFC 8489 section 18.3 and RFC
// 8445 section 20.2, and the two checksums.
namespace shelcaster::rtc::detail {

inline constexpr std::uint32_t kStunMagicCookie = 0x2112a442;
inline constexpr std::size_t kStunHeaderBytes = 20;

inline constexpr std::uint16_t kAttrUsername = 0x0006;
inline constexpr std::uint16_t kAttrMessageIntegrity = 0x0008;
inline constexpr std::uint16_t kAttrErrorCode = 0x0009;
inline constexpr std::uint16_t kAttrUnknownAttributes = 0x000a;
inline constexpr std::uint16_t kAttrRealm = 0x0014;
inline constexpr std::uint16_t kAttrNonce = 0x0015;
inline constexpr std::uint16_t kAttrMessageIntegritySha256 = 0x001c;
inline constexpr std::uint16_t kAttrXorMappedAddress = 0x0020;
inline constexpr std::uint16_t kAttrPriority = 0x0024;
inline constexpr std::uint16_t kAttrUseCandidate = 0x0025;
inline constexpr std::uint16_t kAttrFingerprint = 0x8028;
inline constexpr std::uint16_t kAttrIceControlled = 0x8029;
inline constexpr std::uint16_t kAttrIceControlling = 0x802a;

inline constexpr std::size_t kIntegrityBytes = 20;
inline constexpr std::size_t kFingerprintBytes = 4;

/// HMAC-SHA1 over `message`, whose length field the caller has already set as section 14.5 says.
std::array<std::byte, kIntegrityBytes> stun_integrity(base::ByteSpan message, std::string_view key);
/// CRC-32 of ITU-T V.42 over `message`, XORed with 0x5354554e (section 14.7).
std::uint32_t stun_fingerprint(base::ByteSpan message);
bool equal_in_constant_time(base::ByteSpan a, base::ByteSpan b);

}  // namespace shelcaster::rtc::detail
