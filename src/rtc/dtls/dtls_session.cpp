#include "rtc/dtls/dtls_session.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/srtp.h>
#include <openssl/ssl.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include "rtc/dtls/detail/datagram_bio.hpp"

namespace shelcaster::rtc {
namespace {

// Fits an IPv6 path of 1280 bytes with its headers; RFC 8827 implementations use about as much.
constexpr long kMtuBytes = 1200;
// RFC 6347 starts at 1 s; on a lossy call set-up that is what a person waits. 12 tries last ~27 s.
constexpr unsigned kFirstTimeoutUs = 250'000;
constexpr unsigned kTimeoutUsMax = 3'000'000;

unsigned retransmission_timeout_us(SSL*, unsigned previous_us) {
  return previous_us == 0 ? kFirstTimeoutUs : std::min(previous_us * 2, kTimeoutUsMax);
}

struct ProfileSizes {
  SrtpProfile profile;
  std::size_t key_bytes, salt_bytes;
};

std::optional<ProfileSizes> negotiated_profile(SSL* ssl) {
  const SRTP_PROTECTION_PROFILE* chosen = SSL_get_selected_srtp_profile(ssl);
  if (chosen == nullptr) return std::nullopt;
  if (chosen->id == SRTP_AEAD_AES_128_GCM) return ProfileSizes{SrtpProfile::kAeadAes128Gcm, 16, 12};
  return ProfileSizes{SrtpProfile::kAes128CmSha1_80, 16, 14};
}

}  // namespace

struct DtlsSession::Association {
  SSL* ssl = nullptr;
  detail::DatagramQueues queues;
  DtlsRole role = DtlsRole::kServer;
  Fingerprint remote;
  State state = State::kHandshaking;
  bool started = false;
  base::Bytes farewell;  // close_notify, made ahead
  SrtpKeys keys{SrtpProfile::kAeadAes128Gcm, {}, {}};
  std::string failure;
  base::Instant timeout_at = base::Instant::never();

  void fail(std::string why) {
    state = State::kFailed;
    failure = std::move(why);
  }
  void advance(base::Instant now);
  void shake_hands();
  void read_records();
  bool export_keys();
  void note_timer(base::Instant now);
};

void DtlsSession::Association::note_timer(base::Instant now) {
  timeout_at = base::Instant::never();
  timeval left{};
  if (state == State::kFailed || state == State::kClosed || !started) return;
  if (DTLSv1_get_timeout(ssl, &left) == 1) {
    timeout_at = now + std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
  }
}

/// RFC 5764 section 4.2: client key, server key, client salt, server salt.
bool DtlsSession::Association::export_keys() {
  const auto sizes = negotiated_profile(ssl);
  if (!sizes) {
    fail("DTLS: the peer offered no SRTP profile that we know (use_srtp missing?)");
    return false;
  }
  std::array<std::byte, 2 * (16 + 14)> material{};
  const std::size_t wanted = 2 * (sizes->key_bytes + sizes->salt_bytes);
  static constexpr std::string_view kLabel = "EXTRACTOR-dtls_srtp";
  if (SSL_export_keying_material(ssl, reinterpret_cast<unsigned char*>(material.data()), wanted,
                                 kLabel.data(), kLabel.size(), nullptr, 0, 0) != 1) {
    fail("DTLS: OpenSSL could not export the SRTP keys");
    return false;
  }
  base::ByteReader reader(base::ByteSpan(material).first(wanted));
  const base::ByteSpan client_key = reader.take(sizes->key_bytes);
  const base::ByteSpan server_key = reader.take(sizes->key_bytes);
  const base::ByteSpan client_salt = reader.take(sizes->salt_bytes);
  const base::ByteSpan server_salt = reader.take(sizes->salt_bytes);
  base::SecretBytes client(client_key.begin(), client_key.end());
  client.insert(client.end(), client_salt.begin(), client_salt.end());
  base::SecretBytes server(server_key.begin(), server_key.end());
  server.insert(server.end(), server_salt.begin(), server_salt.end());
  base::cleanse(material.data(), material.size());
  const bool we_are_client = role == DtlsRole::kClient;
  keys = {.profile = sizes->profile,
          .local_key_salt = we_are_client ? client : server,
          .remote_key_salt = we_are_client ? server : client};
  return true;
}

void DtlsSession::Association::shake_hands() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl);
  if (result == 1) {
    if (export_keys()) state = State::kConnected;
    return;
  }
  const int error = SSL_get_error(ssl, result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return;
  if (SSL_get_verify_result(ssl) == X509_V_ERR_CERT_REJECTED) {
    fail("DTLS: the peer's certificate does not match the fingerprint in its SDP");
    return;
  }
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  fail(std::string("DTLS: handshake failed: ") + (reason == nullptr ? "no reason given" : reason));
}

