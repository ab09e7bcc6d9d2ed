#include "runtime/udp_socket.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "runtime/system_clock.hpp"

namespace shelcaster::runtime {
namespace {

// Half a minute of 100 people at 50 packets/s of 200 bytes would be 30 MB; what matters is that the
// packets of a restart (about 1 s) fit with room: 8 MB.
constexpr int kSocketBufferBytes = 8 * 1024 * 1024;
constexpr std::size_t kControlBytes = CMSG_SPACE(sizeof(timespec));

socklen_t to_sockaddr(const net::Endpoint& endpoint, bool is_v6_socket, sockaddr_storage& out) {
  const std::array<std::uint8_t, 16>& address = endpoint.address_bytes();
  if (!is_v6_socket) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(endpoint.port());
    std::memcpy(&v4.sin_addr, address.data(), 4);
    std::memcpy(&out, &v4, sizeof(v4));
    return sizeof(v4);
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(endpoint.port());
  if (endpoint.is_v4()) {
    v6.sin6_addr.s6_addr[10] = 0xff;
    v6.sin6_addr.s6_addr[11] = 0xff;
    std::memcpy(&v6.sin6_addr.s6_addr[12], address.data(), 4);
  } else {
    std::memcpy(&v6.sin6_addr, address.data(), 16);
  }
  std::memcpy(&out, &v6, sizeof(v6));
  return sizeof(v6);
}

net::Endpoint to_endpoint(const sockaddr_storage& from) {
  if (from.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &from, sizeof(v4));
    std::array<std::uint8_t, 4> address{};
    std::memcpy(address.data(), &v4.sin_addr, address.size());
    return net::Endpoint::v4(address, ntohs(v4.sin_port));
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &from, sizeof(v6));
  std::array<std::uint8_t, 16> address{};
  std::memcpy(address.data(), &v6.sin6_addr, address.size());
  return net::Endpoint::v6(address, ntohs(v6.sin6_port));
}

std::int64_t to_ns(const timespec& at) {
  return std::int64_t{at.tv_sec} * 1'000'000'000 + at.tv_nsec;
}

void enlarge_buffer(int fd, int forced, int plain) {
  // The forced form passes the system's limit and needs CAP_NET_ADMIN; the plain one takes what the
  // limit allows.
  if (::setsockopt(fd, SOL_SOCKET, forced, &kSocketBufferBytes, sizeof(int)) != 0) {
    ::setsockopt(fd, SOL_SOCKET, plain, &kSocketBufferBytes, sizeof(int));
  }
}

void set_options(int fd) {
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
  enlarge_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
  enlarge_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
}

}  // namespace

struct UdpSocket::Batch {
  /// Points the headers at the slots. The kernel changes those that it fills, the others stand from
  /// the call before: callers give the same slots each time.
  void prepare(std::span<ReceivedDatagram> slots) noexcept {
    const bool is_same = slots.data() == prepared_for && slots.size() == prepared_count;
    const std::size_t count = is_same ? used : slots.size();
    for (std::size_t i = 0; i < count; ++i) {
      in_vectors[i] = {.iov_base = slots[i].buffer.data(), .iov_len = slots[i].buffer.size()};
      msghdr& header = in_headers[i].msg_hdr;
      header = {};
      header.msg_name = &in_addresses[i];
      header.msg_namelen = sizeof(sockaddr_storage);
      header.msg_iov = &in_vectors[i];
      header.msg_iovlen = 1;
      header.msg_control = in_controls[i].bytes.data();
      header.msg_controllen = kControlBytes;
    }
    prepared_for = slots.data();
    prepared_count = slots.size();
    used = 0;
  }

  const ReceivedDatagram* prepared_for = nullptr;
  std::size_t prepared_count = 0;
  std::size_t used = 0;  // of the last call
  std::array<mmsghdr, kBatchMax> in_headers{};
  std::array<iovec, kBatchMax> in_vectors{};
  std::array<sockaddr_storage, kBatchMax> in_addresses{};
  struct alignas(cmsghdr) Control {
    std::array<std::byte, kControlBytes> bytes;
  };
  std::array<Control, kBatchMax> in_controls{};
  std::array<mmsghdr, kBatchMax> out_headers{};
  std::array<iovec, kBatchMax> out_vectors{};
  std::array<sockaddr_storage, kBatchMax> out_addresses{};
};

UdpSocket::UdpSocket(base::UniqueFd fd, const net::Endpoint& local, bool is_v6)
    : fd_(std::move(fd)), local_(local), is_v6_(is_v6), batch_(std::make_unique<Batch>()) {}
