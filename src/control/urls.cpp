#include "control/urls.hpp"

#include <boost/url.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/percent.hpp"
#include "base/utf8.hpp"
#include "net/private_address.hpp"

namespace shelcaster::control {
namespace {

namespace urls = boost::urls;

net::Endpoint endpoint_of(const urls::ipv4_address& address) {
  const auto bytes = address.to_bytes();
  return net::Endpoint::v4({bytes[0], bytes[1], bytes[2], bytes[3]}, 0);
}

net::Endpoint endpoint_of(const urls::ipv6_address& address) {
  const auto bytes = address.to_bytes();
  std::array<std::uint8_t, 16> sixteen{};
  std::copy(bytes.begin(), bytes.end(), sixteen.begin());
  return net::Endpoint::v6(sixteen, 0);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

/// What can be told without a resolver: a private address in whatever spelling, a name that is
/// local by itself, and hosts that are neither name nor address.
bool leads_inside(const urls::url_view& view) {
  if (view.host_type() == urls::host_type::ipv4) {
    return net::is_private(endpoint_of(view.host_ipv4_address()));
  }
  if (view.host_type() == urls::host_type::ipv6) {
    return net::is_private(endpoint_of(view.host_ipv6_address()));
  }
  if (view.host_type() != urls::host_type::name) return true;
  std::string name = lower(view.host());
  if (name.ends_with('.')) name.pop_back();
  // A name of digits alone, or 0x…, is an IPv4 address to many resolvers.
  const std::size_t last_dot = name.rfind('.');
  const std::string last = name.substr(last_dot == std::string::npos ? 0 : last_dot + 1);
  const bool is_number = !last.empty() && last.front() >= '0' && last.front() <= '9';
  return name == "localhost" || name.ends_with(".localhost") || name.ends_with(".local") ||
         name.ends_with(".internal") || is_number;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
  auto decoded = base::strictly_percent_decoded(text);
  if (decoded && !base::is_utf8(*decoded)) decoded.reset();
  return decoded;
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

std::string encoded_url(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= 0x20U) text.remove_prefix(1);
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= 0x20U) text.remove_suffix(1);
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_escape = base::begins_with_escape(text.substr(i));
    const bool is_foreign = byte <= 0x20U || byte >= 0x7fU ||
                            std::string_view("\"<>\\^`{|}").find(text[i]) != std::string_view::npos;
    if (!is_foreign && (text[i] != '%' || is_escape)) {
      out += text[i];
      continue;
    }
    out += '%';
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
  return out;
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
  if (leads_inside(view)) {
    return base::fail(
        "leads to a private or local address; media.allow_private_urls = true would allow it");
  }
  return {};
}

base::Result<OutputUrl> parse_output_url(const std::string& url, bool is_private_allowed) {
  const auto parsed = urls::parse_uri(url);
  if (!parsed) return base::fail("must be a URL like rtmps://host/app");
  const std::string scheme = lower({parsed->scheme().data(), parsed->scheme().size()});
  if (scheme != "rtmp" && scheme != "rtmps") {
    return base::fail("scheme must be rtmp or rtmps (got \"" + scheme + "\")");
  }
  if (parsed->encoded_host().empty()) return base::fail("has no host");
  if (parsed->has_fragment()) return base::fail("must not have a part after #");
  if (!is_private_allowed && leads_inside(*parsed)) {
    return base::fail(
        "leads to a private or local address; outputs.allow_private_destinations = true would "
        "allow it");
  }
  OutputUrl out{url, ""};
  while (out.url.ends_with('/')) out.url.pop_back();
  const std::size_t path = out.url.find('/', out.url.find("://") + 3);
  if (path == std::string::npos) return base::fail("needs an application, as in rtmp://host/app");
  // The key is the path's last part, whatever a query after it has in it; or the query's, as in
  // rtmp://host/app?x=y/key.
  const std::size_t query = std::min(out.url.find('?', path), out.url.size());
  std::size_t last = out.url.rfind('/', query - 1);
  if (last == path) last = out.url.rfind('/');
  if (last > path) {
    out.stream_key = out.url.substr(last + 1);
    out.url.resize(last);
  }
  return out;
}

bool has_same_host(const std::string& a, const std::string& b) {
  const auto first = urls::parse_uri(a);
  const auto second = urls::parse_uri(b);
  return first && second &&
         lower(std::string(first->scheme())) == lower(std::string(second->scheme())) &&
         lower(std::string(first->encoded_host_and_port())) ==
             lower(std::string(second->encoded_host_and_port()));
}

std::string without_secrets(std::string_view url) {
  constexpr std::string_view kHidden = "***";
  const auto parsed = urls::parse_uri(urls::string_view(url.data(), url.size()));
  if (!parsed || !parsed->has_authority()) return std::string(kHidden);
  const auto text = [](urls::string_view part) { return std::string(part.data(), part.size()); };
  std::string shown = text(parsed->scheme()) + "://";
  if (parsed->has_userinfo()) shown += std::string(kHidden) + "@";
  shown += text(parsed->encoded_host_and_port()) + text(parsed->encoded_path());
  if (!parsed->has_query()) return shown;
  char separator = '?';
  for (const auto& parameter : parsed->encoded_params()) {
    shown += separator;
    // A parameter without a value may be the secret itself.
    if (parameter.has_value) shown += text(parameter.key) + "=";
    shown += kHidden;
    separator = '&';
  }
  return shown;
}

std::string file_name_of(std::string_view url) {
  const auto parsed = urls::parse_uri(urls::string_view(url.data(), url.size()));
  if (!parsed) return {};
  const std::string path(parsed->encoded_path().data(), parsed->encoded_path().size());
  const std::string name = path.substr(path.rfind('/') + 1);
  return percent_decoded(name).value_or(name);
}

}  // namespace shelcaster::control
