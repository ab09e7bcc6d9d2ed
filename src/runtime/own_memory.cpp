#include "runtime/own_memory.hpp"

#include <fstream>
#include <sstream>
#include <string>

namespace shelcaster::runtime {

std::int64_t own_pss_bytes() {
  std::ifstream rollup("/proc/self/smaps_rollup");
  std::string line;
  while (std::getline(rollup, line)) {
    if (!line.starts_with("Pss:")) continue;
    std::int64_t kib = 0;
    if (std::istringstream(line.substr(4)) >> kib) return kib * 1024;
  }
  return 0;
}

}  // namespace shelcaster::runtime
