#pragma once

#include "base/bytes.hpp"

namespace shelcaster::rtc {

/// DTLS-SRTP protection profiles that we negotiate (RFC 5764 section 4.1.2, RFC 7714 section 14.2).
enum class SrtpProfile { kAeadAes128Gcm, kAes128CmSha1_80 };

/// What the DTLS handshake exports for SRTP: the master key followed by the master salt, each way
/// (16 + 12 bytes for kAeadAes128Gcm, 16 + 14 for kAes128CmSha1_80).
struct SrtpKeys {
  SrtpProfile profile;
  base::Bytes local_key_salt, remote_key_salt;
};

}  // namespace shelcaster::rtc
