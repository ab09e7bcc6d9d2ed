#pragma once

#include <string>

#include "media/audio_file_reader.hpp"

namespace shelcaster::media {

/// SHA-256 of a file's bytes, in hex: what two URLs of the same music have in common. Empty when it
/// can't be read.
std::string content_hash(int fd, FileWindow window);

}  // namespace shelcaster::media
