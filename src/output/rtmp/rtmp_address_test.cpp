#include "output/rtmp/rtmp_address.hpp"

#include <gtest/gtest.h>

namespace shelcaster::output {
namespace {

TEST(RtmpAddress, IsTakenApart) {
  const auto plain = parse_rtmp_url("RTMP://a.example/live/key").value();
  EXPECT_FALSE(plain.is_tls);
  EXPECT_EQ(plain.host, "a.example");
  EXPECT_EQ(plain.port, 1935);
  EXPECT_EQ(plain.app, "live");
  EXPECT_EQ(plain.key, "key");
  EXPECT_EQ(plain.base_url(), "rtmp://a.example/live");

  const auto secure = parse_rtmp_url("rtmps://me:p%40ss@[::1]:8443/app/instance/key?s=1/2").value();
  EXPECT_TRUE(secure.is_tls);
  EXPECT_EQ(secure.host, "::1");
  EXPECT_EQ(secure.port, 8443);
  EXPECT_EQ(secure.user, "me");
  EXPECT_EQ(secure.password, "p@ss");
  EXPECT_EQ(secure.app, "app/instance");
  EXPECT_EQ(secure.key, "key?s=1/2");
  EXPECT_EQ(secure.base_url(), "rtmps://[::1]:8443/app/instance");
}

TEST(RtmpAddress, TakesTheKeyFromWhereItIsToldToBegin) {
  const std::string url = "rtmp://h/app/ke/y";
  EXPECT_EQ(parse_rtmp_url(url, url.find("ke/y"))->key, "ke/y");
  EXPECT_EQ(parse_rtmp_url(url, url.find("ke/y"))->app, "app");
  EXPECT_FALSE(parse_rtmp_url(url, 3));
  EXPECT_FALSE(parse_rtmp_url(url, 0));
  EXPECT_FALSE(parse_rtmp_url(url, 1'000));
}

TEST(RtmpAddress, IsRefusedWithoutRepeatingIt) {
  for (const char* bad :
       {"", "http://a/secret", "rtmp:secret", "rtmp:///secret", "rtmp://:1/secret", "rtmp://secret",
        "rtmp://a/sec ret", "rtmp://a/secret\n", "rtmp://a:99999/b/secret", "rtmp://[::1/b/secret",
        "rtmp://a:/secret@/"}) {
    const auto parsed = parse_rtmp_url(bad);
    if (parsed) continue;
    EXPECT_EQ(parsed.error().message.find("secret"), std::string::npos) << bad;
  }
  EXPECT_FALSE(parse_rtmp_url("http://a/app/secret"));
  EXPECT_FALSE(parse_rtmp_url("rtmp://a:99999/b/secret"));
  EXPECT_FALSE(parse_rtmp_url("rtmp://a/b/sec ret"));
  EXPECT_FALSE(parse_rtmp_url("rtmp://a/" + std::string(3'000, 'x')));
}

}  // namespace
}  // namespace shelcaster::output
