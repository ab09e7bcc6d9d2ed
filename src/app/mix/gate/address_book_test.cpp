#include "app/mix/gate/address_book.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/random.hpp"

namespace shelcaster::app {
namespace {

constexpr int kCaller = 200;

net::Endpoint at(int port) {
  return net::Endpoint::v4({127, 0, 0, 1}, static_cast<std::uint16_t>(port));
}

struct AddressBookTest : testing::Test {
  bool claim(int line, const net::Endpoint& address) {
    now = now + std::chrono::seconds(1);
    return book.claim(now, line, address);
  }
  std::vector<int> lines_at(const net::Endpoint& address) {
    std::vector<int> lines;
    for (const AddressBook::Claim& one : book.claimants(address)) lines.push_back(one.line);
    return lines;
  }

  AddressBook book{7};
  base::Instant now = base::Instant::from_nanoseconds(1'000'000'000'000);
};

TEST_F(AddressBookTest, FindsEveryAddressOfAFullBookAndNoOther) {
  constexpr int kAll = AddressBook::kLines * 8;
  for (int i = 0; i < kAll; ++i) EXPECT_TRUE(claim(i / 8, at(10'000 + i)));
  for (int i = 0; i < kAll; ++i) EXPECT_EQ(lines_at(at(10'000 + i)), std::vector{i / 8}) << i;
  EXPECT_TRUE(lines_at(at(9'999)).empty());
}

TEST_F(AddressBookTest, ACheckTakesAnAddressFromNobody) {
  claim(1, at(1));
  claim(2, at(1));
  EXPECT_EQ(lines_at(at(1)), (std::vector{1, 2}));
  EXPECT_FALSE(claim(2, at(1))) << "it has it already";
}

TEST_F(AddressBookTest, WhoeverWasProvenLastComesFirst) {
  for (const int line : {1, 2, 3}) claim(line, at(1));
  book.prove(3, at(1));
  EXPECT_EQ(lines_at(at(1))[0], 3);
  book.prove(1, at(1));
  EXPECT_EQ(lines_at(at(1))[0], 1);
  book.prove(9, at(1));
  EXPECT_EQ(lines_at(at(1)).size(), 3U) << "who claims nothing proves nothing";
}

TEST_F(AddressBookTest, WhoSpeaksKeepsTheirPlaceAmongAnyNumberOfClaims) {
  claim(kCaller, at(1));
  book.prove(kCaller, at(1));
  for (int line = 0; line < 100; ++line) claim(line, at(1));
  EXPECT_EQ(lines_at(at(1)).size(), AddressBook::kClaimantsMax);
  EXPECT_TRUE(book.has(kCaller, at(1)));
  EXPECT_TRUE(book.has(99, at(1))) << "and the newest has a chance to prove itself";
}

TEST_F(AddressBookTest, AmongProvenClaimsTheOneThatWasSilentLongestGivesWay) {
  for (const int line : {1, 2, 3, kCaller}) {
    claim(line, at(1));
    book.prove(line, at(1));
  }
  book.prove(1, at(1));
  claim(5, at(1));
  EXPECT_FALSE(book.has(2, at(1)));
  for (const int line : {1, 3, 5, kCaller}) EXPECT_TRUE(book.has(line, at(1))) << line;
}

TEST_F(AddressBookTest, ALineGivesUpWhatItNeverSpokeFromFirst) {
  claim(1, at(1));
  book.prove(1, at(1));
  for (int port = 2; port <= 20; ++port) claim(1, at(port));
  EXPECT_TRUE(book.has(1, at(1)));
  EXPECT_TRUE(book.has(1, at(20)));
  EXPECT_FALSE(book.has(1, at(2)));
}

TEST_F(AddressBookTest, NewClaimsOfOneLineAreBounded) {
  int taken = 0;
  for (int i = 0; i < 10'000; ++i) {
    now = now + std::chrono::milliseconds(1);
    taken += book.claim(now, 1, at(1 + i)) ? 1 : 0;
  }
  EXPECT_LE(taken, 16 + 10);
  EXPECT_TRUE(book.claim(now, 2, at(1))) << "the others'";
}

TEST_F(AddressBookTest, IsWhatASlowBookWouldBe) {
  base::SeededRandom random(3);
  std::map<int, std::set<int>> ports_of;
  for (int step = 0; step < 20'000; ++step) {
    const int line = static_cast<int>(random.below(AddressBook::kLines));
    const int port = 1 + static_cast<int>(random.below(3'000));
    if (random.below(8) == 0) {
      book.forget(line);
    } else if (random.below(2) == 0) {
      claim(line, at(port));
    } else {
      book.prove(line, at(port));
    }
  }
  std::size_t claims = 0;
  for (int port = 1; port <= 3'000; ++port) {
    for (const int line : lines_at(at(port))) {
      EXPECT_TRUE(ports_of[line].insert(port).second);
      ++claims;
    }
  }
  EXPECT_GT(claims, 500U);
  for (const auto& [line, ports] : ports_of) {
    EXPECT_LE(ports.size(), AddressBook::kAddressesPerLine) << line;
    book.forget(line);
  }
  for (int port = 1; port <= 3'000; ++port) EXPECT_TRUE(lines_at(at(port)).empty()) << port;
}

}  // namespace
}  // namespace shelcaster::app
