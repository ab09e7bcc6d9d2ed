#pragma once

#include "base/bytes.hpp"
#include "net/endpoint.hpp"
#include "rtc/ice/ice_types.hpp"
#include "rtc/stun/stun_message.hpp"

namespace shelcaster::rtc::detail {

struct BindingAnswer {
  bool accepted = false;
  base::Bytes response;  ///< Always there: success or error.
};

/// The local ufrag that a request is for: USERNAME up to the colon. Empty if it has none.
std::string_view addressed_ufrag(const StunMessage& request);

/// Answers a Binding request that comes to `local` (RFC 8445 section 7.3): 400 without credentials,
/// 401 with wrong ones, 420 for what we can't understand, 487 when the peer claims our role, else
/// success with the address that it came from. PRIORITY and ICE-CONTROLLING may be missing: FFmpeg
/// leaves them out. `local` is null when no generation has this ufrag.
BindingAnswer answer_binding(const StunMessage& request, const net::Endpoint& from,
                             const IceCredentials* local, bool we_are_controlling);

}  // namespace shelcaster::rtc::detail
