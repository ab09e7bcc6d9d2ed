#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace shelcaster::base {

/// Of a hexadecimal digit; -1: it is none.
[[nodiscard]] constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// Whether a text begins with an escape: "%2e".
[[nodiscard]] bool begins_with_escape(std::string_view text);

/// Each escape as its byte, whatever that is; a % that begins none stays as it is.
[[nodiscard]] std::string percent_decoded(std::string_view text);

/// The same; nothing where a % begins no escape.
[[nodiscard]] std::optional<std::string> strictly_percent_decoded(std::string_view text);

}  // namespace shelcaster::base
