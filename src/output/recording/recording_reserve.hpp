#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <system_error>

namespace shelcaster::output {

/// What recordings leave free on their disk: for them a recorder stops, and the oldest are removed.
struct RecordingReserve {
  std::uint64_t bytes = 0;      // at most so much, and at most a tenth of the disk
  std::uint64_t bytes_min = 0;  // however small the disk is: what others have reserved

  /// Of a disk that has so many bytes.
  [[nodiscard]] std::uint64_t of(std::uint64_t capacity) const {
    return std::max(bytes_min, std::min(bytes, capacity / 10));
  }
  /// With so much free, a recorder that has stopped goes on: what it writes meanwhile doesn't stop
  /// it again at once. Below it the oldest recordings go, so nothing that can wait is written
  /// there.
  [[nodiscard]] std::uint64_t to_go_on(std::uint64_t capacity) const {
    constexpr std::uint64_t kMore = std::uint64_t{64} << 20U;
    const std::uint64_t kept = of(capacity);
    return kept > 0 ? kept + std::min(kMore, capacity / 10) : 0;
  }
};

/// How much room the disk of a path has, if that can be known.
using LookForRoom =
    std::function<std::optional<std::filesystem::space_info>(const std::filesystem::path&)>;

inline std::optional<std::filesystem::space_info> room_of_disk(const std::filesystem::path& path) {
  std::error_code failed;
  const std::filesystem::space_info space = std::filesystem::space(path, failed);
  return failed ? std::nullopt : std::optional(space);
}

}  // namespace shelcaster::output
