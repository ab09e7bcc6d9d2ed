#include "rtc/sdp/detail/ice_attributes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "rtc/sdp/description.hpp"

namespace shelcaster::rtc::detail {
namespace {

bool is_credential(std::string_view text, std::size_t length_min) {
  return text.size() >= length_min && text.size() <= 256 &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c < 0x7f && c != ':'; });
}

std::optional<IceCandidateType> candidate_type(std::string_view word) {
  if (word == "host") return IceCandidateType::kHost;
  if (word == "srflx") return IceCandidateType::kServerReflexive;
  if (word == "prflx") return IceCandidateType::kPeerReflexive;
  if (word == "relay") return IceCandidateType::kRelayed;
  return std::nullopt;
}

}  // namespace

std::optional<IceCandidate> parse_candidate(std::string_view value) {
  const std::string_view foundation = take_word(value);
  const auto component = parse_number(take_word(value), 256);
  const std::string_view transport = take_word(value);
  const auto priority = parse_number(take_word(value), UINT32_MAX);
  const std::string_view address = take_word(value);
  const auto port = parse_number(take_word(value), 65535);
  const bool has_type = take_word(value) == "typ";
  const auto type = candidate_type(take_word(value));
  if (foundation.empty() || component != 1U || !equal_ignoring_case(transport, "udp") ||
      !priority || !port || *port == 0 || !has_type || !type) {
    return std::nullopt;
  }
  const auto endpoint = net::Endpoint::parse(address, static_cast<std::uint16_t>(*port));
  if (!endpoint) return std::nullopt;
  return IceCandidate{.type = *type, .priority = *priority, .endpoint = *endpoint};
}

void add_candidates(const SdpAttributes& attributes, std::vector<IceCandidate>& candidates) {
  for (const std::string_view value : attributes.all("candidate")) {
    const auto candidate = parse_candidate(value);
    if (!candidate || candidates.size() == kSdpCandidatesMax) continue;
    if (std::find(candidates.begin(), candidates.end(), *candidate) == candidates.end()) {
      candidates.push_back(*candidate);
    }
  }
}

base::Result<IceCredentials> check_credentials(std::string_view ufrag, std::string_view pwd) {
  if (!is_credential(ufrag, 4)) {
    return base::fail("SDP: a=ice-ufrag must have 4 to 256 characters without space and colon");
  }
  if (!is_credential(pwd, 22)) {
    return base::fail("SDP: a=ice-pwd must have 22 to 256 characters without space and colon");
  }
  return IceCredentials{.ufrag = std::string(ufrag), .pwd = base::secret(pwd)};
}

std::string host_candidate_lines(const std::vector<net::Endpoint>& endpoints) {
  std::string lines;
  std::uint32_t local_preference = 65535;
  for (const net::Endpoint& endpoint : endpoints) {
    lines += fmt::format("a=candidate:{} 1 udp {} {} {} typ host\r\n", 65536 - local_preference,
                         ice_priority(kHostTypePreference, local_preference), endpoint.address(),
                         endpoint.port());
    --local_preference;
  }
  return lines + "a=end-of-candidates\r\n";
}

}  // namespace shelcaster::rtc::detail
