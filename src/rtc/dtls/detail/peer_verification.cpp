#include "rtc/dtls/detail/peer_verification.hpp"

#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "rtc/dtls/dtls_types.hpp"

namespace shelcaster::rtc::detail {

int verify_peer_fingerprint(x509_store_ctx_st* store, void*) {
  const auto* ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const X509* leaf = X509_STORE_CTX_get0_cert(store);
  const auto* wanted =
      ssl == nullptr ? nullptr : static_cast<const Fingerprint*>(SSL_get_app_data(ssl));
  Fingerprint seen;
  unsigned size = 0;
  if (leaf != nullptr && wanted != nullptr &&
      X509_digest(leaf, EVP_sha256(), reinterpret_cast<unsigned char*>(seen.sha256.data()),
                  &size) == 1 &&
      CRYPTO_memcmp(seen.sha256.data(), wanted->sha256.data(), seen.sha256.size()) == 0) {
    return 1;
  }
  X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
  return 0;
}

}  // namespace shelcaster::rtc::detail
