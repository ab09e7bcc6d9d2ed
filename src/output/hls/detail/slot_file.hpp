#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace shelcaster::output::detail {

/// The longest record.
inline constexpr std::size_t kSlotRecordBytesMax = 32'000;

/// A file of two slots of 32 KiB that are written in turn, in place: a writer that is killed at any
/// moment leaves the record before whole. A slot is a line "<sequence> <bytes> <CRC-32>" and the
/// record. Renaming a new file over the old one would do too, but a file system then writes it out
/// and frees the old one's blocks: ten times the work, for a file that changes every two seconds.
/// Survives the death of this process, not of the machine (no fsync: it's live).
class SlotFile {
 public:
  explicit SlotFile(std::filesystem::path path) : path_(std::move(path)) {}

  /// The newest whole record; nothing if there is none. To be called before write().
  std::optional<std::string> read();
  base::Result<void> write(std::string_view record);

 private:
  std::filesystem::path path_;
  std::uint64_t sequence_ = 0;
};

}  // namespace shelcaster::output::detail
