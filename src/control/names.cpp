#include "control/names.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/utf8.hpp"
#include "control/detail/nonspacing_marks.hpp"

namespace shelcaster::control {
namespace {

using Range = detail::CharacterRange;

template <std::size_t N>
bool is_in(const std::array<Range, N>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const Range& range) { return c >= range.first && c <= range.last; });
}

/// C0, DEL and C1, and the ends of a line or paragraph.
constexpr std::array kControls = {Range{0x00, 0x1f}, Range{0x7f, 0x9f}, Range{0x2028, 0x2029}};
/// Blank, or of no width: Default_Ignorable_Code_Point and White_Space (PropList.txt and
/// DerivedCoreProperties.txt of Unicode 15.0), the other format controls that draw nothing by
/// themselves (General_Category Cf: interlinear annotations, Egyptian joiners), and letters and
/// symbols that are blank by their names: Hangul fillers, braille blank, null notehead, Egyptian
/// blanks. Marks are judged apart, Khitan's filler and variation selectors among them.
constexpr std::array kInvisible = {
    Range{0x20, 0x20},       Range{0xa0, 0xa0},       Range{0xad, 0xad},
    Range{0x61c, 0x61c},     Range{0x70f, 0x70f},     Range{0x115f, 0x1160},
    Range{0x1680, 0x1680},   Range{0x180e, 0x180e},   Range{0x2000, 0x200f},
    Range{0x202f, 0x202f},   Range{0x205f, 0x206f},   Range{0x2800, 0x2800},
    Range{0x3000, 0x3000},   Range{0x3164, 0x3164},   Range{0xfeff, 0xfeff},
    Range{0xffa0, 0xffa0},   Range{0xfff0, 0xfffb},   Range{0x13430, 0x13440},
    Range{0x13441, 0x13442}, Range{0x1bca0, 0x1bca3}, Range{0x1d159, 0x1d159},
    Range{0x1d173, 0x1d17a}, Range{0xe0000, 0xe0fff},
};
/// On one letter: Unicode Technical Standard 39, section 5.4. Greek has three, Hebrew with its
/// accents and Burmese four.
constexpr int kMarksMax = 4;

bool is_mark(char32_t c) {
  const auto& marks = detail::kNonspacingMarks;
  const auto* after = std::upper_bound(marks.begin(), marks.end(), c,
                                       [](char32_t at, const Range& r) { return at < r.first; });
  return after != marks.begin() && c <= std::prev(after)->last;
}

/// Goes through a text from its first character on.
class Seen {
 public:
  void take(char32_t c) {
    if (is_mark(c)) {
      ++marks_;
    } else if (!is_in(kInvisible, c)) {
      is_something_ = true;
      marks_ = 0;
    }
  }
  /// Something that can be seen by itself.
  [[nodiscard]] bool is_something() const { return is_something_; }
  /// The last one was a mark that is one too many on its letter.
  [[nodiscard]] bool is_piled() const { return marks_ > kMarksMax; }

 private:
  bool is_something_ = false;
  int marks_ = 0;
};

}  // namespace

std::optional<std::string_view> problem_of_name(std::string_view utf8) {
  Seen seen;
  while (!utf8.empty()) {
    const char32_t c = base::take_character(utf8);
    if (c == base::kNotUtf8) return "is not UTF-8";
    if (is_in(kControls, c)) return "must not contain control characters";
    if (base::turns_direction(c))
      return "must not contain characters that turn the text's direction";
    seen.take(c);
    if (seen.is_piled()) return "must not have more than four marks on one letter";
  }
  if (!seen.is_something()) return "must not be blank: nothing in it can be seen";
  return std::nullopt;
}

std::string cleaned_name(std::string_view utf8, std::size_t bytes_max) {
  std::string clean;
  Seen seen;
  while (!utf8.empty()) {
    const std::string_view from = utf8;
    const char32_t c = base::take_character(utf8);
    if (c == base::kNotUtf8) return {};
    const std::string_view bytes = from.substr(0, from.size() - utf8.size());
    // A line's end stands between two words.
    const bool is_gap = c == '\n' || c == '\r' || c == '\t';
    if (!is_gap && (is_in(kControls, c) || base::turns_direction(c))) continue;
    seen.take(c);
    if (seen.is_piled()) continue;
    if (clean.size() + bytes.size() > bytes_max) break;
    clean += is_gap ? std::string_view(" ") : bytes;
  }
  const std::size_t first = clean.find_first_not_of(' ');
  if (first == std::string::npos || problem_of_name(clean)) return {};
  return clean.substr(first, clean.find_last_not_of(' ') - first + 1);
}

}  // namespace shelcaster::control
