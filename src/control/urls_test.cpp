#include "control/urls.hpp"

#include <gtest/gtest.h>

namespace shelcaster::control {
namespace {

TEST(CheckMediaUrl, RefusesPrivateAndLocalHostsUnlessAllowed) {
  for (const char* url :
       {"http://127.0.0.1/a.mp3", "http://10.1.2.3/a", "http://172.16.0.1/a",
        "http://192.168.1.1/a", "http://169.254.169.254/latest", "http://0.0.0.0/a",
        "http://100.64.0.1/a", "http://[::1]/a", "http://[fe80::1]/a", "http://[fd00::1]/a",
        "http://[::ffff:127.0.0.1]/a", "http://localhost/a", "http://LOCALHOST./a",
        "http://x.localhost/a", "http://2130706433/a", "http://0x7f.1/a", "http://printer.local/a",
        "http://metadata.google.internal/a"}) {
    EXPECT_FALSE(check_media_url(url, false).has_value()) << url;
    EXPECT_TRUE(check_media_url(url, true).has_value()) << url;
  }
  for (const char* url : {"https://example.org/a.mp3", "http://93.184.216.34/a",
                          "http://[2606:2800:220:1::1]:8080/a?b=c"}) {
    EXPECT_TRUE(check_media_url(url, false).has_value()) << url;
  }
}

TEST(CheckMediaUrl, RefusesOtherSchemesAndNonsense) {
  for (const char* url : {"", "file:///etc/passwd", "ftp://example.org/a", "http://", "http:///a",
                          "//example.org/a", "javascript:alert(1)", "http://exa mple.org/"}) {
    EXPECT_FALSE(check_media_url(url, true).has_value()) << url;
  }
}

TEST(OutputUrl, KeepsTheKeyApart) {
  const auto with_key = parse_output_url("rtmps://ingest.example.org:443/app/sk_live_1");
  ASSERT_TRUE(with_key.has_value());
  EXPECT_EQ(with_key->url, "rtmps://ingest.example.org:443/app");
  EXPECT_EQ(with_key->stream_key, "sk_live_1");
  const auto without = parse_output_url("rtmp://h/app/");
  EXPECT_EQ(without->url, "rtmp://h/app");
  EXPECT_EQ(without->stream_key, "");
  for (const char* url : {"http://h/app", "rtmp://h", "rtmp:///app", "h/app", ""}) {
    EXPECT_FALSE(parse_output_url(url).has_value()) << url;
  }
}

TEST(QueryParameters, DecodesAndSurvivesNonsense) {
  const auto q = query_parameters("title=a%20b+c&x&y=%zz&=1&title2=%C3%BC&bad=%ff");
  EXPECT_EQ(q.at("title"), "a b c");
  EXPECT_EQ(q.at("x"), "");
  EXPECT_EQ(q.at("title2"), "ü");
  EXPECT_FALSE(q.contains("y"));
  EXPECT_FALSE(q.contains("bad"));
}

}  // namespace
}  // namespace shelcaster::control
