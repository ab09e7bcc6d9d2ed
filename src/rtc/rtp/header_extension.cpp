#include "rtc/rtp/header_extension.hpp"

#include <algorithm>
#include <cmath>

namespace shelcaster::rtc {
namespace {

// RFC 8285 §4.2 and §4.3; the low four bits of the latter are the application's.
constexpr unsigned kOneByteProfile = 0xbede;
constexpr unsigned kTwoByteProfile = 0x1000;
constexpr unsigned kTwoByteMask = 0xfff0;
constexpr int kStopId = 15;

struct Element {
  int id = 0;
  std::size_t size = 0;
};

//  one byte:  | ID (4) | length − 1 (4) |      two bytes:  | ID (8) | length (8) |
Element read_header(base::ByteReader& reader, bool is_one_byte) noexcept {
  const unsigned first = reader.u8();
  if (is_one_byte) {
    return first == 0 ? Element{} : Element{static_cast<int>(first >> 4U), (first & 0x0fU) + 1};
  }
  return first == 0 ? Element{} : Element{static_cast<int>(first), reader.u8()};
}

}  // namespace

std::optional<base::ByteSpan> find_extension(const HeaderExtension& extension, int id) noexcept {
  const bool is_one_byte = extension.profile == kOneByteProfile;
  const bool is_two_byte = (extension.profile & kTwoByteMask) == kTwoByteProfile;
  if (id <= 0 || !(is_one_byte || is_two_byte)) return std::nullopt;
  base::ByteReader reader(extension.data);
  while (reader.remaining() > 0) {
    const Element element = read_header(reader, is_one_byte);
    if (element.id == 0 && element.size == 0) continue;  // padding
    if (is_one_byte && element.id == kStopId) return std::nullopt;
    const base::ByteSpan value = reader.take(element.size);
    if (!reader.ok()) return std::nullopt;
    if (element.id == id) return value;
  }
  return std::nullopt;
}

std::optional<AudioLevel> find_audio_level(const HeaderExtension& extension, int id) noexcept {
  const auto value = find_extension(extension, id);
  if (!value || value->empty()) return std::nullopt;
  const auto byte = std::to_integer<unsigned>((*value)[0]);
  return AudioLevel{.level_db = -static_cast<int>(byte & 0x7fU), .is_voice = (byte & 0x80U) != 0};
}

AudioLevel measure_audio_level(std::span<const float> samples) noexcept {
  constexpr int kVoiceDbMin = -50;
  if (samples.empty()) return {};
  float sum = 0;
  for (const float s : samples) sum += s * s;
  const float power = sum / static_cast<float>(samples.size());
  const float db = 10.0F * std::log10(std::max(power, 1e-13F));
  const int level = std::clamp(static_cast<int>(std::lround(db)), -127, 0);
  return {.level_db = level, .is_voice = level > kVoiceDbMin};
}

}  // namespace shelcaster::rtc
