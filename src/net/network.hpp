#pragma once

#include <cstdint>
#include <cstring>

#include "net/endpoint.hpp"

namespace shelcaster::net {

/// What stands for one client where addresses are counted: the whole IPv4 address, or the /64 of
/// which whoever has an IPv6 address has all. A key, not a number to compute with.
inline std::uint64_t network_of(const Endpoint& endpoint) noexcept {
  std::uint64_t network = 0;
  std::memcpy(&network, endpoint.address_bytes().data(), endpoint.is_v4() ? 4 : sizeof(network));
  return network;
}

}  // namespace shelcaster::net
