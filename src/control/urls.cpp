#include "control/urls.hpp"

#include <boost/json.hpp>
#include <boost/url.hpp>

#include <algorithm>
#include <array>

namespace shelcaster::control {
namespace {

namespace urls = boost::urls;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_utf8(std::string_view text) {
  boost::system::error_code error;
  (void)boost::json::parse(boost::json::serialize(boost::json::value(text)), error);
  return !error;
}

bool is_public(const std::array<unsigned char, 4>& a) {
  const bool is_private = a[0] == 10 || (a[0] == 172 && (a[1] & 0xf0U) == 16) ||
                          (a[0] == 192 && a[1] == 168) || (a[0] == 100 && (a[1] & 0xc0U) == 64);
  const bool is_special = a[0] == 0 || a[0] == 127 || (a[0] == 169 && a[1] == 254) || a[0] >= 224 ||
                          (a[0] == 192 && a[1] == 0 && a[2] == 0) ||
                          (a[0] == 198 && (a[1] & 0xfeU) == 18);
  return !is_private && !is_special;
}

bool is_public(const urls::ipv6_address& address) {
  const auto bytes = address.to_bytes();
  const bool is_mapped =
      std::all_of(bytes.begin(), bytes.begin() + 10, [](unsigned char b) { return b == 0; }) &&
      bytes[10] == 0xff && bytes[11] == 0xff;
  if (is_mapped) return is_public(std::array{bytes[12], bytes[13], bytes[14], bytes[15]});
  // Global unicast is 2000::/3 (RFC 4291 §2.4); 6to4 and NAT64 carry an IPv4 address within.
  return (bytes[0] & 0xe0U) == 0x20 && !(bytes[0] == 0x20 && bytes[1] == 0x02);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (!is_utf8(out)) return std::nullopt;
  return out;
}

std::map<std::string, std::string> query_parameters(std::string_view query) {
  std::map<std::string, std::string> parameters;
  while (!query.empty() && parameters.size() < 32) {
    const std::size_t end = query.find('&');
    std::string pair(query.substr(0, end));
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    std::replace(pair.begin(), pair.end(), '+', ' ');
    const std::size_t equals = pair.find('=');
    const auto name = percent_decoded(std::string_view(pair).substr(0, equals));
    const auto value = equals == std::string::npos
                           ? std::optional<std::string>("")
                           : percent_decoded(std::string_view(pair).substr(equals + 1));
    if (name && value && !name->empty()) parameters[*name] = *value;
  }
  return parameters;
}

base::Result<void> check_media_url(const std::string& url, bool is_private_allowed) {
  const auto parsed = urls::parse_uri(url);
  if (!parsed) return base::fail("must be a URL like https://host/file.mp3");
  const urls::url_view& view = *parsed;
  const std::string scheme = lower({view.scheme().data(), view.scheme().size()});
  if (scheme != "http" && scheme != "https") {
    return base::fail("must start with http:// or https:// (has " + scheme + ")");
  }
  if (view.encoded_host().empty()) return base::fail("has no host");
  if (is_private_allowed) return {};
  const base::Result<void> refused = base::fail(
      "leads to a private or local address; media.allow_private_urls = true would allow it");
  if (view.host_type() == urls::host_type::ipv4) {
    const auto bytes = view.host_ipv4_address().to_bytes();
    if (!is_public(std::array{bytes[0], bytes[1], bytes[2], bytes[3]})) return refused;
  } else if (view.host_type() == urls::host_type::ipv6) {
    if (!is_public(view.host_ipv6_address())) return refused;
  } else if (view.host_type() == urls::host_type::name) {
    std::string name = lower(view.host());
    if (name.ends_with('.')) name.pop_back();
    // A name of digits alone, or 0x…, is an IPv4 address to many resolvers.
    const std::size_t last_dot = name.rfind('.');
    const std::string last = name.substr(last_dot == std::string::npos ? 0 : last_dot + 1);
    const bool is_number = !last.empty() && last.front() >= '0' && last.front() <= '9';
    if (name == "localhost" || name.ends_with(".localhost") || name.ends_with(".local") ||
        name.ends_with(".internal") || is_number) {
      return refused;
    }
  } else {
    return refused;
  }
  return {};
}

base::Result<OutputUrl> parse_output_url(const std::string& url) {
  const auto parsed = urls::parse_uri(url);
  if (!parsed) return base::fail("must be a URL like rtmps://host/app");
  const std::string scheme = lower({parsed->scheme().data(), parsed->scheme().size()});
  if (scheme != "rtmp" && scheme != "rtmps") {
    return base::fail("scheme must be rtmp or rtmps (got \"" + scheme + "\")");
  }
  if (parsed->encoded_host().empty()) return base::fail("has no host");
  OutputUrl out{url, ""};
  while (out.url.ends_with('/')) out.url.pop_back();
  const std::size_t path = out.url.find('/', out.url.find("://") + 3);
  if (path == std::string::npos) return base::fail("needs an application, as in rtmp://host/app");
  const std::size_t last = out.url.rfind('/');
  if (last > path) {
    out.stream_key = out.url.substr(last + 1);
    out.url.resize(last);
  }
  return out;
}

}  // namespace shelcaster::control
