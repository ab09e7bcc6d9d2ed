#pragma once

#include <filesystem>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace shelcaster::output::detail {

/// Of a file that is being written; one that stays was left by a process that was killed.
inline constexpr const char* kUnfinishedExtension = ".tmp";

// All of these write beside `path` and rename, so that a reader finds the old file or the new one,
// whole. They survive the death of this process, not of the machine (no fsync: it's live).

base::Result<void> write_atomically(const std::filesystem::path& path, base::ByteSpan bytes);

/// Writes over `spare`, a file that nobody needs any more, if there is one, and gives it the name.
/// Making a file and deleting another is most of what a small one costs on ext4.
base::Result<void> write_recycled(const std::filesystem::path& path,
                                  const std::filesystem::path& spare, base::ByteSpan bytes);

/// For a file that is replaced again and again: two change places, and the one that was is written
/// over next time. Who has it open then and hasn't read it to the end reads something else.
base::Result<void> write_in_turn(const std::filesystem::path& path, base::ByteSpan bytes);
/// It was written for the last time: the other of the two goes.
void forget_turn(const std::filesystem::path& path);

}  // namespace shelcaster::output::detail
