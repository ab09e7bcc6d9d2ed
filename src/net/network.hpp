#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "net/endpoint.hpp"

namespace shelcaster::net {

/// What stands for one client where addresses are counted: the whole IPv4 address, or the /64 of
/// which whoever has an IPv6 address has all. A key, not a number to compute with.
inline std::uint64_t network_of(const Endpoint& endpoint) noexcept {
  std::uint64_t network = 0;
  std::memcpy(&network, endpoint.address_bytes().data(), endpoint.is_v4() ? 4 : sizeof(network));
  return network;
}
/// Of an address as text; 0: it is none.
inline std::uint64_t network_of(std::string_view address) {
  const auto endpoint = Endpoint::parse(address, 0);
  return endpoint ? network_of(*endpoint) : 0;
}

}  // namespace shelcaster::net
