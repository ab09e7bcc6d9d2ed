#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "rtc/dtls/dtls_certificate.hpp"
#include "rtc/media/media_session.hpp"
#include "rtc/peer/transport.hpp"
#include "rtc/rtp/header_extension.hpp"
#include "runtime/udp_socket.hpp"

namespace shelcaster::bench {

struct LoadClientConfig {
  /// Whose voice it speaks with, and the level of each packet; both outlive the client.
  const std::vector<base::Bytes>* packets = nullptr;
  const std::vector<rtc::AudioLevel>* levels = nullptr;
  std::size_t first_packet = 0;
  bool send = true;
  /// It also decodes what it hears, to find out whose pilot tones are in it.
  bool is_listening = false;
};

/// Since the last report.
struct LoadClientReport {
  bool is_connected = false;
  std::string closed_because;
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t refused = 0;
  std::int64_t lost = 0;
  /// Returns come every 20 ms: of the gaps between two, those over 40 ms, and the longest.
  std::uint64_t gaps = 0;
  float gap_ms_max = 0;
  /// How far every pilot stands out of the sound beside it, dB, over the last second; empty when
  /// not listening.
  std::vector<float> pilots_db;
};

/// A WebRTC client that costs little: full ICE (controlling), DTLS, SRTP both ways and RTCP as any
/// other, but what it sends was encoded before, and what it gets is authenticated and counted, and
/// decoded by a few only. One UDP socket each.
class LoadClient {
 public:
  /// `certificate` and `random` outlive it.
  static base::Result<std::unique_ptr<LoadClient>> make(const LoadClientConfig& config,
                                                        const rtc::DtlsCertificate& certificate,
                                                        base::Random& random);

  [[nodiscard]] int fd() const { return socket_.fd(); }
  [[nodiscard]] std::string offer() const;
  base::Result<void> accept_answer(base::Instant now, std::string_view sdp);

  /// Takes what waits in the socket; `slots` is room shared by all clients.
  void receive(std::span<runtime::ReceivedDatagram> slots);
  /// Each 20 ms: the next packet, RTCP when due, timers.
  void speak(base::Instant now);
  /// Each 10 ms, of those that listen.
  void listen(base::Instant now);
  void close(base::Instant now);

  LoadClientReport take_report();

 private:
  LoadClient(const LoadClientConfig& config, const rtc::DtlsCertificate& certificate,
             base::Random& random, runtime::UdpSocket socket);
  void drain();
  void begin_media(const rtc::Connected& connected);
  void handle_media(base::Instant arrival, const net::Datagram& datagram);
  void note_arrival(base::Instant arrival, const net::Endpoint& from);

  LoadClientConfig config_;
  const rtc::DtlsCertificate& certificate_;
  base::Random& random_;
  runtime::UdpSocket socket_;
  rtc::IceCredentials ice_;
  std::uint32_t ssrc_;
  std::string cname_;

  std::unique_ptr<rtc::Transport> transport_;
  std::unique_ptr<rtc::MediaSession> media_;
  net::Endpoint remote_;
  std::uint32_t remote_ssrc_ = 0;
  int payload_type_ = 111;
  int audio_level_id_ = 0;
  base::Instant timeout_at_ = base::Instant::never();

  std::size_t next_packet_;
  base::Instant last_arrival_ = base::Instant::never();
  std::vector<float> heard_;  // mono, the last second
  std::size_t heard_at_ = 0;
  LoadClientReport report_;
  std::int64_t lost_before_ = 0;
  std::uint64_t refused_before_ = 0;
};

}  // namespace shelcaster::bench
