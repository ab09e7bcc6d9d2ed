#pragma once

#include <filesystem>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace shelcaster::output::detail {

/// Of a file that is being written; one that stays was left by a process that was killed.
inline constexpr const char* kUnfinishedExtension = ".tmp";

/// Writes beside `path` and renames, so that a reader finds the old file or the new one, whole.
/// Survives the death of this process, not of the machine (no fsync: it's live).
base::Result<void> write_atomically(const std::filesystem::path& path, base::ByteSpan bytes);

}  // namespace shelcaster::output::detail
