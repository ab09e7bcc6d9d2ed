#pragma once

#include <string_view>

namespace shelcaster::base {

/// What take_character() gives where a text isn't UTF-8.
inline constexpr char32_t kNotUtf8 = 0xffff'ffff;

/// Takes the first character off a text that isn't empty. Where it is none, one byte is taken:
/// nothing longer than it need be, no half of a surrogate pair and nothing beyond Unicode is one
/// (RFC 3629).
char32_t take_character(std::string_view& text);

[[nodiscard]] bool is_utf8(std::string_view text);

/// Embeddings, overrides and isolates (Unicode Standard Annex 9). The mere marks (200E, 200F, 061C)
/// are needed to write names, and turn nothing around them.
[[nodiscard]] constexpr bool turns_direction(char32_t c) {
  return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

}  // namespace shelcaster::base
