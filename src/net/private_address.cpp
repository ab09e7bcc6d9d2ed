#include "net/private_address.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace shelcaster::net {
namespace {

/// The special-purpose registry of IPv4 (RFC 6890), as far as it isn't globally reachable.
bool is_private_v4(const std::uint8_t* a) {
  return a[0] == 0 || a[0] == 10 || a[0] == 127 || a[0] >= 224 ||
         (a[0] == 100 && (a[1] & 0xc0U) == 64) ||                   // shared, 100.64/10
         (a[0] == 169 && a[1] == 254) ||                            // link-local
         (a[0] == 172 && (a[1] & 0xf0U) == 16) ||                   // 172.16/12
         (a[0] == 192 && a[1] == 168) ||                            //
         (a[0] == 192 && a[1] == 0 && (a[2] == 0 || a[2] == 2)) ||  // IETF, TEST-NET-1
         (a[0] == 192 && a[1] == 88 && a[2] == 99) ||               // 6to4 relays
         (a[0] == 198 && (a[1] & 0xfeU) == 18) ||                   // benchmarks
         (a[0] == 198 && a[1] == 51 && a[2] == 100) ||              // TEST-NET-2
         (a[0] == 203 && a[1] == 0 && a[2] == 113);                 // TEST-NET-3
}

bool starts_with(const std::uint8_t* address, std::initializer_list<std::uint8_t> prefix) {
  return std::equal(prefix.begin(), prefix.end(), address);
}

bool is_private_v6(const std::uint8_t* a) {
  // NAT64 (RFC 6052) and 6to4 lead to an IPv4 address inside them.
  if (starts_with(a, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return is_private_v4(a + 12);
  if (starts_with(a, {0x20, 0x02})) return is_private_v4(a + 2);
  if ((a[0] & 0xe0U) != 0x20) return true;  // global unicast is 2000::/3 (RFC 4291 section 2.4)
  return (starts_with(a, {0x20, 0x01}) && a[2] < 0x02) ||  // IETF: Teredo, benchmarks, ORCHID
         starts_with(a, {0x20, 0x01, 0x0d, 0xb8}) ||       // documentation
         (starts_with(a, {0x3f, 0xff}) && a[2] < 0x10);    // documentation (RFC 9637)
}

}  // namespace

bool is_private(const Endpoint& endpoint) {
  const std::uint8_t* bytes = endpoint.address_bytes().data();
  return endpoint.is_v4() ? is_private_v4(bytes) : is_private_v6(bytes);
}

}  // namespace shelcaster::net
