#pragma once

#include <cstdint>

#include "base/result.hpp"

namespace shelcaster::app {

struct SandboxLimits {
  std::uint64_t memory_bytes = std::uint64_t{1} << 30U;
  std::uint64_t cpu_seconds = 30 * 60;       // 12 h of music take about 10 minutes
  std::uint64_t file_bytes = 9'000'000'000;  // 12 h of ready file are 8.3 GB
};

/// Takes from this process, for good, all that decoding a hostile file doesn't need: what is left
/// is to read and write descriptors already open, memory up to a limit, time up to a limit. No new
/// file, socket, process or program (they fail with EPERM); no core file. By rlimits, no_new_privs,
/// Landlock where the kernel has it, and seccomp. Call it with one thread running.
base::Result<void> enter_sandbox(const SandboxLimits& limits);

/// Whether the kernel has Landlock, the sandbox's second wall around the file system; seccomp is
/// the first. Call it outside the sandbox.
bool has_landlock();

}  // namespace shelcaster::app
