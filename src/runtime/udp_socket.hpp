#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/result.hpp"
#include "base/time.hpp"
#include "base/unique_fd.hpp"
#include "net/datagram.hpp"

namespace shelcaster::runtime {

/// The largest datagram taken from outside: an Ethernet frame's worth. A longer one is cut by the
/// kernel and dropped here.
inline constexpr std::size_t kDatagramBytesMax = 1'500;

/// One received datagram in memory that the caller owns. About 1.6 KB: keep an array of them.
struct ReceivedDatagram {
  net::Endpoint remote;
  /// When the kernel got it, on the monotonic clock (from SO_TIMESTAMPNS; never later than now).
  base::Instant arrival;
  std::size_t size = 0;
  std::array<std::byte, kDatagramBytesMax + 1> buffer;

  [[nodiscard]] std::span<std::byte> bytes() { return std::span(buffer).first(size); }
  [[nodiscard]] net::Datagram datagram() { return {.remote = remote, .bytes = bytes()}; }
};

/// A bound, non-blocking UDP socket with big buffers and kernel receive timestamps. Allocates at
/// construction only; receive and send are noexcept and never block. One thread at a time for
/// receive, one for send; the two may differ.
class UdpSocket {
 public:
  /// The most datagrams that one receive or one system call of send moves.
  static constexpr std::size_t kBatchMax = 64;

  /// Binds to the endpoint; port 0 takes an ephemeral port; "::" also takes IPv4.
  static base::Result<UdpSocket> bind(const net::Endpoint& local);
  /// Takes over a bound socket inherited from the parent process, and owns it.
  static base::Result<UdpSocket> adopt(int fd);

  UdpSocket(UdpSocket&&) noexcept;
  UdpSocket& operator=(UdpSocket&&) noexcept;
  ~UdpSocket();

  /// For epoll and for handing on; stays owned.
  [[nodiscard]] int fd() const noexcept { return fd_.get(); }
  /// With the real port.
  [[nodiscard]] const net::Endpoint& local() const noexcept { return local_; }
  /// What the kernel granted.
  [[nodiscard]] int receive_buffer_bytes() const noexcept;

  /// Fills slots with what waits in the socket and returns those filled; empty when nothing waits.
  /// Datagrams longer than kDatagramBytesMax are dropped and counted.
  std::span<ReceivedDatagram> receive(std::span<ReceivedDatagram> slots) noexcept;

  /// Whether the last receive() filled all that it was given, so that more may wait.
  [[nodiscard]] bool has_more() const noexcept { return has_more_; }

  /// Sends them in order and returns how many the kernel took. Those that it refuses one by one
  /// (unreachable, no memory) count as dropped and the rest goes on; a full socket ends the call.
  std::size_t send(std::span<const net::Transmit> datagrams) noexcept;
  bool send(const net::Transmit& datagram) noexcept { return send(std::span(&datagram, 1)) == 1; }

  [[nodiscard]] std::uint64_t oversized() const noexcept { return oversized_; }
  [[nodiscard]] std::uint64_t send_drops() const noexcept { return send_drops_; }

 private:
  struct Batch;
  UdpSocket(base::UniqueFd fd, const net::Endpoint& local, bool is_v6);

  base::UniqueFd fd_;
  net::Endpoint local_;
  bool is_v6_ = false;
  std::unique_ptr<Batch> batch_;
  bool has_more_ = false;
  std::uint64_t oversized_ = 0;
  std::uint64_t send_drops_ = 0;
};

}  // namespace shelcaster::runtime
