#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace shelcaster::sim {

/// With SHELCASTER_SIM_WITNESS=1 prints what passes between the simulated processes and when they
/// die, to find out why a seed fails.
inline void witness(base::Instant now, std::string_view what, std::string_view message = "") {
  static const bool is_asked = std::getenv("SHELCASTER_SIM_WITNESS") != nullptr;
  if (!is_asked) return;
  const double at = static_cast<double>(now.nanoseconds()) * 1e-9;
  const std::string line = fmt::format("{:9.3f} {} {}\n", at, what, message);
  (void)std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace shelcaster::sim
