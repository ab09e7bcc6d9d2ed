#include "runtime/detail/request_head.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shelcaster::runtime::detail {
namespace {

using State = RequestHead::State;

State fed(std::string_view bytes) { return RequestHead().feed(bytes); }

TEST(RequestHead, FindsTheEndHoweverTheBytesCome) {
  const std::string text = "GET / HTTP/1.1\r\nHost: x\r\nA:\tb\r\n\r\nbody";
  const std::size_t head_bytes = text.size() - 4;
  RequestHead whole;
  EXPECT_EQ(whole.feed(text), State::kDone);
  EXPECT_EQ(whole.bytes(), head_bytes);
  RequestHead slow;
  for (std::size_t i = 0; i + 1 < head_bytes; ++i) {
    ASSERT_EQ(slow.feed(text.substr(i, 1)), State::kMore) << i;
  }
  EXPECT_EQ(slow.feed("\n"), State::kDone);
  EXPECT_EQ(slow.bytes(), head_bytes);
}

TEST(RequestHead, RefusesWhatOthersReadDifferently) {
  for (const char* text :
       {"GET / HTTP/1.1\nHost: x\n\n", "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", "\r\nGET / HTTP/1.1",
        "GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", "GET / HTTP/1.1\r\n\tA: b\r\n\r\n",
        "GET / HTTP/1.1\r\nA: \x0b"
        "b\r\n\r\n",
        "GET\t/ HTTP/1.1\r\n", "\x16\x03\x01", " GET /", "GET / HTTP/1.1\r\nA: \x7f\r\n"}) {
    RequestHead head;
    EXPECT_EQ(head.feed(text), State::kBad) << text;
    EXPECT_FALSE(head.fault().empty());
  }
  EXPECT_EQ(fed({"GET / HTTP/1.1\r\nA: \0\r\n", 22}), State::kBad);
}

TEST(RequestHead, BoundsTheNumberOfFields) {
  std::string text = "GET / HTTP/1.1\r\n";
  for (std::size_t i = 0; i < RequestHead::kFieldsMax; ++i) text += "a: b\r\n";
  EXPECT_EQ(fed(text + "\r\n"), State::kDone);
  EXPECT_EQ(fed(text + "a: b\r\n\r\n"), State::kTooMany);
}

TEST(FramingFault, TakesOneHostAndOneWayToSayTheLength) {
  EXPECT_FALSE(framing_fault({{"Host", "radio.example:8080"}}, true));
  EXPECT_FALSE(framing_fault({{"host", "[::1]:80"}, {"content-length", "3"}}, true));
  EXPECT_FALSE(framing_fault({{"Host", "my_service"}, {"Transfer-Encoding", "Chunked"}}, true));
  EXPECT_FALSE(framing_fault({}, false));
}

TEST(FramingFault, NamesWhatIsAmbiguous) {
  const HttpHeaders host{{"Host", "x"}};
  const auto fault = [&](const HttpHeaders& more) {
    HttpHeaders headers = host;
    headers.insert(headers.end(), more.begin(), more.end());
    return framing_fault(headers, true).has_value();
  };
  EXPECT_TRUE(framing_fault({}, true));
  EXPECT_TRUE(framing_fault({{"Host", ""}}, true));
  EXPECT_TRUE(framing_fault({{"Host", "x/<script>"}}, true));
  EXPECT_TRUE(fault({{"HOST", "x"}}));
  EXPECT_TRUE(framing_fault({{"Host", "a"}, {"Host", "b"}}, false));
  for (const char* coding :
       {"gzip", "identity", "xchunked", "chunked, gzip", "gzip, chunked", ""}) {
    EXPECT_TRUE(fault({{"Transfer-Encoding", coding}})) << coding;
    EXPECT_TRUE(fault({{"Transfer-Encoding", coding}, {"Content-Length", "0"}})) << coding;
  }
  EXPECT_TRUE(fault({{"Transfer-Encoding", "chunked"}, {"Content-Length", "6"}}));
  EXPECT_TRUE(fault({{"Transfer-Encoding", "chunked"}, {"transfer-encoding", "chunked"}}));
  EXPECT_TRUE(fault({{"Content-Length", "2"}, {"Content-Length", "2"}}));
  for (const char* length : {"2, 2", "+2", "-1", "0x2", ""}) {
    EXPECT_TRUE(fault({{"Content-Length", length}})) << length;
  }
  EXPECT_TRUE(framing_fault({{"Host", "x"}, {"Transfer-Encoding", "chunked"}}, false));
}

}  // namespace
}  // namespace shelcaster::runtime::detail
