#pragma once

#include <memory>

#include "base/result.hpp"
#include "rtc/dtls/dtls_types.hpp"

struct ssl_ctx_st;

namespace shelcaster::rtc {

/// A self-signed ECDSA P-256 certificate with its key and an OpenSSL context for each role. Made
/// once per process (milliseconds) and shared by all its transports, which it must outlive. The key
/// comes from OpenSSL's own random source and lives in memory only. Immutable after make(), so
/// several threads may read it.
class DtlsCertificate {
 public:
  /// Fails only when OpenSSL does (no memory, no ECDSA in the build).
  static base::Result<std::unique_ptr<DtlsCertificate>> make();
  ~DtlsCertificate();
  DtlsCertificate(const DtlsCertificate&) = delete;
  DtlsCertificate& operator=(const DtlsCertificate&) = delete;

  [[nodiscard]] const Fingerprint& fingerprint() const { return fingerprint_; }
  [[nodiscard]] ssl_ctx_st* context() const { return context_; }

 private:
  DtlsCertificate() = default;
  Fingerprint fingerprint_;
  ssl_ctx_st* context_ = nullptr;
};

}  // namespace shelcaster::rtc
