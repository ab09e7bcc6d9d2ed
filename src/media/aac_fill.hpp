#pragma once

#include <cstddef>

#include "base/bytes.hpp"

namespace shelcaster::media {

/// The same AAC frame with at least `bytes_min` bytes: fill elements (ISO/IEC 14496-3 §4.4.2.7),
/// which decoders leave out, stand before its end. For destinations that want a constant rate.
base::Bytes filled_aac(base::ByteSpan frame, std::size_t bytes_min);

}  // namespace shelcaster::media
