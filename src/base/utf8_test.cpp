#include "base/utf8.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace shelcaster::base {
namespace {

std::vector<char32_t> characters(std::string_view text) {
  std::vector<char32_t> found;
  while (!text.empty()) found.push_back(take_character(text));
  return found;
}

TEST(Utf8, IsReadCharacterByCharacter) {
  EXPECT_EQ(characters("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x8e\xb5"),
            (std::vector<char32_t>{U'a', 0xe4, 0x20ac, 0x1'f3b5}));
  EXPECT_EQ(characters(std::string_view("\0", 1)), (std::vector<char32_t>{0}));
}

TEST(Utf8, TakesTheFirstAndTheLastOfEachLength) {
  for (const char* text : {"\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_utf8(text)) << testing::PrintToString(text);
  }
  EXPECT_TRUE(is_utf8(""));
}

TEST(Utf8, IsNothingThatRfc3629DoesNotHave) {
  for (const char* text :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xf0\x8f\xbf\xbf", "\xed\xa0\x80",
        "\xed\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc3", "\xe2\x82",
        "\xf0\x9f\x8e", "\xc3(", "\xe2(\xac"}) {
    EXPECT_FALSE(is_utf8(text)) << testing::PrintToString(text);
    EXPECT_FALSE(is_utf8(std::string("before") + text + "after")) << testing::PrintToString(text);
  }
}

TEST(Utf8, GoesOnByOneByteAfterWhatIsNone) {
  EXPECT_EQ(characters("\xe2(\xc3\xa4"), (std::vector<char32_t>{kNotUtf8, U'(', 0xe4}));
}

TEST(Utf8, KnowsWhatTurnsTheDirectionOfTheTextAboutIt) {
  for (const char32_t c : {U'\x202a', U'\x202c', U'\x202e', U'\x2066', U'\x2069'})
    EXPECT_TRUE(turns_direction(c));
  for (const char32_t c :
       {U'\x200e', U'\x200f', U'\x61c', U'\x2029', U'\x202f', U'\x2065', U'\x206a'}) {
    EXPECT_FALSE(turns_direction(c)) << "a mark, or something else";
  }
}

}  // namespace
}  // namespace shelcaster::base
