#pragma once

#include "net/endpoint.hpp"

namespace shelcaster::net {

/// Whether an address leads to this machine, to a neighbour's network or nowhere, instead of into
/// the internet: the one list for whatever connects where a host of a show wants it to. An IPv4
/// address inside an IPv6 one (mapped, NAT64, 6to4) is judged as itself. The port doesn't count.
[[nodiscard]] bool is_private(const Endpoint& endpoint);

}  // namespace shelcaster::net
