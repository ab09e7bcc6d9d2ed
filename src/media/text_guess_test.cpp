#include "media/text_guess.hpp"

#include <gtest/gtest.h>

namespace shelcaster::media {
namespace {

TEST(TextGuess, TakesValidUtf8ForThat) {
  const TextGuess guess;
  EXPECT_EQ(guess.utf8("Sigur Rós – Ágætis byrjun"), "Sigur Rós – Ágætis byrjun");
  EXPECT_EQ(guess.utf8("東京事変"), "東京事変");
}

TEST(TextGuess, KnowsTheUsualEncodingsByTheirLetters) {
  const TextGuess guess;
  EXPECT_EQ(guess.utf8("Beyonc\xe9 \x96 D\xe9j\xe0 Vu"), "Beyoncé – Déjà Vu");
  EXPECT_EQ(guess.utf8("Bj\xf6rk Gu\xf0mundsd\xf3ttir"), "Björk Guðmundsdóttir");
  EXPECT_EQ(guess.utf8("\xca\xe8\xed\xee \x97 \xc3\xf0\xf3\xef\xef\xe0 \xea\xf0\xee\xe2\xe8"),
            "Кино — Группа крови");
  EXPECT_EQ(guess.utf8("\x83\x7d\x83\x8a\x83\x49"), "マリオ");
  EXPECT_EQ(guess.utf8("\x93\x8c\x8b\x9e\x8e\x96\x95\xcf"), "東京事変");
}

TEST(TextGuess, UndoesWhatWasReadAsLatin1) {
  const TextGuess guess;
  EXPECT_EQ(guess.utf8(TextGuess::latin1_bytes("Ãœber")), "Ãœber") << "has a character beyond it";
  EXPECT_EQ(guess.utf8(TextGuess::latin1_bytes("Ã¼ber")), "über");
  EXPECT_EQ(guess.utf8(TextGuess::latin1_bytes("Êèíî")), "Кино");
  EXPECT_EQ(guess.utf8(TextGuess::latin1_bytes("Café")), "Café");
  EXPECT_EQ(guess.utf8(TextGuess::latin1_bytes("東京")), "東京");
}

TEST(TextGuess, LeavesNothingThatDisturbsTheTextAboutIt) {
  const TextGuess guess;
  EXPECT_EQ(guess.utf8(std::string("a\r\nb\x1b[31m\0c", 12)), "a  b [31m");
  EXPECT_EQ(guess.utf8("  \xe2\x80\xae"
                       "evil "),
            "evil");
  EXPECT_EQ(guess.utf8("ééé", 5), "éé");
  EXPECT_EQ(guess.utf8(" \n "), "");
}

}  // namespace
}  // namespace shelcaster::media
