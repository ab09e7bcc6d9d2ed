#include "base/percent.hpp"

#include <gtest/gtest.h>

namespace shelcaster::base {
namespace {

TEST(Percent, DecodesEachEscapeOnce) {
  EXPECT_EQ(percent_decoded("a%20b%2Fc%2fd"), "a b/c/d");
  EXPECT_EQ(percent_decoded("%2541"), "%41");
  EXPECT_EQ(percent_decoded("%ff"), "\xff");
  EXPECT_EQ(strictly_percent_decoded("a%20b"), "a b");
  EXPECT_EQ(strictly_percent_decoded(""), "");
}

TEST(Percent, LeavesWhatIsNoEscapeOrRefusesIt) {
  for (const char* text : {"%", "%4", "%4g", "100%", "%%41x%", "%-1", "%+1", "%0x"}) {
    EXPECT_FALSE(strictly_percent_decoded(text)) << text;
  }
  EXPECT_EQ(percent_decoded("100%"), "100%");
  EXPECT_EQ(percent_decoded("%4g%41"), "%4gA");
  EXPECT_EQ(percent_decoded("%%41"), "%A");
}

TEST(Percent, KnowsHexadecimalDigits) {
  EXPECT_EQ(hex_value('0'), 0);
  EXPECT_EQ(hex_value('a'), 10);
  EXPECT_EQ(hex_value('F'), 15);
  for (const char c : {'g', 'G', '/', ':', '@', '`', ' ', '\xff'}) EXPECT_EQ(hex_value(c), -1);
}

}  // namespace
}  // namespace shelcaster::base
