#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.hpp"

namespace shelcaster::app {

/// Replaces a multipart/form-data body (RFC 7578) by the content of its first part that has a file
/// name. `content_type` is the request's, with the boundary.
base::Result<void> unpack_multipart(const std::filesystem::path& body,
                                    std::string_view content_type);

}  // namespace shelcaster::app
