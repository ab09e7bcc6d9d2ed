#pragma once

#include <chrono>
#include <cstdint>

#include "runtime/http_server.hpp"

namespace shelcaster::runtime::detail {

/// Whether a body of which so many bytes have come after so long isn't waited for any more.
[[nodiscard]] bool is_too_slow(const HttpServerOptions& options, bool to_file,
                               std::chrono::milliseconds taken, std::uint64_t bytes);

}  // namespace shelcaster::runtime::detail
