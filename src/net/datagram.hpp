#pragma once

#include <cstddef>
#include <span>

#include "net/endpoint.hpp"

namespace shelcaster::net {

/// One received UDP datagram. The bytes belong to the receiver's buffer and may be decrypted in
/// place; they are valid during the call that gets them.
struct Datagram {
  Endpoint remote;
  std::span<std::byte> bytes;
};

/// A datagram to send. Valid until the next call on the object that gave it out.
struct Transmit {
  Endpoint remote;
  std::span<const std::byte> bytes;
};

}  // namespace shelcaster::net