/// Application data has no place here (no data channels); reading makes OpenSSL see close_notify
/// and answer a repeated last flight.
void DtlsSession::Association::read_records() {
  std::array<char, 2048> ignored{};
  for (;;) {
    ERR_clear_error();
    const int result = SSL_read(ssl, ignored.data(), static_cast<int>(ignored.size()));
    if (result > 0) continue;
    const int error = SSL_get_error(ssl, result);
    if (error == SSL_ERROR_ZERO_RETURN) {
      (void)SSL_shutdown(ssl);
      state = State::kClosed;
    } else if (error == SSL_ERROR_SSL) {
      const char* reason = ERR_reason_error_string(ERR_peek_error());
      fail(std::string("DTLS: ") + (reason == nullptr ? "the association failed" : reason));
    }
    return;
  }
}

void DtlsSession::Association::advance(base::Instant now) {
  if (state == State::kHandshaking) shake_hands();
  if (state == State::kConnected) read_records();
  note_timer(now);
}

DtlsSession::DtlsSession(const DtlsCertificate& certificate, DtlsRole role,
                         const Fingerprint& remote)
    : association_(std::make_unique<Association>()) {
  Association& a = *association_;
  a.role = role;
  a.remote = remote;
  a.ssl = SSL_new(certificate.context());
  BIO* bio = detail::make_datagram_bio(a.queues);
  if (a.ssl == nullptr || bio == nullptr) std::abort();  // Out of memory.
  SSL_set_bio(a.ssl, bio, bio);
  SSL_set_app_data(a.ssl, &a.remote);
  SSL_set_mtu(a.ssl, kMtuBytes);
  DTLS_set_timer_cb(a.ssl, retransmission_timeout_us);
  if (role == DtlsRole::kClient) {
    SSL_set_connect_state(a.ssl);
  } else {
    SSL_set_accept_state(a.ssl);
  }
}

DtlsSession::~DtlsSession() { SSL_free(association_->ssl); }

void DtlsSession::start(base::Instant now) {
  if (association_->started) return;
  association_->started = true;
  association_->advance(now);
}

void DtlsSession::handle_datagram(base::Instant now, base::ByteSpan bytes) {
  Association& a = *association_;
  if (a.state == State::kClosed || a.state == State::kFailed || bytes.empty()) return;
  a.started = true;
  if (a.queues.in.size() < detail::DatagramQueues::kDatagramsMax) {
    a.queues.in.emplace_back(bytes.begin(), bytes.end());
  }
  a.advance(now);
}

void DtlsSession::handle_timeout(base::Instant now) {
  Association& a = *association_;
  if (now < a.timeout_at) return;
  ERR_clear_error();
  if (DTLSv1_handle_timeout(a.ssl) < 0) {
    a.fail("DTLS: the peer does not answer the handshake");
  }
  a.note_timer(now);
}

void DtlsSession::close(base::Instant now) {
  Association& a = *association_;
  if (a.state == State::kConnected) a.queues.out.push_back(make_farewell());
  if (a.state != State::kFailed) a.state = State::kClosed;
  a.note_timer(now);
}

const base::Bytes& DtlsSession::make_farewell() {
  Association& a = *association_;
  if (a.state != State::kConnected || !a.farewell.empty()) return a.farewell;
  const std::size_t before = a.queues.out.size();
  ERR_clear_error();
  (void)SSL_shutdown(a.ssl);
  if (a.queues.out.size() > before) {
    a.farewell = std::move(a.queues.out.back());
    a.queues.out.pop_back();
  }
  return a.farewell;
}

std::optional<base::Bytes> DtlsSession::poll_transmit() {
  std::deque<base::Bytes>& out = association_->queues.out;
  if (out.empty()) return std::nullopt;
  base::Bytes datagram = std::move(out.front());
  out.pop_front();
  return datagram;
}

base::Instant DtlsSession::next_timeout() const { return association_->timeout_at; }
DtlsSession::State DtlsSession::state() const { return association_->state; }
const SrtpKeys& DtlsSession::keys() const { return association_->keys; }
const std::string& DtlsSession::failure() const { return association_->failure; }

}  // namespace shelcaster::rtc
