#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace shelcaster::net {

/// An IP address and UDP port. IPv4 is kept in its own form, never v4-mapped, so that equal
/// endpoints compare equal.
class Endpoint {
 public:
  constexpr Endpoint() = default;
  static Endpoint v4(std::array<std::uint8_t, 4> address, std::uint16_t port);
  /// A v4-mapped address (::ffff:a.b.c.d) becomes the IPv4 one.
  static Endpoint v6(std::array<std::uint8_t, 16> address, std::uint16_t port);
  /// "127.0.0.1", 8080 or "::1", 8080. No names: nothing here resolves.
  static base::Result<Endpoint> parse(std::string_view address, std::uint16_t port);

  [[nodiscard]] bool is_v4() const { return is_v4_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// The 4 (IPv4) or 16 (IPv6) address bytes; IPv4 uses the first four.
  [[nodiscard]] const std::array<std::uint8_t, 16>& address_bytes() const { return address_; }
  [[nodiscard]] std::string address() const;
  /// "127.0.0.1:8080" or "[::1]:8080".
  [[nodiscard]] std::string str() const;

  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;

 private:
  std::array<std::uint8_t, 16> address_{};
  std::uint16_t port_ = 0;
  bool is_v4_ = true;
};

}  // namespace shelcaster::net

template <>
struct std::hash<shelcaster::net::Endpoint> {
  std::size_t operator()(const shelcaster::net::Endpoint& endpoint) const noexcept;
};
