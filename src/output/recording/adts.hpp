#pragma once

#include <cstdint>
#include <filesystem>

#include "base/bytes.hpp"

namespace shelcaster::output {

inline constexpr std::size_t kAdtsHeaderBytes = 7;

/// Appends an AAC frame as ADTS (ISO/IEC 13818-7 §6.2), whose frames tell their own length and need
/// nothing that stands before them: a file whose end was torn off is a shorter file.
/// `aac_config`: AudioSpecificConfig, of AAC-LC. False: the frame is longer than ADTS can say, 8184
/// bytes, and is left out; AAC-LC of two channels has no more than 1536.
bool append_adts(base::Bytes& out, base::ByteSpan aac_config, base::ByteSpan frame);

/// What stands in a file behind `from`, where a frame begins: whole frames, and their bytes.
struct AdtsCount {
  std::int64_t frames = 0;
  std::int64_t bytes = 0;
};
AdtsCount count_adts(const std::filesystem::path& path, std::int64_t from);

}  // namespace shelcaster::output
