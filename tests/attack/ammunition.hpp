#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "rtc/ice/ice_types.hpp"

namespace shelcaster::attack {

/// What floods are made of; `kNames` has the word for each on the command line.
enum class Kind {
  kGarbage,      // random bytes of random length
  kStunUnknown,  // well-formed checks that name nobody
  kStunWrong,    // checks that name the insider's session, with another password
  kStunRight,    // checks that the insider may make, from a lot of addresses
  kClientHello,  // a DTLS client's first flight from addresses that passed no check
  kHandshake,    // damaged and invented handshake records
  kRtpReplay,    // the insider's own packets again, from their address and from others
  kRtpSpoof,     // packets that look like the insider's, with other contents
  kRtcpGarbage,  // RTCP headers of the insider's source and rubbish behind
};
inline constexpr std::string_view kNames[] = {"garbage",    "stun-unknown", "stun-wrong",
                                              "stun-right", "client-hello", "handshake",
                                              "rtp-replay", "rtp-spoof",    "rtcp-garbage"};

std::optional<Kind> kind_of(std::string_view name);
/// Whether it takes a session of one's own.
bool needs_insider(Kind kind);

/// A few hundred different datagrams of a kind. `server_ice` and `recorded` are an insider's.
std::vector<base::Bytes> make_datagrams(Kind kind, base::Random& random,
                                        const rtc::IceCredentials& server_ice,
                                        const std::vector<base::Bytes>& recorded);

}  // namespace shelcaster::attack
