#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/time.hpp"

namespace shelcaster::app {

/// Keeps a show's log within bounds, which the keeper and its children append to for as long as
/// the show runs. When it is full it is renamed to <log>.1, in place of the one before, and there
/// is a new one. Nothing is copied, and no line is lost: whoever holds the old one open goes on
/// with it until they are told.
class ShowLog {
 public:
  /// What the log is called now that everybody wrote to, and what they are to write to.
  using OnTurned =
      std::function<void(const std::filesystem::path& before, const std::filesystem::path& now)>;

  ShowLog(std::filesystem::path path, std::uint64_t bytes_max, OnTurned on_turned)
      : path_(std::move(path)), bytes_max_(bytes_max), on_turned_(std::move(on_turned)) {}

  /// To be called often; looks now and then.
  void look(base::Instant now);

 private:
  void turn_over();

  const std::filesystem::path path_;
  const std::uint64_t bytes_max_;
  const OnTurned on_turned_;
  base::Instant looked_at_;
};

}  // namespace shelcaster::app
