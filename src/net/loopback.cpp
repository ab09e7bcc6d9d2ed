#include "net/loopback.hpp"

#include <algorithm>

namespace shelcaster::net {

bool is_loopback(const Endpoint& endpoint) {
  const auto& bytes = endpoint.address_bytes();
  if (endpoint.is_v4()) return bytes.front() == 127;
  return bytes.back() == 1 &&
         std::all_of(bytes.begin(), bytes.end() - 1, [](std::uint8_t byte) { return byte == 0; });
}

bool is_loopback(std::string_view address) {
  const auto endpoint = Endpoint::parse(address, 0);
  return endpoint && is_loopback(*endpoint);
}

}  // namespace shelcaster::net
