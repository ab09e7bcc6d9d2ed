#pragma once

#include <cstdint>
#include <string>

#include "base/random.hpp"
#include "base/secret.hpp"
#include "net/endpoint.hpp"

namespace shelcaster::rtc {

/// One side's ICE user name fragment and password (RFC 8445 section 5.3). Secrets: never logged.
struct IceCredentials {
  std::string ufrag;
  base::SecretString pwd;

  friend bool operator==(const IceCredentials&, const IceCredentials&) = default;
};

/// 47 bits of ufrag and 142 bits of password; RFC 8445 asks for at least 24 and 128. The ufrag is
/// long enough that a server may route datagrams by it alone.
IceCredentials make_ice_credentials(base::Random& random);

enum class IceCandidateType { kHost, kServerReflexive, kPeerReflexive, kRelayed };

/// A UDP candidate of component 1 with a literal address. Others (TCP, mDNS names, RTCP's
/// component) are left out when SDP is parsed.
struct IceCandidate {
  IceCandidateType type = IceCandidateType::kHost;
  std::uint32_t priority = 0;
  net::Endpoint endpoint;

  friend bool operator==(const IceCandidate&, const IceCandidate&) = default;
};

/// RFC 8445 section 5.1.2.1, component 1.
constexpr std::uint32_t ice_priority(std::uint32_t type_preference,
                                     std::uint32_t local_preference) {
  return type_preference << 24U | local_preference << 8U | 255U;
}
inline constexpr std::uint32_t kHostTypePreference = 126;
inline constexpr std::uint32_t kPeerReflexiveTypePreference = 110;

}  // namespace shelcaster::rtc
