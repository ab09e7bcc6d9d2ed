#pragma once

#include <cstdint>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace shelcaster::audio {

/// While it lives, this thread's floating-point unit takes numbers too small to be normal (below
/// 1e-38: −760 dB) for zero. Every filter that rings out in silence passes through them, and each
/// costs over a hundred cycles on x86. A few cycles; does nothing on processors that it doesn't
/// know.
class FlushDenormals {
 public:
#if defined(__x86_64__)
  FlushDenormals() noexcept : before_(_mm_getcsr()) { _mm_setcsr(before_ | kFlush); }
  ~FlushDenormals() { _mm_setcsr(before_); }
#elif defined(__aarch64__)
  FlushDenormals() noexcept {
    asm("mrs %0, fpcr" : "=r"(before_) : : "memory");
    asm("msr fpcr, %0" : : "r"(before_ | kFlush) : "memory");
  }
  ~FlushDenormals() { asm("msr fpcr, %0" : : "r"(before_) : "memory"); }
#else
  FlushDenormals() noexcept = default;
  ~FlushDenormals() = default;
#endif
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
#if defined(__x86_64__)
  static constexpr unsigned kFlush = 0x8040;  // FTZ, DAZ
  unsigned before_;
#elif defined(__aarch64__)
  static constexpr std::uint64_t kFlush = 1U << 24U;  // FZ
  std::uint64_t before_ = 0;
#endif
};

}  // namespace shelcaster::audio
