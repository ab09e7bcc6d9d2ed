#include "runtime/proxy_list.hpp"

#include <gtest/gtest.h>

namespace shelcaster::runtime {
namespace {

const HttpHeaders kForged{{"X-Forwarded-For", "198.51.100.7"},
                          {"X-Forwarded-Proto", "https"},
                          {"X-Forwarded-Host", "evil.example"}};

TEST(ProxyList, BelievesNobodyUnlessToldTo) {
  const ProxyList none;
  EXPECT_EQ(none.client_of("192.0.2.1", kForged), "192.0.2.1");
  EXPECT_EQ(none.scheme_of("192.0.2.1", kForged, "http"), "http");
  EXPECT_EQ(none.host_of("192.0.2.1", kForged, "radio.example"), "radio.example");
  const auto other = ProxyList::parse({"127.0.0.1"});
  EXPECT_EQ(other->client_of("192.0.2.1", kForged), "192.0.2.1");
  EXPECT_EQ(other->scheme_of("192.0.2.1", kForged, "http"), "http");
  EXPECT_EQ(other->host_of("192.0.2.1", kForged, "radio.example"), "radio.example");
}

TEST(ProxyList, TakesTheLastHopThatIsNoProxyOfOurs) {
  const auto list = ProxyList::parse({"127.0.0.1", "10.0.0.0/8", "fd00::/8"});
  ASSERT_TRUE(list);
  // The client has sent the first one itself; the proxies have added the others.
  const HttpHeaders headers{{"x-forwarded-for", "8.8.8.8, 198.51.100.7:4711"},
                            {"X-Forwarded-For", "10.1.2.3"}};
  EXPECT_EQ(list->client_of("127.0.0.1", headers), "198.51.100.7");
  EXPECT_EQ(list->client_of("fd12::1", {{"X-Forwarded-For", "[2001:db8::1]:80"}}), "2001:db8::1");
  EXPECT_EQ(list->client_of("127.0.0.1", {}), "127.0.0.1");
  EXPECT_EQ(list->client_of("127.0.0.1", {{"X-Forwarded-For", "unknown"}}), "127.0.0.1");
  EXPECT_EQ(list->client_of("11.0.0.1", headers), "11.0.0.1");
}

TEST(ProxyList, TakesSchemeAndHostFromAProxyButNoNonsense) {
  const auto list = ProxyList::parse({"127.0.0.1"});
  EXPECT_EQ(list->scheme_of("127.0.0.1", {{"X-Forwarded-Proto", "https"}}, "http"), "https");
  EXPECT_EQ(list->scheme_of("127.0.0.1", {{"X-Forwarded-Proto", "javascript"}}, "http"), "http");
  EXPECT_EQ(list->host_of("127.0.0.1", {{"X-Forwarded-Host", "a.example:8443"}}, "b"),
            "a.example:8443");
  EXPECT_EQ(list->host_of("127.0.0.1", {{"X-Forwarded-Host", "a.example/x?"}}, "b"), "b");
}

TEST(ProxyList, RefusesWhatIsNoAddress) {
  for (const char* wrong : {"proxy.example", "10.0.0.0/33", "10.0.0.0/x", "10.0.0.0/", "::/129"}) {
    const auto list = ProxyList::parse({wrong});
    ASSERT_FALSE(list) << wrong;
    EXPECT_NE(list.error().message.find(wrong), std::string::npos);
  }
}

}  // namespace
}  // namespace shelcaster::runtime
