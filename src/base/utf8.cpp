#include "base/utf8.hpp"

#include <array>
#include <cstddef>

namespace shelcaster::base {
namespace {

/// Of a character that begins with this byte; 0: none does.
std::size_t size_after(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

}  // namespace

char32_t take_character(std::string_view& text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x1'0000};
  const std::size_t size = size_after(byte(0));
  bool is_one = size > 0 && size <= text.size();
  char32_t c = size == 1 ? byte(0) : byte(0) & (0x7fU >> size);
  for (std::size_t i = 1; is_one && i < size; ++i) {
    is_one = (byte(i) & 0xc0U) == 0x80;
    c = c << 6U | (byte(i) & 0x3fU);
  }
  const bool is_surrogate = c >= 0xd800 && c < 0xe000;
  is_one = is_one && c >= kLeast[size] && c <= 0x10'ffff && !is_surrogate;
  text.remove_prefix(is_one ? size : 1);
  return is_one ? c : kNotUtf8;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    if (take_character(text) == kNotUtf8) return false;
  }
  return true;
}

}  // namespace shelcaster::base
