#include "output/rtmp/chunk_stream.hpp"

#include <gtest/gtest.h>

#include <array>

#include "output/rtmp/amf0.hpp"

namespace shelcaster::output {
namespace {

base::Bytes bytes_of(std::initializer_list<int> values) {
  base::Bytes out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

TEST(ChunkStream, ComesOutAsItWentInWhateverItsPieces) {
  ChunkWriter writer;
  base::Bytes wire;
  const base::Bytes large(1'000, std::byte{9});
  writer.write(RtmpMessageType::kCommand, 0, 5, large, wire);
  writer.write(RtmpMessageType::kAudio, 1, 0x1234'5678, large, wire);
  writer.write(RtmpMessageType::kVideo, 1, 7, {}, wire);
  ChunkReader reader;
  std::vector<RtmpMessage> got;
  for (const std::byte one : wire) {
    reader.feed({&one, 1});
    for (auto next = reader.next(); next && *next; next = reader.next()) got.push_back(**next);
  }
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(got[0].body, large);
  EXPECT_EQ(got[1].timestamp_ms, 0x1234'5678U);
  EXPECT_EQ(got[1].body, large);
  EXPECT_EQ(got[2].type, 9);
  EXPECT_TRUE(got[2].body.empty());
}

TEST(ChunkStream, ReadsTheShorterHeadersOfServers) {
  ChunkReader reader;
  // Format 0 at 1000 ms, then 1 with +20, 2 with +30, and 3, which repeats the last difference.
  reader.feed(bytes_of({0x03, 0, 3, 0xe8, 0, 0, 1, 20, 1, 0, 0, 0, 0xaa}));
  reader.feed(bytes_of({0x43, 0, 0, 20, 0, 0, 2, 20, 0xbb, 0xbc}));
  reader.feed(bytes_of({0x83, 0, 0, 30, 0xcc, 0xcd}));
  reader.feed(bytes_of({0xc3, 0xdd, 0xde}));
  std::vector<std::uint32_t> times;
  for (auto next = reader.next(); next && *next; next = reader.next()) {
    times.push_back((*next)->timestamp_ms);
    EXPECT_EQ((*next)->stream_id, 1U);
  }
  EXPECT_EQ(times, (std::vector<std::uint32_t>{1'000, 1'020, 1'050, 1'080}));
}

TEST(ChunkStream, RefusesWhatIsTooLargeOrBeginsInTheMiddle) {
  ChunkReader large;
  large.feed(bytes_of({0x03, 0, 0, 0, 0xff, 0xff, 0xff, 20, 1, 0, 0, 0}));
  EXPECT_FALSE(large.next());
  ChunkReader middle;
  middle.feed(bytes_of({0xc3, 1, 2, 3}));
  EXPECT_FALSE(middle.next());
  ChunkReader many;
  for (int id = 3; id < 30; ++id) {
    many.feed(bytes_of({id, 0, 0, 0, 0, 0, 1, 20, 1, 0, 0, 0, 0xaa}));
  }
  auto next = many.next();
  while (next && *next) next = many.next();
  EXPECT_FALSE(next);
}

TEST(Amf0, ComesOutAsItWentIn) {
  AmfWriter writer;
  writer.text("name").number(-1.5).boolean(true).null().begin_object();
  writer.name("a").text("b").name("c").begin_array(1).name("d").number(2).end().end();
  const auto values = parse_amf0(writer.take()).value();
  ASSERT_EQ(values.size(), 5U);
  EXPECT_EQ(values[0].text, "name");
  EXPECT_EQ(values[1].number, -1.5);
  EXPECT_EQ(values[2].number, 1);
  EXPECT_EQ(values[3].kind, AmfValue::Kind::kNull);
  EXPECT_EQ(values[4].text_of("a"), "b");
  EXPECT_EQ(values[4].members.at(1).members.at(0).number, 2);
}

TEST(Amf0, RefusesWhatIsCutOffOrNestedWithoutEnd) {
  EXPECT_FALSE(parse_amf0(bytes_of({0x02, 0xff, 0xff, 'a'})));
  EXPECT_FALSE(parse_amf0(bytes_of({0x03, 0, 1, 'a'})));
  base::Bytes deep;
  for (int i = 0; i < 100; ++i) {
    for (const std::byte one : bytes_of({0x03, 0, 1, 'a'})) deep.push_back(one);
  }
  EXPECT_FALSE(parse_amf0(deep));
  EXPECT_FALSE(parse_amf0(base::Bytes(10'000, std::byte{0x05})));
  EXPECT_TRUE(parse_amf0(bytes_of({0x05, 0x11})).has_value()) << "a kind that isn't known ends it";
}

}  // namespace
}  // namespace shelcaster::output
