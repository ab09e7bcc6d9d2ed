#pragma once

#include <array>
#include <cstddef>

namespace shelcaster::rtc {

/// kClient sends the ClientHello (SDP: active), kServer waits for it (SDP: passive).
enum class DtlsRole { kClient, kServer };

/// The SHA-256 of a certificate's DER, as in `a=fingerprint:sha-256 …` (RFC 8122). It is what binds
/// the media path to the signalling: the peer's certificate must match it.
struct Fingerprint {
  std::array<std::byte, 32> sha256{};

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

}  // namespace shelcaster::rtc
