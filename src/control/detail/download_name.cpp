#include "control/detail/download_name.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ctime>

namespace shelcaster::control::detail {
namespace {

/// File systems take names of 255 bytes.
constexpr std::size_t kTitleBytesMax = 180;
constexpr std::int64_t kYear9999EndS = 253'402'300'799;

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

bool is_safe(char c) {
  constexpr std::string_view kWithAMeaning = "/\\:*?\"<>|%";
  return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F &&
         kWithAMeaning.find(c) == kWithAMeaning.npos;
}

std::string_view cut(std::string_view title) {
  if (title.size() <= kTitleBytesMax) return title;
  std::size_t size = kTitleBytesMax;
  // Between two characters.
  while (size > 0 && (static_cast<unsigned char>(title[size]) & 0xC0U) == 0x80U) --size;
  return title.substr(0, size);
}

/// Without what would hide it, or what Windows takes away.
std::string named(std::string text) {
  const std::size_t first = text.find_first_not_of(". ");
  if (first == text.npos) return "Show";
  text.erase(text.find_last_not_of(". ") + 1);
  return text.substr(first);
}

std::string with_safe_characters(std::string_view title) {
  std::string text(title);
  std::ranges::replace_if(
      text, [](char c) { return !is_safe(c); }, '_');
  return named(std::move(text));
}

/// A run of other characters becomes one "_".
std::string in_ascii(std::string_view text) {
  std::string ascii;
  bool is_in_run = false;
  for (const char c : text) {
    if (is_ascii(c) || !is_in_run) ascii.push_back(is_ascii(c) ? c : '_');
    is_in_run = !is_ascii(c);
  }
  return ascii;
}

/// As RFC 8187 has it.
std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    encoded += is_plain
                   ? std::string(1, c)
                   : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return encoded;
}

}  // namespace

std::string download_disposition(std::string_view title, base::WallTime at,
                                 std::string_view extension) {
  const auto seconds = std::clamp<std::int64_t>(at.unix_ms() / 1000, 0, kYear9999EndS);
  const std::string name =
      fmt::format("{} {:%Y-%m-%d %H-%M} UTC{}", with_safe_characters(cut(title)),
                  fmt::gmtime(static_cast<std::time_t>(seconds)), extension);
  return fmt::format("attachment; filename=\"{}\"; filename*=UTF-8''{}", in_ascii(name),
                     percent_encoded(name));
}

}  // namespace shelcaster::control::detail
