#pragma once

#include <filesystem>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

// Who writes a show's recordings: a lock on a file in their folder, which the kernel gives back
// when the recorder's process ends, however it ends.
namespace shelcaster::output {

/// For as long as it is held nobody else records into `dir`, which is made if need be. An empty one
/// when another recorder has it.
base::Result<base::UniqueFd> lock_recordings(const std::filesystem::path& dir);

/// Whether a recorder has it. To look is to take it for an instant, in which a recorder that comes
/// finds it taken and tries again with its next packet.
[[nodiscard]] bool are_recordings_locked(const std::filesystem::path& dir);

}  // namespace shelcaster::output
