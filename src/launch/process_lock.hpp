#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace shelcaster::launch {

/// A file that tells which process does a certain work now. The kernel gives it back when that
/// process ends, however it ends, so that it never tells of one that is gone; nor do children
/// inherit it. A process takes one file once: closing any descriptor of it would give it back.
class ProcessLock {
 public:
  /// Refused when another process has it. Makes the file if need be.
  static base::Result<ProcessLock> take(const std::filesystem::path& file);

  /// The process that has it; nothing if none does. Not for a file that this process has taken.
  static std::optional<pid_t> holder(const std::filesystem::path& file);

 private:
  explicit ProcessLock(base::UniqueFd fd) : fd_(std::move(fd)) {}

  base::UniqueFd fd_;
};

}  // namespace shelcaster::launch
