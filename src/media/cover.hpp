#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace shelcaster::media {

/// The file extension, "jpg" or "png", of a picture that decodes without a fault; nothing for any
/// other bytes, or a picture of more than 2 MiB or 4096 × 4096. The bytes may be hostile: for the
/// sandbox.
std::optional<std::string_view> sound_cover(std::span<const std::uint8_t> bytes);

}  // namespace shelcaster::media
