#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/endpoint.hpp"

namespace shelcaster::control {

/// What stands for one client where addresses are counted: an IPv4 address, or the /64 of which
/// whoever has an IPv6 address has all. What isn't an address stands for itself.
inline std::string source_of(std::string_view address) {
  const auto parsed = net::Endpoint::parse(address, 0);
  if (!parsed || parsed->is_v4()) return std::string(parsed ? parsed->address() : address);
  std::array<std::uint8_t, 16> network = parsed->address_bytes();
  std::fill(network.begin() + 8, network.end(), std::uint8_t{0});
  return net::Endpoint::v6(network, 0).address() + "/64";
}

}  // namespace shelcaster::control
