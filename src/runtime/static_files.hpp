#pragma once

#include <filesystem>
#include <string_view>

#include "runtime/http_types.hpp"

namespace shelcaster::runtime {

/// Answers GET from the regular files below a folder: content type by extension, ETag and
/// If-None-Match, one byte range (RFC 9110 section 14), 404 otherwise. Nothing outside the folder
/// can be reached: each segment of the path is opened on its own, without following links. Caching
/// and further headers are the caller's. Any thread.
class StaticFiles {
 public:
  explicit StaticFiles(std::filesystem::path root) : root_(std::move(root)) {}

  /// `path` is relative and percent-encoded, as sent: "assets/index.js".
  [[nodiscard]] HttpResponse get(std::string_view path, const HttpHeaders& request) const;

 private:
  const std::filesystem::path root_;
};

}  // namespace shelcaster::runtime
