#pragma once

#include <cstdint>

namespace shelcaster::runtime {

/// This process's share of physical memory (PSS). For itself a process may always ask; of another
/// one whose memory nobody may dump only root may. Costs the kernel a walk over its pages. 0: the
/// kernel doesn't tell.
std::int64_t own_pss_bytes();

}  // namespace shelcaster::runtime
