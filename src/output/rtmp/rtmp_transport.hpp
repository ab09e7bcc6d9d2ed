#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <tl/expected.hpp>

#include "base/bytes.hpp"
#include "output/rtmp/rtmp_address.hpp"
#include "output/rtmp/rtmp_failure.hpp"

namespace shelcaster::output {

/// A connection to a server, by TCP or TLS. One owner; nothing here waits.
class RtmpTransport {
 public:
  template <typename T>
  using Outcome = tl::expected<T, RtmpFailure>;

  virtual ~RtmpTransport() = default;
  /// How many of the bytes were taken; 0: none can be now. What was not taken comes again first,
  /// at the same place in memory.
  virtual Outcome<std::size_t> send(base::ByteSpan bytes) = 0;
  /// How many came; 0: none now.
  virtual Outcome<std::size_t> receive(std::span<std::byte> out) = 0;
  [[nodiscard]] virtual bool is_closed_by_peer() const = 0;
  /// Bytes that were taken and that the peer's machine has not confirmed.
  [[nodiscard]] virtual std::size_t unacknowledged() const = 0;
};

/// Connects, as far as TLS goes. May wait for as long as `is_aborted` stays false.
using RtmpConnect = std::function<RtmpTransport::Outcome<std::unique_ptr<RtmpTransport>>(
    const RtmpAddress&, const std::function<bool()>& is_aborted)>;

}  // namespace shelcaster::output
