#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace shelcaster::control::detail {

/// What this process has counted since its start, for /metrics: "name{labels}" → value.
using Counters = std::map<std::string, std::uint64_t>;

}  // namespace shelcaster::control::detail
