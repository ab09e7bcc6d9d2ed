#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "rtc/ice/ice_types.hpp"
#include "rtc/sdp/detail/sdp_text.hpp"

namespace shelcaster::rtc::detail {

/// The value of `a=candidate` (RFC 8839 section 5.1), or nothing for one that we can't use: TCP,
/// a name in place of an address (mDNS), another component, or malformed.
std::optional<IceCandidate> parse_candidate(std::string_view value);
/// Adds usable candidates, up to kSdpCandidatesMax in all.
void add_candidates(const SdpAttributes& attributes, std::vector<IceCandidate>& candidates);

/// Lengths and characters of RFC 8839 section 5.4, except that any printable character but space
/// and colon will do.
base::Result<IceCredentials> check_credentials(std::string_view ufrag, std::string_view pwd);

/// `a=candidate` lines for host addresses, the first with the highest priority, and
/// `a=end-of-candidates`.
std::string host_candidate_lines(const std::vector<net::Endpoint>& endpoints);

}  // namespace shelcaster::rtc::detail
