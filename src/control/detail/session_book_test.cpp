#include "control/detail/session_book.hpp"

#include <gtest/gtest.h>

namespace shelcaster::control::detail {
namespace {

const studio::ShowId kShow("show-1"), kOther("show-2");

TEST(SessionBook, ForgetsTheOldestWhenFull) {
  SessionBook book(2);
  book.put(kShow, "a", "ufrag-a");
  book.put(kShow, "b", "ufrag-b");
  book.put(kShow, "a", "ufrag-a2");  // an ICE restart makes it the youngest
  book.put(kShow, "c", "ufrag-c");
  EXPECT_EQ(book.size(), 2U);
  EXPECT_EQ(book.ufrag("a"), "ufrag-a2");
  EXPECT_EQ(book.ufrag("b"), "");
  EXPECT_EQ(book.ufrag("c"), "ufrag-c");
}

TEST(SessionBook, ForgetsASessionOrAShow) {
  SessionBook book(10);
  book.put(kShow, "a", "x");
  book.put(kShow, "b", "x");
  book.put(kOther, "c", "x");
  book.remove("a");
  book.remove("unknown");
  EXPECT_EQ(book.size(), 2U);
  book.remove_show(kShow);
  EXPECT_EQ(book.ufrag("b"), "");
  EXPECT_EQ(book.ufrag("c"), "x");
}

}  // namespace
}  // namespace shelcaster::control::detail
