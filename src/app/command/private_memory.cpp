#include "app/command/private_memory.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace shelcaster::app {

void keep_memory_private() {
  // The limit alone doesn't bind a handler that cores are piped to.
  ::prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL);
  constexpr rlimit kNone{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &kNone);
}

}  // namespace shelcaster::app
