#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace shelcaster::app {

/// True for the Content-Type of a body that find_file_part() can read.
[[nodiscard]] bool is_multipart(std::string_view content_type);

/// The first part with a file name of a multipart/form-data body (RFC 7578).
struct FilePart {
  std::int64_t begin = 0;  // of its content, in bytes from the body's beginning
  std::int64_t size = 0;
  std::string file_name;  // in UTF-8; empty when the name given was empty
};

/// Looks through the body in `fd` by offset, once and with a buffer of its own: a GiB is no more in
/// memory than a byte. `content_type` is the request's, with the boundary.
[[nodiscard]] base::Result<FilePart> find_file_part(int fd, std::string_view content_type);

/// The file's name alone, if it stands within the first 64 KiB: cheap enough for the control
/// thread.
[[nodiscard]] std::optional<std::string> peek_file_name(int fd, std::string_view content_type);

}  // namespace shelcaster::app
