#include "link/frame.hpp"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>

namespace shelcaster::link {
namespace {

base::ByteSpan bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string framed(std::string_view body) {
  std::string frame(4, '\0');
  for (std::size_t i = 0; i < 4; ++i) {
    frame[i] = static_cast<char>(body.size() >> (8 * (3 - i)) & 0xffU);
  }
  return frame.append(body);
}

TEST(FrameReader, GivesBackWhatWasWrittenWhenItArrivesByteByByte) {
  const boost::json::object sent{{"type", "hello"}, {"showId", "show-1"}, {"pid", 7}};
  const std::string frame = *write_frame(sent) + *write_frame(sent);
  FrameReader reader;
  int seen = 0;
  for (const char c : frame) {
    reader.feed(bytes_of(std::string_view(&c, 1)));
    const auto next = reader.next();
    ASSERT_TRUE(next.has_value());
    if (!next->has_value()) continue;
    EXPECT_EQ(**next, sent);
    ++seen;
  }
  EXPECT_EQ(seen, 2);
  EXPECT_EQ(reader.buffered_bytes(), 0U);
}

TEST(FrameReader, GivesEveryFrameOfOneFeed) {
  std::string stream;
  for (int i = 0; i < 100; ++i) stream += *write_frame({{"i", i}});
  FrameReader reader;
  reader.feed(bytes_of(stream));
  for (int i = 0; i < 100; ++i) EXPECT_EQ((**reader.next()).at("i").as_int64(), i);
  EXPECT_FALSE(reader.next()->has_value());
}

TEST(FrameReader, RefusesALengthAboveTheLimitBeforeTheBodyArrives) {
  FrameReader reader;
  reader.feed(bytes_of(std::string_view("\x00\x10\x00\x01", 4)));
  EXPECT_FALSE(reader.next().has_value());
  reader.feed(bytes_of(framed("{}")));
  EXPECT_FALSE(reader.next().has_value()) << "a stream out of step stays refused";
  EXPECT_EQ(reader.buffered_bytes(), 0U);
}

TEST(FrameReader, RefusesWhatIsNotOneJsonObject) {
  for (const char* body : {"", "[]", "1", "{", "{}x", "{\"a\":\"\xff\"}", "nul"}) {
    FrameReader reader;
    reader.feed(bytes_of(framed(body)));
    EXPECT_FALSE(reader.next().has_value()) << body;
  }
}

TEST(FrameReader, RefusesNestingAboveTheLimit) {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  FrameReader reader;
  reader.feed(bytes_of(framed(nested(kFrameDepthMax - 1))));
  EXPECT_TRUE(reader.next().has_value());
  reader.feed(bytes_of(framed(nested(kFrameDepthMax + 1))));
  EXPECT_FALSE(reader.next().has_value());
}

TEST(FrameReader, TakesAFrameOfExactlyTheLimit) {
  boost::json::object message{{"text", ""}};
  const std::size_t around = boost::json::serialize(message).size();
  message["text"] = std::string(kFrameBytesMax - around, 'x');
  FrameReader reader;
  reader.feed(bytes_of(*write_frame(message)));
  const auto next = reader.next();
  ASSERT_TRUE(next.has_value() && next->has_value());
  EXPECT_EQ(**next, message);
}

TEST(WriteFrame, RefusesAMessageAboveTheLimit) {
  const boost::json::object message{{"text", std::string(kFrameBytesMax, 'x')}};
  EXPECT_FALSE(write_frame(message).has_value());
  EXPECT_FALSE(fits_frame(message));
}

TEST(WriteFrame, RefusesWhatTheReaderWouldTakeForTheEndOfTheLink) {
  for (const char* text : {"\xff", "half \xc3", "\xed\xa0\x80"}) {
    EXPECT_FALSE(write_frame({{"etag", text}}).has_value()) << text;
  }
  EXPECT_TRUE(write_frame({{"etag", "\xc3\xa9"}}).has_value());
}

}  // namespace
}  // namespace shelcaster::link
