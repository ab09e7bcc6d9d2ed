#pragma once

#include <string_view>

#include "net/endpoint.hpp"

namespace shelcaster::net {

/// Whether an address is this machine's own: 127/8 or ::1, an IPv4 address inside an IPv6 one too.
/// The port doesn't count.
[[nodiscard]] bool is_loopback(const Endpoint& endpoint);
/// The same of an address as text. What is no address isn't one: a name says nothing.
[[nodiscard]] bool is_loopback(std::string_view address);

}  // namespace shelcaster::net
