#pragma once

#include "base/bytes.hpp"
#include "net/datagram.hpp"

namespace shelcaster::rtc {

enum class PacketKind { kStun, kDtls, kRtpOrRtcp, kUnknown };

/// What shares our UDP port, told apart by the first byte (RFC 7983 section 7). A hint for routing,
/// not a validation.
constexpr PacketKind classify(base::ByteSpan datagram) {
  if (datagram.empty()) return PacketKind::kUnknown;
  const auto first = std::to_integer<unsigned>(datagram.front());
  if (first <= 3) return PacketKind::kStun;
  if (first >= 20 && first <= 63) return PacketKind::kDtls;
  if (first >= 128 && first <= 191) return PacketKind::kRtpOrRtcp;
  return PacketKind::kUnknown;
}

constexpr bool is_stun(base::ByteSpan datagram) { return classify(datagram) == PacketKind::kStun; }
constexpr bool is_dtls(base::ByteSpan datagram) { return classify(datagram) == PacketKind::kDtls; }
constexpr bool is_rtp_or_rtcp(base::ByteSpan datagram) {
  return classify(datagram) == PacketKind::kRtpOrRtcp;
}

/// A received datagram and what it is: decided once, where it comes in, for everybody on its way.
class SortedDatagram : public net::Datagram {
 public:
  constexpr explicit SortedDatagram(const net::Datagram& datagram)
      : SortedDatagram(datagram, classify(datagram.bytes)) {}
  constexpr SortedDatagram(const net::Datagram& datagram, PacketKind kind)
      : net::Datagram(datagram), kind_(kind) {}
  [[nodiscard]] constexpr PacketKind kind() const { return kind_; }

 private:
  PacketKind kind_;
};

}  // namespace shelcaster::rtc
