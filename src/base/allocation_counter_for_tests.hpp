#pragma once

// For tests of what must not allocate: include it in one source of the test program. It takes
// malloc's place for the whole process, shared libraries too, and counts. Sanitizers need malloc
// for themselves: under them kCountsAllocations is false and nothing is counted.
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "base/sanitized.hpp"

namespace shelcaster::testing {

inline std::atomic<std::int64_t> allocations{0};

/// How often this process has allocated so far.
inline std::int64_t allocation_count() { return allocations.load(std::memory_order_relaxed); }

}  // namespace shelcaster::testing

#ifdef SHELCASTER_IS_SANITIZED
namespace shelcaster::testing {
inline constexpr bool kCountsAllocations = false;
}
#else
namespace shelcaster::testing {
inline constexpr bool kCountsAllocations = true;
inline void count_allocation() { allocations.fetch_add(1, std::memory_order_relaxed); }
}  // namespace shelcaster::testing

// glibc's own names for what it replaces.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) {
  shelcaster::testing::count_allocation();
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  shelcaster::testing::count_allocation();
  return __libc_calloc(count, size);
}
void* realloc(void* memory, std::size_t size) {
  shelcaster::testing::count_allocation();
  return __libc_realloc(memory, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  shelcaster::testing::count_allocation();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  shelcaster::testing::count_allocation();
  *out = __libc_memalign(alignment, size);
  return *out == nullptr ? ENOMEM : 0;
}
}
#endif
