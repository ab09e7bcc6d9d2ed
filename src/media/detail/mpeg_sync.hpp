#pragma once

#include <cstdint>
#include <optional>

#include "media/detail/file_io.hpp"

namespace shelcaster::media::detail {

/// Where MPEG audio (MP3) begins in a file that begins with something else: a tag of a foreign
/// kind, a cover whose tag tells a wrong length, the rest of another file. Nothing when the file
/// begins as one of a known format does, or no MPEG audio follows within the first 4 MiB.
std::optional<std::int64_t> mpeg_behind_foreign_bytes(FileIo& io);

}  // namespace shelcaster::media::detail
