#include "runtime/proxy_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "net/endpoint.hpp"

namespace shelcaster::runtime {

namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

/// The values of a list header, of all headers of that name together, in order.
std::vector<std::string_view> values_of(const HttpHeaders& headers, std::string_view name) {
  const auto is_name = [name](std::string_view other) {
    return std::equal(name.begin(), name.end(), other.begin(), other.end(), [](char a, char b) {
      return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
    });
  };
  std::vector<std::string_view> values;
  for (const auto& [header, value] : headers) {
    if (!is_name(header)) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find(','), rest.size());
      values.push_back(trimmed(rest.substr(0, end)));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return values;
}

/// Without a port, which some proxies add: "192.0.2.1:5000", "[2001:db8::1]:5000".
std::string_view without_port(std::string_view address) {
  if (address.starts_with('[')) return address.substr(1, address.find(']') - 1);
  const std::size_t colon = address.find(':');
  return colon == address.rfind(':') ? address.substr(0, colon) : address;
}

}  // namespace

base::Result<ProxyList> ProxyList::parse(const std::vector<std::string>& entries) {
  ProxyList list;
  for (const std::string& entry : entries) {
    const std::size_t slash = entry.find('/');
    const auto address = net::Endpoint::parse(entry.substr(0, slash), 0);
    const auto wrong = [&] {
      return base::fail(fmt::format(
          "http.trusted_proxies: \"{}\" is no address and no network like 10.0.0.0/8", entry));
    };
    if (!address) return wrong();
    const int bits_max = address->is_v4() ? 32 : 128;
    int bits = bits_max;
    if (slash != std::string::npos) {
      const char* last = entry.data() + entry.size();
      const auto [end, failed] = std::from_chars(entry.data() + slash + 1, last, bits);
      if (failed != std::errc() || end != last || bits < 0 || bits > bits_max) return wrong();
    }
    list.networks_.push_back({address->is_v4(), address->address_bytes(), bits});
  }
  return list;
}

bool ProxyList::contains(std::string_view address) const {
  if (networks_.empty()) return false;
  const auto parsed = net::Endpoint::parse(address, 0);
  if (!parsed) return false;
  const auto& bytes = parsed->address_bytes();
  return std::any_of(networks_.begin(), networks_.end(), [&](const Network& network) {
    if (network.is_v4 != parsed->is_v4()) return false;
    for (int bit = 0; bit < network.prefix_bits; ++bit) {
      const auto at = static_cast<std::size_t>(bit / 8);
      const unsigned mask = 0x80U >> static_cast<unsigned>(bit % 8);
      if ((bytes[at] & mask) != (network.bytes[at] & mask)) return false;
    }
    return true;
  });
}

std::string ProxyList::client_of(std::string_view peer, const HttpHeaders& headers) const {
  std::string client(peer);
  if (!contains(peer)) return client;
  const auto hops = values_of(headers, "x-forwarded-for");
  for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
    const auto parsed = net::Endpoint::parse(without_port(*hop), 0);
    if (!parsed) break;
    client = parsed->address();
    if (!contains(client)) break;
  }
  return client;
}

std::string ProxyList::scheme_of(std::string_view peer, const HttpHeaders& headers,
                                 std::string_view own) const {
  const auto values = values_of(headers, "x-forwarded-proto");
  const bool is_told = !values.empty() && (values.back() == "http" || values.back() == "https");
  return std::string(is_told && contains(peer) ? values.back() : own);
}

std::string ProxyList::host_of(std::string_view peer, const HttpHeaders& headers,
                               std::string_view own) const {
  const auto values = values_of(headers, "x-forwarded-host");
  const bool is_told = !values.empty() && is_host(values.back());
  return std::string(is_told && contains(peer) ? values.back() : own);
}

}  // namespace shelcaster::runtime
