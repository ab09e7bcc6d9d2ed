#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "rtc/ice/ice_types.hpp"

namespace shelcaster::rtc {

/// The body of a WHIP/WHEP PATCH, `application/trickle-ice-sdpfrag` (RFC 8840 section 9, RFC 9725
/// section 4.3). It is an ICE restart when `ice` is there and differs from the session's; else
/// trickled candidates.
struct SdpFragment {
  std::optional<IceCredentials> ice;
  std::vector<IceCandidate> candidates;
  bool end_of_candidates = false;
  std::string mid;  ///< Of the first section; empty if it has none.
};

/// Fails when the text is not a fragment, is too long, or has one of ufrag and pwd only in a form
/// that can't be used. A ufrag without pwd is allowed (RFC 8840: it says which generation the
/// candidates belong to) and leaves `ice` empty.
base::Result<SdpFragment> parse_sdp_fragment(std::string_view text);

/// The answer to a restart: our new credentials and the same host candidates. `mid` as in the
/// request ("0" if it was empty).
std::string make_sdp_fragment(const IceCredentials& ice,
                              const std::vector<net::Endpoint>& host_candidates,
                              std::string_view mid, bool ice_lite);

}  // namespace shelcaster::rtc
