#include "runtime/system_random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace shelcaster::runtime {

void SystemRandom::fill(std::span<std::byte> out) {
  while (!out.empty()) {
    const ssize_t got = ::getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    // A kernel without random bytes can't make keys: nothing sensible could follow.
    if (got <= 0) std::abort();
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace shelcaster::runtime
