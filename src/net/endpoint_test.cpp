#include "net/endpoint.hpp"

#include <gtest/gtest.h>

namespace shelcaster::net {
namespace {

TEST(Endpoint, MappedAddressEqualsItsIpv4Form) {
  const auto mapped = Endpoint::parse("::ffff:127.0.0.1", 9);
  const auto plain = Endpoint::parse("127.0.0.1", 9);
  ASSERT_TRUE(mapped && plain);
  EXPECT_EQ(*mapped, *plain);
  EXPECT_EQ(mapped->str(), "127.0.0.1:9");
}

TEST(Endpoint, RefusesNames) { EXPECT_FALSE(Endpoint::parse("localhost", 1)); }

}  // namespace
}  // namespace shelcaster::net
