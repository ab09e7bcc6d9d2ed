#pragma once

struct x509_store_ctx_st;

namespace shelcaster::rtc::detail {

/// OpenSSL's certificate callback: 1 when the leaf's SHA-256 is the Fingerprint that the SSL
/// carries as its app data. Chains, names and dates mean nothing in WebRTC (RFC 8827 section 6.5).
int verify_peer_fingerprint(x509_store_ctx_st* store, void* unused);

}  // namespace shelcaster::rtc::detail
