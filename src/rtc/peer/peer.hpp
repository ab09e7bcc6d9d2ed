#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "codec/opus_encoder.hpp"
#include "net/datagram.hpp"
#include "rtc/media/media_session.hpp"
#include "rtc/peer/negotiation.hpp"

namespace shelcaster::rtc {

struct PeerConfig {
  /// Outlives the Peer.
  const DtlsCertificate* certificate = nullptr;
  bool send = true;
  bool receive = true;
  /// A server's own addresses, at least one. A client has none: the server learns it from its
  /// checks.
  std::vector<net::Endpoint> host_candidates;
  codec::OpusEncoderConfig encoder;
};

/// A whole WebRTC endpoint for one person on one thread: signalling, Transport and MediaSession
/// joined, with Opus on top. For robots, simulations and tests; the mix role keeps the halves on
/// two threads and uses them itself. Sans-IO: after every call that takes a time, drain
/// poll_output() until it returns Timeout; Transmit::bytes is valid until the next call. Allocates.
///
/// A client calls make_offer, then accept_answer; a server accept_offer. Audio is 48 kHz: push 20
/// ms every 20 ms and pull 10 ms every 10 ms, whether Connected or not; reports (RTCP) go out with
/// them.
class Peer {
 public:
  /// `random` must outlive the Peer.
  Peer(const PeerConfig& config, base::Random& random);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// Client. The offer has no candidates.
  [[nodiscard]] std::string make_offer() const;
  base::Result<void> accept_answer(base::Instant now, std::string_view sdp);
  /// Server. The answer, ICE-lite, with all candidates.
  base::Result<std::string> accept_offer(base::Instant now, std::string_view sdp);

  /// Client: the body of a PATCH that asks for an ICE restart, and what to do with its answer.
  std::string make_restart_fragment();
  base::Result<void> accept_restart_answer(base::Instant now, std::string_view fragment);
  /// Server: the answer to a restart, or nothing to say to trickled candidates.
  base::Result<std::optional<std::string>> accept_fragment(base::Instant now,
                                                           std::string_view fragment);

  void handle_datagram(base::Instant now, const net::Datagram& datagram);
  void handle_timeout(base::Instant now);
  [[nodiscard]] TransportOutput poll_output();

  /// 960 frames of PeerConfig::encoder.channels, interleaved. Lost when not connected or when the
  /// other side does not receive.
  void push(base::Instant now, std::span<const float> samples);
  /// The next 480 frames of stereo, L R L R …; false: silence, nothing was received lately.
  bool pull(base::Instant now, std::span<float, 2 * MediaSession::kBlockFrames> out);

  /// RTCP BYE, DTLS close_notify, then Closed.
  void close(base::Instant now);

  [[nodiscard]] bool is_connected() const;
  [[nodiscard]] bool owns_ufrag(std::string_view ufrag) const;
  [[nodiscard]] MediaStats stats() const;

 private:
  void start(base::Instant now, Agreement agreed);
  void begin_media(const Connected& connected);
  void handle_media(base::Instant now, const net::Datagram& datagram);
  void queue(base::ByteSpan packet);
  void queue_reports(base::Instant now);

  PeerConfig config_;
  base::Random& random_;
  LocalDescription local_;
  std::optional<IceCredentials> next_ice_;
  MediaConfig media_config_;

  std::unique_ptr<Transport> transport_;
  net::Endpoint remote_;
  std::unique_ptr<MediaSession> media_;
  std::unique_ptr<codec::OpusEncoder> encoder_;
  std::deque<base::Bytes> packets_;
  base::Bytes given_out_;
};

}  // namespace shelcaster::rtc
