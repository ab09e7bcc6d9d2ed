#include "control/names.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace shelcaster::control {
namespace {

TEST(Names, AreWhatPeopleCallThemselves) {
  for (const char* name : {"Ada", "Łukasz Ó Dubhghaill", "محمد\u200f", "שלום", "日本語", "👩\u200d💻",
                           "🏴\U000E0067\U000E0062\U000E007F", "नमस्\u200dते", "a", "မြှို့",
                           "\u05e9\u05c1\u05bc\u05b8\u0591", "ω\u0314\u0342\u0345", "1\ufe0f\u20e3",
                           "བསྒྲུབས", "  padded  ", "Zoë (she/her)"}) {
    EXPECT_FALSE(problem_of_name(name).has_value()) << name;
    EXPECT_FALSE(cleaned_name(name, 200).empty()) << name;
  }
}

TEST(Names, AreRefusedWithAReasonWhenTheyMislead) {
  for (const char* name : {"a\nb", "a\x1b[31mb", "\x7f", "a\u0085b", "a\u009b31m", "a\u2028b"}) {
    EXPECT_EQ(problem_of_name(name), "must not contain control characters") << name;
  }
  for (const char* name : {"Host\u202egnp.exe", "\u2066x\u2069", "a\u202ab"}) {
    EXPECT_EQ(problem_of_name(name), "must not contain characters that turn the text's direction");
  }
  for (const char* name : {"",
                           " ",
                           "\u00a0\u3000",
                           "\u200b\u200d",
                           "\u3164",
                           "\u2800",
                           "\ufeff",
                           "\u00ad",
                           "\ufe0f",
                           "\U000E0041",
                           "\U0001BCA0",
                           "\U0001BCA3",
                           "\U00013430",
                           "\U0001343F",
                           "\U00013441",
                           "\U00016FE4",
                           "\U0001D159",
                           "\u0301",
                           " \u0301\u20dd",
                           "\U000E0100",
                           "\u180e\u180f",
                           "\ufff9"}) {
    EXPECT_EQ(problem_of_name(name), "must not be blank: nothing in it can be seen") << name;
  }
  for (const char* name : {"\xff", "a\xc3", "\xc0\xaf", "\xe2\x28\xa1"}) {
    EXPECT_EQ(problem_of_name(name), "is not UTF-8");
  }
}

TEST(Names, PileNoMarksOnALetter) {
  const auto with_marks = [](int count, std::string_view between) {
    std::string name = "a";
    for (int i = 0; i < count; ++i) name += std::string("\u0301") + std::string(between);
    return name + "b";
  };
  EXPECT_FALSE(problem_of_name(with_marks(4, "")));
  for (const std::string& name :
       {with_marks(5, ""), with_marks(79, ""), with_marks(5, "\u200d"), with_marks(5, " ")}) {
    EXPECT_EQ(problem_of_name(name), "must not have more than four marks on one letter");
  }
  EXPECT_EQ(cleaned_name(with_marks(79, ""), 200), with_marks(4, ""));
}

TEST(Names, OfFilesAreCleaned) {
  EXPECT_EQ(cleaned_name("<b>x</b>\x1b[31mred\nnew line\u202e", 200), "<b>x</b>[31mred new line");
  EXPECT_EQ(cleaned_name(" \u200b ", 200), "");
  EXPECT_EQ(cleaned_name("caf\xe9", 200), "");
  EXPECT_EQ(cleaned_name("ééééé", 7), "ééé") << "cut between characters";
}

}  // namespace
}  // namespace shelcaster::control
