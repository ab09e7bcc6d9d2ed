#pragma once

#include <array>
#include <memory>
#include <string>

#include "audio/tone.hpp"
#include "base/random.hpp"
#include "rtc/dtls/dtls_certificate.hpp"
#include "rtc/peer/peer.hpp"
#include "runtime/udp_socket.hpp"

namespace shelcaster::realtime {

/// Someone with a browser, on a real socket of the loopback: says a tone, hears the return.
class Guest {
 public:
  Guest(const rtc::DtlsCertificate& certificate, base::Random& random);

  /// Without the a=ssrc lines, so that the server learns the source from its packets.
  [[nodiscard]] std::string offer() const;
  void accept(const std::string& answer);
  /// Takes what has come, and speaks if it is time.
  void run_once(base::Instant now);

  [[nodiscard]] bool is_connected() const { return peer_.is_connected(); }
  [[nodiscard]] rtc::MediaStats stats() const { return peer_.stats(); }
  [[nodiscard]] runtime::UdpSocket& socket() { return socket_; }

 private:
  void drain();

  runtime::UdpSocket socket_;
  rtc::Peer peer_;
  audio::Tone voice_{440, -20};
  base::Instant timeout_at_ = base::Instant::never();
  base::Instant next_frame_;
  std::array<runtime::ReceivedDatagram, 16> slots_{};
};

}  // namespace shelcaster::realtime
