#include "output/rtmp/rtmp_address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/percent.hpp"

namespace shelcaster::output {
namespace {

constexpr std::size_t kUrlBytesMax = 2'048;
constexpr std::uint16_t kRtmpPort = 1'935;
constexpr std::uint16_t kRtmpsPort = 443;
constexpr std::string_view kExample = ", as in rtmps://host/app/key";

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

/// `user:password@` is taken off the front of `authority`. What isn't a well-formed escape stays as
/// it is: passwords are copied from web pages.
void take_user(std::string_view& authority, RtmpAddress& address) {
  const std::size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return;
  const std::string_view user = authority.substr(0, at);
  authority.remove_prefix(at + 1);
  const std::size_t colon = user.find(':');
  address.user = base::percent_decoded(user.substr(0, colon));
  if (colon != std::string_view::npos)
    address.password = base::percent_decoded(user.substr(colon + 1));
}

bool take_host_and_port(std::string_view authority, RtmpAddress& address) {
  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return false;
    address.host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
    if (!port.empty() && port.front() != ':') return false;
  } else {
    const std::size_t colon = authority.find(':');
    address.host = authority.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view() : authority.substr(colon);
  }
  address.port = address.is_tls ? kRtmpsPort : kRtmpPort;
  if (port.size() > 1) {
    port.remove_prefix(1);
    const auto read = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (read.ec != std::errc() || read.ptr != port.data() + port.size()) return false;
  }
  return !address.host.empty() && address.port != 0;
}

}  // namespace

std::string RtmpAddress::base_url() const {
  const bool is_usual = port == (is_tls ? kRtmpsPort : kRtmpPort);
  const bool is_v6 = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}{}/{}", is_tls ? "rtmps" : "rtmp", is_v6 ? "[" : "", host,
                     is_v6 ? "]" : "", is_usual ? "" : fmt::format(":{}", port), app);
}

base::Result<RtmpAddress> parse_rtmp_url(std::string_view url, std::optional<std::size_t> key_at) {
  if (url.size() > kUrlBytesMax) {
    return base::fail(fmt::format("url: at most {} bytes", kUrlBytesMax));
  }
  const auto is_bad = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; };
  if (std::any_of(url.begin(), url.end(), is_bad)) {
    return base::fail("url: blanks and control characters aren't allowed");
  }
  const std::size_t colon = url.find("://");
  const std::string scheme = lower(url.substr(0, colon == std::string_view::npos ? 0 : colon));
  if (scheme != "rtmp" && scheme != "rtmps") {
    return base::fail(fmt::format("url: scheme must be rtmp or rtmps{}", kExample));
  }
  RtmpAddress address;
  address.is_tls = scheme == "rtmps";
  const std::size_t path_at = std::min(url.find('/', colon + 3), url.size());
  std::string_view authority = url.substr(colon + 3, path_at - colon - 3);
  take_user(authority, address);
  if (!take_host_and_port(authority, address)) {
    return base::fail(fmt::format("url: the host is missing, or its port is no port{}", kExample));
  }
  std::size_t split = url.substr(0, url.find('?')).rfind('/');
  if (key_at) split = *key_at == 0 ? url.size() : *key_at - 1;
  if (split >= url.size() || split < path_at || url[split] != '/') {
    return base::fail(fmt::format("url: the app or the key is missing{}", kExample));
  }
  address.app = split == path_at ? "" : url.substr(path_at + 1, split - path_at - 1);
  address.key = url.substr(split + 1);
  return address;
}

}  // namespace shelcaster::output
