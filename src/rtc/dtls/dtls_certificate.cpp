#include "rtc/dtls/dtls_certificate.hpp"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdint>
#include <string>

#include "rtc/dtls/detail/peer_verification.hpp"

namespace shelcaster::rtc {
namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

constexpr long kValidSeconds = 30L * 24 * 3600;
// Clocks of peers may be late; nobody checks the dates (the fingerprint is the trust), but some
// log.
constexpr long kBackdatedSeconds = 24L * 3600;

tl::unexpected<base::Error> openssl_failure(const char* doing) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  return base::fail(std::string("DTLS: OpenSSL failed to ") + doing + ": " + text.data());
}

/// A random serial number and common name: nothing about the host leaves with the certificate.
Certificate self_sign(EVP_PKEY* key) {
  Certificate certificate(X509_new(), X509_free);
  std::uint64_t serial = 0;
  if (certificate == nullptr ||
      RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof(serial)) != 1) {
    return {nullptr, X509_free};
  }
  X509* x = certificate.get();
  static constexpr unsigned char kName[] = "WebRTC";
  X509_NAME* name = X509_get_subject_name(x);
  const bool made = X509_set_version(x, 2) == 1 &&
                    ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1U) == 1 &&
                    X509_gmtime_adj(X509_getm_notBefore(x), -kBackdatedSeconds) != nullptr &&
                    X509_gmtime_adj(X509_getm_notAfter(x), kValidSeconds) != nullptr &&
                    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, kName, -1, -1, 0) == 1 &&
                    X509_set_issuer_name(x, name) == 1 && X509_set_pubkey(x, key) == 1 &&
                    X509_sign(x, key, EVP_sha256()) != 0;
  if (!made) certificate.reset();
  return certificate;
}

bool configure(SSL_CTX* context, X509* certificate, EVP_PKEY* key) {
  SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // One certificate that is signed by itself, of RSA at the longest.
  constexpr long kPeersCertificatesBytesMax = 8 * 1024;
  SSL_CTX_set_max_cert_list(context, kPeersCertificatesBytesMax);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, detail::verify_peer_fingerprint, nullptr);
  // RFC 8827 section 6.5 asks for ECDHE with AES-128-GCM; the RSA form is for a peer that is DTLS
  // server with an RSA certificate (GStreamer).
  return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
         SSL_CTX_set_max_proto_version(context, DTLS1_2_VERSION) == 1 &&
         SSL_CTX_set_cipher_list(context,
                                 "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                                 "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
                                 "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384") ==
             1 &&
         SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") == 1 &&
         // It answers 0 for success, unlike its neighbours.
         SSL_CTX_set_tlsext_use_srtp(context, "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80") ==
             0 &&
         SSL_CTX_use_certificate(context, certificate) == 1 &&
         SSL_CTX_use_PrivateKey(context, key) == 1;
}

}  // namespace

base::Result<std::unique_ptr<DtlsCertificate>> DtlsCertificate::make() {
  const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  if (key == nullptr) return openssl_failure("make a P-256 key");
  const Certificate certificate = self_sign(key.get());
  if (certificate == nullptr) return openssl_failure("sign a certificate");

  std::unique_ptr<DtlsCertificate> made(new DtlsCertificate);
  unsigned size = 0;
  if (X509_digest(certificate.get(), EVP_sha256(),
                  reinterpret_cast<unsigned char*>(made->fingerprint_.sha256.data()), &size) != 1) {
    return openssl_failure("hash a certificate");
  }
  made->context_ = SSL_CTX_new(DTLS_method());
  if (made->context_ == nullptr || !configure(made->context_, certificate.get(), key.get())) {
    return openssl_failure("set up a DTLS context");
  }
  return made;
}

DtlsCertificate::~DtlsCertificate() { SSL_CTX_free(context_); }

}  // namespace shelcaster::rtc
