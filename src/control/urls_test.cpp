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
  const auto with_key = parse_output_url("rtmps://ingest.example.org:443/app/sk_live_1", false);
  ASSERT_TRUE(with_key.has_value());
  EXPECT_EQ(with_key->url, "rtmps://ingest.example.org:443/app");
  EXPECT_EQ(with_key->stream_key, "sk_live_1");
  const auto without = parse_output_url("rtmp://h/app/", false);
  EXPECT_EQ(without->url, "rtmp://h/app");
  EXPECT_EQ(without->stream_key, "");
  for (const char* url :
       {"http://h/app", "rtmp://h", "rtmp:///app", "h/app", "rtmp://h/app/key#x", ""}) {
    EXPECT_FALSE(parse_output_url(url, true).has_value()) << url;
  }
  const auto signed_key = parse_output_url("rtmp://h/app/key?sign=a/b", false);
  EXPECT_EQ(signed_key->url, "rtmp://h/app");
  EXPECT_EQ(signed_key->stream_key, "key?sign=a/b");
  const auto after_query = parse_output_url("rtmp://h/app?psk=x/key", false);
  EXPECT_EQ(after_query->url, "rtmp://h/app?psk=x");
  EXPECT_EQ(after_query->stream_key, "key");
}

TEST(OutputUrl, IsRefusedAtAPrivateAddressWithTheKeyThatAllowsIt) {
  for (const char* url : {"rtmp://127.0.0.1/app/key", "rtmps://localhost/app/key",
                          "rtmp://[::1]:1935/app/key", "rtmp://192.168.0.2/app/key"}) {
    const auto refused = parse_output_url(url, false);
    ASSERT_FALSE(refused.has_value()) << url;
    EXPECT_NE(refused.error().message.find("outputs.allow_private_destinations"),
              std::string::npos);
    EXPECT_TRUE(parse_output_url(url, true).has_value()) << url;
  }
}

TEST(WithoutSecrets, HidesWhateverMayBeOne) {
  EXPECT_EQ(without_secrets("https://user:pa55@h.example:8443/a%20b/c.mp3?X-Sig=S&k=a=b&TOKEN#f"),
            "https://***@h.example:8443/a%20b/c.mp3?X-Sig=***&k=***&***");
  EXPECT_EQ(without_secrets("rtmp://user:PASSWORD@h/app"), "rtmp://***@h/app");
  EXPECT_EQ(without_secrets("rtmp://h/app?psk=SECRET"), "rtmp://h/app?psk=***");
  EXPECT_EQ(without_secrets("https://example.org/a.mp3"), "https://example.org/a.mp3");
  EXPECT_EQ(without_secrets("http://[2606:4700::1]/x"), "http://[2606:4700::1]/x");
  EXPECT_EQ(without_secrets(without_secrets("rtmp://u:p@h/app?psk=S")), "rtmp://***@h/app?psk=***");
  for (const char* odd : {"", "user:pw@h", "http://a b/?k=SECRET", "mailto:x@y?k=SECRET"}) {
    EXPECT_EQ(without_secrets(odd), "***") << odd;
  }
}

TEST(FileName, IsThePathsEndAndNeverThePassword) {
  EXPECT_EQ(file_name_of("https://a/b/My%20Song.mp3?x=/y.mp3"), "My Song.mp3");
  EXPECT_EQ(file_name_of("https://user:pw@host"), "");
  EXPECT_EQ(file_name_of("https://user:pw@host/?key=/SECRET"), "");
}

TEST(QueryParameters, DecodesAndSurvivesNonsense) {
  const auto q = query_parameters("title=a%20b+c&x&y=%zz&=1&title2=%C3%BC&bad=%ff");
  EXPECT_EQ(q.at("title"), "a b c");
  EXPECT_EQ(q.at("x"), "");
  EXPECT_EQ(q.at("title2"), "ü");
  EXPECT_FALSE(q.contains("y"));
  EXPECT_FALSE(q.contains("bad"));
}

TEST(Urls, AreEncodedAsPeopleMeanThem) {
  EXPECT_EQ(encoded_url(" https://a.org/My Song.mp3\n"), "https://a.org/My%20Song.mp3");
  EXPECT_EQ(encoded_url("https://a.org/\xc3\xbcml.mp3?q=\xe9"), "https://a.org/%C3%BCml.mp3?q=%E9");
  EXPECT_EQ(encoded_url("https://a.org/a%20b%zz%"), "https://a.org/a%20b%25zz%25");
  EXPECT_EQ(encoded_url("https://u:p@a.org:81/x?a=[1]&b#c"), "https://u:p@a.org:81/x?a=[1]&b#c");
  EXPECT_TRUE(check_media_url(encoded_url("https://a.org/\xc3\xbc {x}|\"y\".mp3"), false));
}

}  // namespace
}  // namespace shelcaster::control
