#pragma once

/// Whether a sanitizer is built in: it owns malloc, takes terabytes of addresses for its shadow,
/// and makes everything ten times slower or more.
namespace shelcaster::base {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SHELCASTER_IS_SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SHELCASTER_IS_SANITIZED 1
#endif

#ifdef SHELCASTER_IS_SANITIZED
inline constexpr bool kIsSanitized = true;
#else
inline constexpr bool kIsSanitized = false;
#endif

}  // namespace shelcaster::base
