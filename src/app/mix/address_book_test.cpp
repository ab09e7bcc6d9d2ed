#include "app/mix/address_book.hpp"

#include <gtest/gtest.h>

namespace shelcaster::app {
namespace {

net::Endpoint at(int port) {
  return net::Endpoint::v4({127, 0, 0, 1}, static_cast<std::uint16_t>(port));
}

TEST(AddressBook, FindsEveryLineOfAHalfFullBook) {
  AddressBook<1024> book;
  for (int i = 0; i < 512; ++i) book.add(at(10'000 + i), i);
  for (int i = 0; i < 512; ++i) EXPECT_EQ(book.find(at(10'000 + i)), i);
  EXPECT_EQ(book.find(at(9'999)), AddressBook<1024>::kNobody);
}

TEST(AddressBook, TheLastLineAtAnAddressHasIt) {
  AddressBook<16> book;
  book.add(at(1), 1);
  book.add(at(1), 2);
  EXPECT_EQ(book.find(at(1)), 2);
  book.clear();
  EXPECT_EQ(book.find(at(1)), AddressBook<16>::kNobody);
}

}  // namespace
}  // namespace shelcaster::app
