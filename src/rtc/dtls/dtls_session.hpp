#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "rtc/dtls/dtls_certificate.hpp"
#include "rtc/dtls/dtls_types.hpp"
#include "rtc/srtp/srtp_keys.hpp"

namespace shelcaster::rtc {

/// One DTLS 1.2 association (RFC 6347) that yields SRTP keys (RFC 5764). Not thread-safe. After
/// every call that takes a time, drain poll_transmit(). Knows no addresses: the caller feeds it
/// only datagrams from a peer that has passed a STUN check.
///
/// Retransmission runs on OpenSSL's own timer, which reads the system clock itself: `next_timeout`
/// converts what it says into an Instant, and a test with a virtual clock must move both
/// (rtc/dtls/openssl_clock_for_tests.hpp).
class DtlsSession {
 public:
  enum class State {
    kHandshaking,
    kConnected,
    kClosed,  ///< close_notify came or was sent.
    kFailed,  ///< See failure().
  };

  DtlsSession(const DtlsCertificate& certificate, DtlsRole role, const Fingerprint& remote);
  ~DtlsSession();
  DtlsSession(const DtlsSession&) = delete;
  DtlsSession& operator=(const DtlsSession&) = delete;

  /// A client sends its ClientHello; a server begins to wait for one. Idempotent.
  void start(base::Instant now);
  void handle_datagram(base::Instant now, base::ByteSpan bytes);
  void handle_timeout(base::Instant now);
  /// Sends close_notify if there is an association to close.
  void close(base::Instant now);

  /// Makes the close_notify that close() is to send, so that somebody else may send it after this
  /// process is gone. To be asked for when the peer has shown that its handshake is over: a last
  /// flight that it repeats is not answered any more. Empty unless connected; the same each time.
  const base::Bytes& make_farewell();

  [[nodiscard]] std::optional<base::Bytes> poll_transmit();
  [[nodiscard]] base::Instant next_timeout() const;

  [[nodiscard]] State state() const;
  /// Only in kConnected and after; the keys of the negotiated profile.
  [[nodiscard]] const SrtpKeys& keys() const;
  /// Why it is kFailed, for a log.
  [[nodiscard]] const std::string& failure() const;

 private:
  struct Association;
  std::unique_ptr<Association> association_;
};

}  // namespace shelcaster::rtc
