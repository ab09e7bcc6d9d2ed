#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace shelcaster::base {

struct SlotFileOptions {
  std::size_t slot_bytes = std::size_t{1} << 15U;
  mode_t mode = 0600;
  /// A record that write() has taken survives the death of the machine, not only of this process.
  bool is_synced = false;
};

/// A file of two slots that are written in turn, in place: a writer that is killed at any moment
/// leaves the record before whole. A slot is a line "<sequence> <bytes> <CRC-32>" and the record.
/// Renaming a new file over the old one would do too, but a file system then makes a new one,
/// writes it out and frees the old one's blocks: ten times the work, for a file that changes every
/// second or two. Where files are written over in place, a record that is no longer than the ones
/// before it needs no space either.
class SlotFile {
 public:
  SlotFile(std::filesystem::path path, SlotFileOptions options)
      : path_(std::move(path)), options_(options) {}

  /// The newest whole record; nothing if there is none that this object hasn't given yet.
  std::optional<std::string> read();
  Result<void> write(std::string_view record);
  [[nodiscard]] std::size_t record_bytes_max() const;

 private:
  std::filesystem::path path_;
  SlotFileOptions options_;
  bool is_read_ = false;
  std::uint64_t sequence_ = 0;
};

}  // namespace shelcaster::base
