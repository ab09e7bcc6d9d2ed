#include "tape/track_mark.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "tape/tape.hpp"

namespace shelcaster::tape {
namespace {

/// What it may have of a mark: neither leaves the other without room.
constexpr std::size_t kTitleBytesMax = 120;

std::string one_line(std::string_view text, std::size_t bytes_max) {
  std::string line(text.substr(0, bytes_max));
  // Not in the middle of a character.
  while (line.size() < text.size() && !line.empty() &&
         (static_cast<unsigned char>(text[line.size()]) & 0xc0U) == 0x80U) {
    line.pop_back();
  }
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, ' ');
  return line;
}

}  // namespace

std::string write_track_mark(const TrackMark& mark) {
  std::string text = fmt::format("{}\n{}\n", mark.play, one_line(mark.title, kTitleBytesMax));
  return text + one_line(mark.artist, kMarkTextBytesMax - text.size());
}

TrackMark parse_track_mark(std::string_view text) {
  TrackMark mark;
  const std::string_view number = text.substr(0, text.find('\n'));
  (void)std::from_chars(number.data(), number.data() + number.size(), mark.play);
  text.remove_prefix(std::min(number.size() + 1, text.size()));
  mark.title = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(mark.title.size() + 1, text.size()));
  mark.artist = text.substr(0, text.find('\n'));
  return mark;
}

}  // namespace shelcaster::tape