UdpSocket::UdpSocket(UdpSocket&&) noexcept = default;
UdpSocket& UdpSocket::operator=(UdpSocket&&) noexcept = default;
UdpSocket::~UdpSocket() = default;

base::Result<UdpSocket> UdpSocket::bind(const net::Endpoint& local) {
  const bool is_v6 = !local.is_v4();
  base::UniqueFd fd(
      ::socket(is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return base::fail(fmt::format("UDP socket: {}", std::strerror(errno)));
  if (is_v6) {
    const int off = 0;
    ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
  }
  sockaddr_storage address{};
  const socklen_t length = to_sockaddr(local, is_v6, address);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
    return base::fail(fmt::format("UDP bind to {}: {}", local.str(), std::strerror(errno)));
  }
  return adopt(fd.release());
}

base::Result<UdpSocket> UdpSocket::adopt(int raw_fd) {
  base::UniqueFd fd(raw_fd);
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  int type = 0;
  socklen_t type_length = sizeof(type);
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0 ||
      ::getsockopt(fd.get(), SOL_SOCKET, SO_TYPE, &type, &type_length) != 0 || type != SOCK_DGRAM ||
      (address.ss_family != AF_INET && address.ss_family != AF_INET6)) {
    return base::fail(fmt::format("fd {} is not a UDP socket", raw_fd));
  }
  set_options(fd.get());
  return UdpSocket(std::move(fd), to_endpoint(address), address.ss_family == AF_INET6);
}

int UdpSocket::receive_buffer_bytes() const noexcept {
  int bytes = 0;
  socklen_t length = sizeof(bytes);
  ::getsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &bytes, &length);
  return bytes;
}

std::span<ReceivedDatagram> UdpSocket::receive(std::span<ReceivedDatagram> slots) noexcept {
  Batch& batch = *batch_;
  const std::size_t wanted = std::min(slots.size(), kBatchMax);
  batch.prepare(slots.first(wanted));
  const int got = ::recvmmsg(fd_.get(), batch.in_headers.data(), static_cast<unsigned>(wanted),
                             MSG_DONTWAIT, nullptr);
  has_more_ = got == static_cast<int>(wanted);
  if (got <= 0) return {};
  batch.used = static_cast<std::size_t>(got);

  timespec wall{};
  ::clock_gettime(CLOCK_REALTIME, &wall);
  const base::Instant now = SystemClock::now();
  std::size_t kept = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
    msghdr& header = batch.in_headers[i].msg_hdr;
    const std::size_t size = batch.in_headers[i].msg_len;
    if (size > kDatagramBytesMax || (header.msg_flags & MSG_TRUNC) != 0) {
      ++oversized_;
      continue;
    }
    base::Duration age{0};
    for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
      if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS) continue;
      timespec stamped{};
      std::memcpy(&stamped, CMSG_DATA(c), sizeof(stamped));
      age = base::Duration(std::max<std::int64_t>(0, to_ns(wall) - to_ns(stamped)));
    }
    ReceivedDatagram& slot = slots[kept];
    if (kept != i) std::memcpy(slot.buffer.data(), slots[i].buffer.data(), size);
    slot.size = size;
    slot.remote = to_endpoint(batch.in_addresses[i]);
    slot.arrival = now - age;
    ++kept;
  }
  return slots.first(kept);
}

std::size_t UdpSocket::send(std::span<const net::Transmit> datagrams) noexcept {
  Batch& batch = *batch_;
  std::size_t sent = 0;
  while (!datagrams.empty()) {
    const std::size_t count = std::min(datagrams.size(), kBatchMax);
    for (std::size_t i = 0; i < count; ++i) {
      // sendmmsg never writes through iov_base; the type is shared with receiving.
      batch.out_vectors[i] = {.iov_base = const_cast<std::byte*>(datagrams[i].bytes.data()),
                              .iov_len = datagrams[i].bytes.size()};
      msghdr& header = batch.out_headers[i].msg_hdr;
      header = {};
      header.msg_name = &batch.out_addresses[i];
      header.msg_namelen = to_sockaddr(datagrams[i].remote, is_v6_, batch.out_addresses[i]);
      header.msg_iov = &batch.out_vectors[i];
      header.msg_iovlen = 1;
    }
    const int took = ::sendmmsg(fd_.get(), batch.out_headers.data(), static_cast<unsigned>(count),
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    if (took > 0) {
      sent += static_cast<std::size_t>(took);
      datagrams = datagrams.subspan(static_cast<std::size_t>(took));
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      send_drops_ += datagrams.size();
      break;
    }
    // The first one was refused (its address, or an ICMP error of an earlier one): pass over it.
    ++send_drops_;
    datagrams = datagrams.subspan(1);
  }
  return sent;
}

}  // namespace shelcaster::runtime
