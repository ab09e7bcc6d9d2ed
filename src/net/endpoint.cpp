#include "net/endpoint.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace shelcaster::net {

Endpoint Endpoint::v4(std::array<std::uint8_t, 4> address, std::uint16_t port) {
  Endpoint endpoint;
  std::copy(address.begin(), address.end(), endpoint.address_.begin());
  endpoint.port_ = port;
  return endpoint;
}

Endpoint Endpoint::v6(std::array<std::uint8_t, 16> address, std::uint16_t port) {
  static constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::equal(kMapped.begin(), kMapped.end(), address.begin())) {
    return v4({address[12], address[13], address[14], address[15]}, port);
  }
  Endpoint endpoint;
  endpoint.address_ = address;
  endpoint.port_ = port;
  endpoint.is_v4_ = false;
  return endpoint;
}

base::Result<Endpoint> Endpoint::parse(std::string_view address, std::uint16_t port) {
  const std::string text(address);
  std::array<std::uint8_t, 4> four{};
  if (inet_pton(AF_INET, text.c_str(), four.data()) == 1) return v4(four, port);
  std::array<std::uint8_t, 16> sixteen{};
  if (inet_pton(AF_INET6, text.c_str(), sixteen.data()) == 1) return v6(sixteen, port);
  return base::fail(fmt::format("\"{}\" is not an IP address", text));
}

std::string Endpoint::address() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(is_v4_ ? AF_INET : AF_INET6, address_.data(), text.data(), text.size());
  return text.data();
}

std::string Endpoint::str() const {
  return is_v4_ ? fmt::format("{}:{}", address(), port_) : fmt::format("[{}]:{}", address(), port_);
}

}  // namespace shelcaster::net

std::size_t std::hash<shelcaster::net::Endpoint>::operator()(
    const shelcaster::net::Endpoint& endpoint) const noexcept {
  const auto& bytes = endpoint.address_bytes();
  return std::hash<std::string_view>{}(
             {reinterpret_cast<const char*>(bytes.data()), bytes.size()}) ^
         (static_cast<std::size_t>(endpoint.port()) * 0x9e3779b97f4a7c15U);
}
