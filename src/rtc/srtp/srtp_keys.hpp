#pragma once

#include <cstddef>

#include "base/secret.hpp"

namespace shelcaster::rtc {

/// The two protection profiles that are offered in DTLS-SRTP (RFC 5764 §4.1.2, RFC 7714 §14.2).
enum class SrtpProfile { kAeadAes128Gcm, kAes128CmSha1_80 };

/// Master key followed by master salt: 16 + 12 bytes for GCM, 16 + 14 for AES-CM.
constexpr std::size_t key_salt_bytes(SrtpProfile profile) {
  return profile == SrtpProfile::kAeadAes128Gcm ? 28 : 30;
}

/// What a finished DTLS handshake exports (RFC 5764 §4.2). `local` protects what we send, `remote`
/// opens what the peer sends; each is key_salt_bytes(profile) long.
struct SrtpKeys {
  SrtpProfile profile = SrtpProfile::kAeadAes128Gcm;
  base::SecretBytes local_key_salt;
  base::SecretBytes remote_key_salt;
};

}  // namespace shelcaster::rtc
