#pragma once

#include <sys/time.h>

#include <cstdint>

#include "base/time.hpp"

// Puts OpenSSL's DTLS timer on a virtual clock. libssl asks gettimeofday(), and a definition in the
// executable comes before the C library's. Include in exactly one translation unit of a test
// executable (it defines a function with external linkage) and never in the product.
namespace shelcaster::rtc {

/// What gettimeofday() says from now on. The simulation sets it whenever its Instant moves.
inline std::int64_t& openssl_clock_us() {
  static std::int64_t now_us = 1'000'000'000'000;
  return now_us;
}
inline void set_openssl_clock(base::Instant now) {
  openssl_clock_us() = 1'000'000'000'000 + now.nanoseconds() / 1000;
}

}  // namespace shelcaster::rtc

extern "C" int gettimeofday(struct timeval* __restrict out, void* __restrict) noexcept {
  const std::int64_t us = shelcaster::rtc::openssl_clock_us();
  out->tv_sec = us / 1'000'000;
  out->tv_usec = us % 1'000'000;
  return 0;
}
