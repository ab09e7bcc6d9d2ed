#include "control/session_book.hpp"

#include <gtest/gtest.h>

namespace shelcaster::control {
namespace {

TEST(SessionBook, ForgetsTheOldestWhenFull) {
  SessionBook book;
  book.put("a", "ufrag-a", 2);
  book.put("b", "ufrag-b", 2);
  book.put("a", "ufrag-a2", 2);  // an ICE restart makes it the youngest
  book.put("c", "ufrag-c", 2);
  EXPECT_EQ(book.size(), 2U);
  EXPECT_EQ(book.ufrag("a"), "ufrag-a2");
  EXPECT_EQ(book.ufrag("b"), "");
  EXPECT_EQ(book.ufrag("c"), "ufrag-c");
}

TEST(SessionBook, ForgetsASessionOrAllThatAMixerHasNot) {
  SessionBook book;
  book.put("a", "x", 10);
  book.put("b", "x", 10);
  book.put("c", "x", 10);
  book.remove("a");
  book.remove("unknown");
  EXPECT_EQ(book.size(), 2U);
  book.keep_only({"c", "unknown"});
  EXPECT_EQ(book.ufrag("b"), "");
  EXPECT_EQ(book.ufrag("c"), "x");
}

TEST(SessionBook, FindsTheUfragOfAnSdp) {
  EXPECT_EQ(ice_ufrag_of("v=0\r\na=ice-ufrag:abcd\r\na=ice-pwd:x\r\n"), "abcd");
  EXPECT_EQ(ice_ufrag_of("a=ice-ufrag:abcd"), "abcd");
  EXPECT_EQ(ice_ufrag_of("v=0\r\ns=a=ice-ufrag:abcd\r\n"), "");
}

}  // namespace
}  // namespace shelcaster::control
