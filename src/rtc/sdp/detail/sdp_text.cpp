#include "rtc/sdp/detail/sdp_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "rtc/sdp/description.hpp"

namespace shelcaster::rtc::detail {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; }

std::size_t count_words(std::string_view text) {
  std::size_t count = 0;
  while (!take_word(text).empty()) ++count;
  return count;
}

bool parse_media_line(std::string_view value, SdpSection& section) {
  section.kind = take_word(value);
  std::string_view port = take_word(value);
  port = port.substr(0, port.find('/'));  // "9/2" is two ports, and nobody means it.
  section.protocol = take_word(value);
  const auto number = parse_number(port, 65535);
  const std::size_t first = value.find_first_not_of(' ');
  section.formats = first == std::string_view::npos ? std::string_view{} : value.substr(first);
  section.port = static_cast<int>(number.value_or(0));
  return number && !section.kind.empty() && !section.protocol.empty() && !section.formats.empty();
}

}  // namespace

std::optional<std::string_view> SdpAttributes::find(std::string_view name) const {
  for (const std::string_view line : lines) {
    if (!line.starts_with(name)) continue;
    if (line.size() == name.size()) return std::string_view{};
    if (line[name.size()] == ':') return line.substr(name.size() + 1);
  }
  return std::nullopt;
}

std::vector<std::string_view> SdpAttributes::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const std::string_view line : lines) {
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == ':') {
      values.push_back(line.substr(name.size() + 1));
    }
  }
  return values;
}

base::Result<SdpText> parse_sdp_text(std::string_view text, bool is_fragment) {
  if (text.size() > kSdpBytesMax) {
    return base::fail(fmt::format("SDP: {} bytes; at most {} are read", text.size(), kSdpBytesMax));
  }
  if (!is_fragment && !text.starts_with("v=0\r") && !text.starts_with("v=0\n")) {
    return base::fail("SDP: the first line must be v=0");
  }
  SdpText parsed;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (line.size() < 2 || line[1] != '=' || std::any_of(line.begin(), line.end(), is_control)) {
      return base::fail(fmt::format("SDP line {}: not of the form <letter>=<value>", number));
    }
    const std::string_view value = line.substr(2);
    if (line[0] == 'm') {
      SdpSection section;
      if (!parse_media_line(value, section)) {
        return base::fail(
            fmt::format("SDP line {}: an m-line is m=<media> <port> <protocol> <formats>", number));
      }
      if (parsed.sections.size() == kSdpSectionsMax) {
        return base::fail(fmt::format("SDP: more than {} m-lines", kSdpSectionsMax));
      }
      if (count_words(section.formats) > kSdpFormatsMax) {
        return base::fail(fmt::format("SDP line {}: an m-line with more than {} formats", number,
                                      kSdpFormatsMax));
      }
      parsed.sections.push_back(std::move(section));
    } else if (line[0] == 'a') {
      std::vector<std::string_view>& lines =
          parsed.sections.empty() ? parsed.session.lines : parsed.sections.back().attributes.lines;
      if (lines.size() == kSdpAttributesMax) {
        return base::fail(
            fmt::format("SDP line {}: more than {} attributes of one m-line, or before the first",
                        number, kSdpAttributesMax));
      }
      lines.push_back(value);
    }
  }
  return parsed;
}

std::string_view take_word(std::string_view& rest) {
  const std::size_t first = rest.find_first_not_of(' ');
  if (first == std::string_view::npos) {
    rest = {};
    return {};
  }
  const std::size_t end = std::min(rest.find(' ', first), rest.size());
  const std::string_view word = rest.substr(first, end - first);
  rest.remove_prefix(end);
  return word;
}

std::optional<std::uint32_t> parse_number(std::string_view digits, std::uint32_t max) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value > max) {
    return std::nullopt;
  }
  return value;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace shelcaster::rtc::detail
