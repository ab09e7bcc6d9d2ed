#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/http_types.hpp"

namespace shelcaster::runtime {

/// The first bytes of a regular file below `root`, reached as StaticFiles reaches it; `path` is not
/// encoded. Nothing when it isn't there.
[[nodiscard]] std::optional<std::string> read_below(const std::filesystem::path& root,
                                                    std::string_view path, std::size_t bytes_max);

/// Answers GET from the regular files below a folder: content type by extension, ETag and
/// If-None-Match, one byte range (RFC 9110 section 14), 404 otherwise. Nothing outside the folder
/// can be reached: each segment of the path is opened on its own, without following links. Where a
/// file has "<name>.br" or "<name>.gz" beside it, a client that takes such a coding gets that
/// (RFC 9110 section 12.5.3). Caching and further headers are the caller's. Any thread.
class StaticFiles {
 public:
  explicit StaticFiles(std::filesystem::path root) : root_(std::move(root)) {}

  /// `path` is relative and percent-encoded, as sent: "assets/index.js".
  [[nodiscard]] HttpResponse get(std::string_view path, const HttpHeaders& request) const;

 private:
  const std::filesystem::path root_;
};

}  // namespace shelcaster::runtime
