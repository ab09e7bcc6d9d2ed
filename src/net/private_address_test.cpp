#include "net/private_address.hpp"

#include <gtest/gtest.h>

namespace shelcaster::net {
namespace {

TEST(PrivateAddress, KnowsEveryKindOfIt) {
  for (const char* address : {"0.0.0.0",
                              "10.1.2.3",
                              "100.64.0.1",
                              "127.0.0.1",
                              "169.254.169.254",
                              "172.31.255.255",
                              "192.0.0.8",
                              "192.0.2.1",
                              "192.88.99.1",
                              "192.168.0.1",
                              "198.19.0.1",
                              "198.51.100.1",
                              "203.0.113.1",
                              "224.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "fe80::1",
                              "fec0::1",
                              "fc00::1",
                              "fdff::1",
                              "ff02::1",
                              "::ffff:10.0.0.1",
                              "::127.0.0.1",
                              "64:ff9b::a00:1",
                              "64:ff9b:1::808:808",
                              "2002:a00:1::1",
                              "2001::1",
                              "2001:2::1",
                              "2001:db8::1",
                              "3fff::1",
                              "4000::1"}) {
    EXPECT_TRUE(is_private(Endpoint::parse(address, 80).value())) << address;
  }
}

TEST(PrivateAddress, LeavesTheInternetAlone) {
  for (const char* address :
       {"8.8.8.8", "100.128.0.1", "172.32.0.1", "192.0.1.1", "223.255.255.255", "2606:4700::1111",
        "2001:4860:4860::8888", "2002:808:808::1", "::ffff:8.8.8.8", "64:ff9b::808:808"}) {
    EXPECT_FALSE(is_private(Endpoint::parse(address, 80).value())) << address;
  }
}

}  // namespace
}  // namespace shelcaster::net
