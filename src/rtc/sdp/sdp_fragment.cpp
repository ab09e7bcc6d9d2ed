#include "rtc/sdp/sdp_fragment.hpp"

#include <fmt/format.h>

#include "rtc/sdp/detail/ice_attributes.hpp"
#include "rtc/sdp/detail/sdp_text.hpp"

namespace shelcaster::rtc {

base::Result<SdpFragment> parse_sdp_fragment(std::string_view text) {
  const auto sdp = detail::parse_sdp_text(text, true);
  if (!sdp) return tl::unexpected(sdp.error());
  SdpFragment fragment;
  std::optional<std::string_view> ufrag = sdp->session.find("ice-ufrag");
  std::optional<std::string_view> pwd = sdp->session.find("ice-pwd");
  fragment.end_of_candidates = sdp->session.has("end-of-candidates");
  detail::add_candidates(sdp->session, fragment.candidates);
  for (const detail::SdpSection& section : sdp->sections) {
    if (fragment.mid.empty()) fragment.mid = section.attributes.find("mid").value_or("");
    if (!ufrag) ufrag = section.attributes.find("ice-ufrag");
    if (!pwd) pwd = section.attributes.find("ice-pwd");
    if (section.attributes.has("end-of-candidates")) fragment.end_of_candidates = true;
    detail::add_candidates(section.attributes, fragment.candidates);
  }
  if (pwd) {
    auto ice = detail::check_credentials(ufrag.value_or(""), *pwd);
    if (!ice) return tl::unexpected(ice.error());
    fragment.ice = std::move(*ice);
  }
  if (!ufrag && fragment.candidates.empty() && !fragment.end_of_candidates) {
    return base::fail(
        "SDP fragment: neither a=ice-ufrag and a=ice-pwd nor a=candidate nor a=end-of-candidates");
  }
  return fragment;
}

std::string make_sdp_fragment(const IceCredentials& ice,
                              const std::vector<net::Endpoint>& host_candidates,
                              std::string_view mid, bool ice_lite) {
  const std::string_view name = mid.empty() ? "0" : mid;
  return fmt::format(
             "{}a=group:BUNDLE {mid}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:{mid}\r\n"
             "a=ice-ufrag:{}\r\na=ice-pwd:{}\r\n",
             ice_lite ? "a=ice-lite\r\n" : "", ice.ufrag, std::string_view(ice.pwd),
             fmt::arg("mid", name)) +
         detail::host_candidate_lines(host_candidates);
}

}  // namespace shelcaster::rtc
