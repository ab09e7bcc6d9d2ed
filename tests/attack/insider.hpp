#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "net/endpoint.hpp"
#include "rtc/dtls/dtls_certificate.hpp"
#include "rtc/ice/ice_types.hpp"
#include "rtc/peer/peer.hpp"
#include "runtime/udp_socket.hpp"

namespace shelcaster::attack {

/// A caller with a seat of their own who turns on the show: a real WebRTC client that talks, and
/// whose SRTP and SRTCP packets are kept for replay. Signalling is the test's: it carries the offer
/// to WHIP and brings the answer.
class Insider {
 public:
  explicit Insider(base::Random& random);

  [[nodiscard]] std::string offer() const { return peer_->make_offer(); }
  base::Result<void> accept(std::string_view answer_sdp);

  /// Sends and receives what is due; call it at least each 5 ms.
  void run_once();

  [[nodiscard]] bool is_connected() const { return peer_->is_connected(); }
  /// Packets that it has sent on the media path, the latest kRecordedMax.
  [[nodiscard]] const std::vector<base::Bytes>& recorded() const { return recorded_; }
  /// Of the server's session, from its answer.
  [[nodiscard]] const rtc::IceCredentials& server_ice() const { return server_ice_; }
  /// The socket that the server knows by now.
  [[nodiscard]] runtime::UdpSocket& socket() { return socket_; }

  static constexpr std::size_t kRecordedMax = 512;

 private:
  void drain();
  void speak(base::Instant now);

  base::Random& random_;
  std::unique_ptr<rtc::DtlsCertificate> certificate_;
  runtime::UdpSocket socket_;
  std::unique_ptr<rtc::Peer> peer_;
  rtc::IceCredentials server_ice_;
  base::Instant timeout_at_ = base::Instant::never();
  base::Instant next_frame_;
  std::array<runtime::ReceivedDatagram, 16> slots_{};
  std::vector<base::Bytes> recorded_;
  std::size_t next_recorded_ = 0;
};

}  // namespace shelcaster::attack
