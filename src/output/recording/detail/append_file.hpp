#pragma once

#include <cstdint>
#include <filesystem>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace shelcaster::output::detail {

/// A file that only grows. What append() has taken survives the death of this process, not of the
/// machine (no fsync: it's live). What a failed append() has left is cut off.
class AppendFile {
 public:
  AppendFile() = default;
  /// Opens it, or makes it, with its first `bytes`; what stands behind them goes. An error if it
  /// has fewer.
  static base::Result<AppendFile> open(const std::filesystem::path& path, std::int64_t bytes);

  base::Result<void> append(base::ByteSpan bytes);
  /// Over what is there.
  base::Result<void> overwrite(std::int64_t at, base::ByteSpan bytes);
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }

 private:
  AppendFile(base::UniqueFd file, std::int64_t bytes) : file_(std::move(file)), bytes_(bytes) {}

  base::UniqueFd file_;
  std::int64_t bytes_ = 0;
};

/// "can't write <what>: <why>", of errno.
base::Error write_error(const std::filesystem::path& what);

}  // namespace shelcaster::output::detail
