#include "net/loopback.hpp"

#include <gtest/gtest.h>

namespace shelcaster::net {
namespace {

TEST(Loopback, IsThisMachineInEachOfItsSpellings) {
  for (const char* address :
       {"127.0.0.1", "127.255.0.2", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(is_loopback(address)) << address;
  }
}

TEST(Loopback, IsNoOtherAddressAndNoName) {
  for (const char* address :
       {"128.0.0.1", "12.7.0.1", "0.0.0.0", "::", "::2", "1::1", "::101", "::ffff:128.0.0.1", "",
        "localhost", "127.0.0.1.example", "127.evil.example", "127.0.0.1:80"}) {
    EXPECT_FALSE(is_loopback(address)) << address;
  }
}

}  // namespace
}  // namespace shelcaster::net
