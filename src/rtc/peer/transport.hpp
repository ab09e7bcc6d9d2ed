#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/datagram.hpp"
#include "rtc/dtls/dtls_certificate.hpp"
#include "rtc/dtls/dtls_types.hpp"
#include "rtc/ice/ice_client_agent.hpp"
#include "rtc/ice/ice_lite_agent.hpp"
#include "rtc/ice/ice_types.hpp"
#include "rtc/peer/demux.hpp"
#include "rtc/srtp/srtp_keys.hpp"

namespace shelcaster::rtc {

enum class IceRole { kServerLite, kClientControlling };

struct TransportConfig {
  IceRole ice_role = IceRole::kServerLite;
  DtlsRole dtls_role = DtlsRole::kServer;
  IceCredentials local_ice;
  IceCredentials remote_ice;
  Fingerprint remote_fingerprint;
  /// Outlives the Transport; one for the process (DtlsCertificate::make).
  const DtlsCertificate* certificate = nullptr;
  /// Where a kClientControlling sends its checks. A kServerLite ignores them: it learns the peer's
  /// address from the peer's checks.
  std::vector<IceCandidate> remote_candidates;
};

/// Once, when ICE has a pair and DTLS has verified the peer. SRTP goes to `remote` from now on.
struct Connected {
  SrtpKeys keys;
  net::Endpoint remote;
};
/// The peer was validated at another address (network change, ICE restart): send SRTP there.
struct RemoteChanged {
  net::Endpoint remote;
};
/// Once, and the last event. `reason` is for logs and holds no personal data.
struct Closed {
  std::string reason;
};

/// When nothing is left to send or tell: call handle_timeout at `at` (Instant::never(): no timer).
struct Timeout {
  base::Instant at;
};
using TransportEvent = std::variant<Connected, RemoteChanged, Closed>;
using TransportOutput = std::variant<Timeout, net::Transmit, TransportEvent>;

/// What another process needs of a connected Transport. Holds passwords: never to a disk or log.
struct TransportMemory {
  /// Of a server's side or of a client's.
  std::variant<IceLiteMemory, IceClientMemory> ice;
  base::Bytes farewell;  // DTLS close_notify; empty: the peer isn't told of an end
};

/// STUN, ICE and DTLS of one peer, up to the SRTP keys. Sans-IO: not thread-safe, one owner, no
/// socket, thread or clock. After construction and after every call that changes it, drain
/// poll_output() until it returns Timeout. Transmit::bytes is valid until the next call.
///
/// A peer that never completes the handshake is Closed after kHandshakeTimeout, one that falls
/// silent after kConsentTimeout. SRTP and SRTCP are not handled here; the owner routes them by
/// their kind and calls note_media_activity.
class Transport {
 public:
  /// Aborts on a configuration that no parsed SDP can give (no certificate, empty credentials).
  Transport(const TransportConfig& config, base::Random& random, base::Instant now);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  /// A connected one that another process has left. It has no DTLS any more, but for the goodbye
  /// that was made ahead: the peer's own is not understood, and its end is found by its silence
  /// (ICE consent) or by the signalling.
  Transport(TransportMemory memory, base::Random& random, base::Instant now);
  /// What to go on from in another process: nothing unless it is connected.
  [[nodiscard]] std::optional<TransportMemory> memory() const;
  /// The peer has shown that its handshake is over, or has had the time for it: from now on the
  /// memory has a goodbye. True if it had none before.
  bool prepare_farewell();

  /// STUN and DTLS datagrams of this peer. Anything else is counted nowhere and ignored.
  void handle_datagram(base::Instant now, const SortedDatagram& datagram);
  void handle_timeout(base::Instant now);
  [[nodiscard]] TransportOutput poll_output();

  /// An authenticated SRTP or SRTCP packet came from there: keeps the session alive for peers that
  /// don't renew consent, and moves it to where alone the peer is heard (see IceLiteAgent).
  void note_media_activity(base::Instant now, const net::Endpoint& from);

  /// ICE restart (RFC 8445 section 2.4). Server: `local` and `remote` are the new credentials, the
  /// old ones go on working until the peer has passed a check with the new ones; a second restart
  /// replaces one that was never completed. Client: `local` is what was offered in the fragment,
  /// `remote` what was answered. Fails (and changes nothing) when the transport is closed or a
  /// ufrag is not new.
  base::Result<void> restart_ice(base::Instant now, const IceCredentials& local,
                                 const IceCredentials& remote);
  /// Client: more addresses of the server, as after a restart.
  void add_remote_candidates(base::Instant now, const std::vector<IceCandidate>& candidates);

  /// DTLS close_notify to the peer, then Closed. Idempotent.
  void close(base::Instant now);

  /// Whether a STUN request with this local ufrag is for us (the current one, or during a restart
  /// also the next). See stun `username_fragment` to read it from a datagram.
  [[nodiscard]] bool owns_ufrag(std::string_view ufrag) const;
  /// Whether a fragment with these remote credentials asks for a restart: its ufrag is neither that
  /// of the session nor that of a restart under way (then it only trickles candidates).
  [[nodiscard]] bool is_restart(const IceCredentials& remote) const;
  /// Whether this address has passed a check with the right password. Only such an address can make
  /// OpenSSL work or be sent a DTLS flight.
  [[nodiscard]] bool is_validated(const net::Endpoint& remote) const;
  [[nodiscard]] bool is_connected() const;
  [[nodiscard]] bool is_closed() const;

  static constexpr base::Duration kHandshakeTimeout = std::chrono::seconds(30);
  static constexpr base::Duration kConsentTimeout = std::chrono::seconds(30);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shelcaster::rtc
