#include "media/text_guess.hpp"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/utf8.hpp"

namespace shelcaster::media {
namespace {

void append_utf8(std::string& out, std::uint32_t character) {
  if (character < 0x80U) {
    out += static_cast<char>(character);
  } else if (character < 0x800U) {
    out += static_cast<char>(0xc0U | character >> 6U);
    out += static_cast<char>(0x80U | (character & 0x3fU));
  } else {
    out += static_cast<char>(0xe0U | character >> 12U);
    out += static_cast<char>(0x80U | (character >> 6U & 0x3fU));
    out += static_cast<char>(0x80U | (character & 0x3fU));
  }
}

// The upper halves, 0x80 on, of the two Windows code pages; letters from 0xc0 on are regular.
constexpr std::array<std::uint16_t, 32> k1252{
    0x20ac, 0xfffd, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0xfffd, 0x017d, 0xfffd, 0xfffd, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0xfffd, 0x017e, 0x0178};
constexpr std::array<std::uint16_t, 64> k1251{
    0x0402, 0x0403, 0x201a, 0x0453, 0x201e, 0x2026, 0x2020, 0x2021, 0x20ac, 0x2030, 0x0409,
    0x2039, 0x040a, 0x040c, 0x040b, 0x040f, 0x0452, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0xfffd, 0x2122, 0x0459, 0x203a, 0x045a, 0x045c, 0x045b, 0x045f, 0x00a0,
    0x040e, 0x045e, 0x0408, 0x00a4, 0x0490, 0x00a6, 0x00a7, 0x0401, 0x00a9, 0x0404, 0x00ab,
    0x00ac, 0x00ad, 0x00ae, 0x0407, 0x00b0, 0x00b1, 0x0406, 0x0456, 0x0491, 0x00b5, 0x00b6,
    0x00b7, 0x0451, 0x2116, 0x0454, 0x00bb, 0x0458, 0x0405, 0x0455, 0x0457};

std::string from_1252(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    append_utf8(out, byte >= 0x80U && byte < 0xa0U ? k1252[byte - 0x80U] : byte);
  }
  return out;
}

std::string from_1251(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const std::uint32_t character = byte >= 0xc0U   ? 0x0410U + (byte - 0xc0U)
                                    : byte >= 0x80U ? k1251[byte - 0x80U]
                                                    : byte;
    append_utf8(out, character);
  }
  return out;
}

/// In Cyrillic most letters are beyond ASCII and stand together; in Western languages few are, one
/// by one.
bool looks_cyrillic(std::string_view bytes) {
  std::size_t high = 0, ascii = 0;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0xc0U || byte == 0xa8U || byte == 0xb8U) ++high;
    if ((byte | 0x20U) >= 'a' && (byte | 0x20U) <= 'z') ++ascii;
  }
  std::size_t run = 0, longest = 0;
  for (const char c : bytes) {
    run = static_cast<unsigned char>(c) >= 0xc0U ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return high > ascii && longest >= 2;
}

/// Kana and common characters have a first byte that is rare elsewhere: no letter in Western or
/// Cyrillic code pages.
bool looks_japanese(std::string_view bytes) {
  std::size_t doubles = 0, singles = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (byte < 0x80U) continue;
    const bool is_lead = (byte >= 0x81U && byte <= 0x9fU) || (byte >= 0xe0U && byte <= 0xfcU);
    if (!is_lead) {
      ++singles;
      continue;
    }
    if (++i == bytes.size()) return false;
    const auto next = static_cast<unsigned char>(bytes[i]);
    if (next < 0x40U || next == 0x7fU || next > 0xfcU) return false;
    if (byte <= 0x9fU) ++doubles;
  }
  return doubles >= 1 && doubles >= singles;
}

}  // namespace

struct TextGuess::Converter {
  explicit Converter(const char* from) : handle(iconv_open("UTF-8", from)) {}
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  ~Converter() {
    if (is_open()) iconv_close(handle);
  }
  // iconv_open's own word for failure is -1 as a pointer.
  [[nodiscard]] bool is_open() const { return reinterpret_cast<std::intptr_t>(handle) != -1; }
  [[nodiscard]] std::optional<std::string> convert(std::string_view bytes) const {
    if (!is_open()) return std::nullopt;
    iconv(handle, nullptr, nullptr, nullptr, nullptr);
    std::vector<char> in(bytes.begin(), bytes.end());
    std::vector<char> out(bytes.size() * 3 + 4);
    char* from = in.data();
    char* to = out.data();
    std::size_t left = in.size();
    std::size_t room = out.size();
    if (iconv(handle, &from, &left, &to, &room) == static_cast<std::size_t>(-1)) {
      return std::nullopt;
    }
    return std::string(out.data(), out.size() - room);
  }

  iconv_t handle;
};

TextGuess::TextGuess() : shift_jis_(std::make_unique<Converter>("CP932")) {}
TextGuess::~TextGuess() = default;

std::string TextGuess::utf8(std::string_view bytes, std::size_t bytes_max) const {
  bytes = bytes.substr(0, bytes.find('\0'));
  std::string text;
  if (base::is_utf8(bytes)) {
    text = bytes;
  } else if (auto japanese = looks_japanese(bytes) ? shift_jis_->convert(bytes) : std::nullopt) {
    text = std::move(*japanese);
  } else {
    text = looks_cyrillic(bytes) ? from_1251(bytes) : from_1252(bytes);
  }
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view from = rest;
    const char32_t character = base::take_character(rest);
    const std::string_view bytes_of_it = from.substr(0, from.size() - rest.size());
    if (out.size() + bytes_of_it.size() > bytes_max) break;
    // C0 and C1 controls, and what would turn the direction of the text about it.
    const bool is_control = character < 0x20U || (character >= 0x7fU && character < 0xa0U);
    if (is_control) {
      out += ' ';
    } else if (!base::turns_direction(character)) {
      out += bytes_of_it;
    }
  }
  const std::size_t first = out.find_first_not_of(' ');
  if (first == out.npos) return {};
  return out.substr(first, out.find_last_not_of(' ') - first + 1);
}

std::string TextGuess::latin1_bytes(std::string_view utf8) {
  std::string out;
  for (std::string_view rest = utf8; !rest.empty();) {
    const char32_t character = base::take_character(rest);
    if (character > 0xffU) return std::string(utf8);
    out += static_cast<char>(character);
  }
  return out;
}

}  // namespace shelcaster::media
