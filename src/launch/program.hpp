#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace shelcaster::launch {

/// This very executable, also after its file was replaced.
std::filesystem::path own_executable();

/// An executable that stands in the same folder as this one, held open: children start from the
/// build that was there when it was opened, also after its file was replaced.
class Sibling {
 public:
  /// An error says where which file is missing.
  static base::Result<Sibling> open(std::string_view name);

  /// To spawn from; valid in this process as long as this lives.
  [[nodiscard]] std::filesystem::path path() const;

 private:
  explicit Sibling(base::UniqueFd fd) : fd_(std::move(fd)) {}

  base::UniqueFd fd_;
};

}  // namespace shelcaster::launch
