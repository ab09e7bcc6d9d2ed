#pragma once

#include <curl/curl.h>
#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>

#include "net/endpoint.hpp"

namespace shelcaster::runtime::detail {

/// What libcurl is about to connect to; nothing when it is no IP address.
inline std::optional<net::Endpoint> endpoint_of(const curl_sockaddr& address) {
  if (address.family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address.addr, sizeof(v4));
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    return net::Endpoint::v4(bytes, ntohs(v4.sin_port));
  }
  if (address.family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address.addr, sizeof(v6));
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return net::Endpoint::v6(bytes, ntohs(v6.sin6_port));
  }
  return std::nullopt;
}

}  // namespace shelcaster::runtime::detail
