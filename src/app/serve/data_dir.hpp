#pragma once

#include <filesystem>
#include <string>

#include "base/random.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace shelcaster::app {

/// The folder that holds everything that serve keeps, locked for this process.
class DataDir {
 public:
  /// Makes what is missing; empties spool/, whose jobs ended with the process that had them, but
  /// for uploads of tracks.
  static base::Result<DataDir> open(const std::filesystem::path& path);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }

  struct Secret {
    std::string text;
    bool is_new = false;
  };
  /// The secret in a file of mode 0600, made at random the first time.
  base::Result<Secret> secret(const char* name, std::size_t length, base::Random& random) const;

 private:
  DataDir(std::filesystem::path path, base::UniqueFd lock)
      : path_(std::move(path)), lock_(std::move(lock)) {}

  std::filesystem::path path_;
  base::UniqueFd lock_;
};

}  // namespace shelcaster::app
