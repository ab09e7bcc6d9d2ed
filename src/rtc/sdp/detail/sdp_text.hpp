#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace shelcaster::rtc::detail {

/// `a=name:value` lines as "name:value", in order; views into the parsed text.
struct SdpAttributes {
  std::vector<std::string_view> lines;

  /// The value of the first attribute of that name ("" for a bare flag).
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const { return find(name).has_value(); }
  [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
};

/// `m=kind port protocol formats` and what belongs to it.
struct SdpSection {
  std::string_view kind, protocol, formats;
  int port = 0;
  SdpAttributes attributes;
};

struct SdpText {
  SdpAttributes session;
  std::vector<SdpSection> sections;
};

/// Cuts text into sections; lines end with CRLF or LF. A fragment (RFC 8840) needs no `v=0`. Errors
/// name the line's number, never its content.
base::Result<SdpText> parse_sdp_text(std::string_view text, bool is_fragment);

/// The next word of `rest` (words are parted by spaces), which is cut off; empty at the end.
std::string_view take_word(std::string_view& rest);
/// A whole decimal number within bounds, or nothing.
std::optional<std::uint32_t> parse_number(std::string_view digits, std::uint32_t max);
bool equal_ignoring_case(std::string_view a, std::string_view b);

}  // namespace shelcaster::rtc::detail
