#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <tl/expected.hpp>

#include "base/bytes.hpp"

namespace shelcaster::runtime {

struct OutboundTarget {
  std::string host;
  std::uint16_t port = 0;
  bool is_tls = false;
  std::string ca_file;  // whom to trust; empty: the system's authorities
  /// False: addresses for which net::is_private() holds aren't connected to. It is the
  /// address that is judged, after the name was resolved and just before connecting.
  bool is_private_allowed = false;
  int send_buffer_bytes = 64 * 1024;
};

enum class OutboundProblem {
  kPrivateAddress,
  kUnknownHost,
  kUnreachable,
  kCertificate,
  kTimedOut,
  kBroken
};

struct OutboundFailure {
  OutboundProblem problem = OutboundProblem::kBroken;
  std::string detail;  // a sentence for a person, without the address
};

/// A TCP or TLS connection to somebody else's server, by libcurl, which resolves, connects and
/// checks the certificate. One owner. Only open() waits.
class OutboundStream {
 public:
  template <typename T>
  using Outcome = tl::expected<T, OutboundFailure>;

  /// Waits at most 10 s, and while `is_aborted` stays false, which is asked about each second.
  static Outcome<std::unique_ptr<OutboundStream>> open(const OutboundTarget& target,
                                                       const std::function<bool()>& is_aborted);
  OutboundStream(const OutboundStream&) = delete;
  OutboundStream& operator=(const OutboundStream&) = delete;
  ~OutboundStream();

  /// How many bytes were taken; 0: none can be now. What wasn't taken is to come again first, at
  /// the same place in memory.
  Outcome<std::size_t> send(base::ByteSpan bytes);
  /// How many came; 0: none now, or is_closed_by_peer().
  Outcome<std::size_t> receive(std::span<std::byte> out);
  [[nodiscard]] bool is_closed_by_peer() const;
  /// Bytes that were taken and that the peer's machine has not acknowledged.
  [[nodiscard]] std::size_t unacknowledged() const;

 private:
  struct State;
  explicit OutboundStream(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace shelcaster::runtime
