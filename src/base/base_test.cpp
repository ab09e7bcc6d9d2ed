#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "base/spsc_queue.hpp"
#include "base/time.hpp"

namespace shelcaster::base {
namespace {

using std::chrono::milliseconds;

TEST(Time, SamplesAndDurationsConvertWithoutDriftOverYears) {
  const std::int64_t ten_years_samples = 10LL * 365 * 24 * 3600 * kSampleRate + 7;
  EXPECT_LE(ten_years_samples - to_samples(to_duration(ten_years_samples)), 1);
  EXPECT_EQ(to_samples(milliseconds(10)), 480);
}

TEST(Time, NeverStaysNever) {
  EXPECT_TRUE((Instant::never() + milliseconds(1)).is_never());
  EXPECT_LT(Instant::from_nanoseconds(5), Instant::never());
}

TEST(ByteReader, ReadPastTheEndIsZeroAndMarksNotOk) {
  const std::array<std::byte, 3> bytes{std::byte{1}, std::byte{2}, std::byte{3}};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.u16(), 0x0102);
  EXPECT_EQ(reader.u16(), 0);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.u8(), 0);
}

TEST(Bytes, AreAppendedToBigEndian) {
  Bytes out;
  append(out, 0x0102, 2);
  append(out, 0xab'cdef, 3);
  append(out, 0x1ff, 1);
  append(out, as_bytes("x"));
  append(out, 7, 8);
  EXPECT_EQ(as_text(out), std::string_view("\x01\x02\xab\xcd\xef\xffx\0\0\0\0\0\0\0\x07", 15));
}

TEST(ByteWriter, WritesBigEndianAndRefusesOverflow) {
  std::array<std::byte, 4> out{};
  ByteWriter writer(out);
  writer.u24(0x010203);
  writer.u16(0xffff);
  EXPECT_FALSE(writer.ok());
  EXPECT_EQ(writer.size(), 3U);
  EXPECT_EQ(out[2], std::byte{3});
}

TEST(SeededRandom, SameSeedSameBytes) {
  SeededRandom a(7);
  SeededRandom b(7);
  EXPECT_EQ(a.token(32), b.token(32));
  EXPECT_LT(a.below(10), 10U);
}

TEST(SpscQueue, RefusesWhenFull) {
  SpscQueue<int> queue(2);
  EXPECT_TRUE(queue.try_push(1));
  EXPECT_TRUE(queue.try_push(2));
  EXPECT_FALSE(queue.try_push(3));
  EXPECT_EQ(queue.try_pop(), 1);
  EXPECT_TRUE(queue.try_push(3));
}

TEST(SpscQueue, KeepsOrderBetweenTwoThreads) {
  SpscQueue<int> queue(64);
  constexpr int kCount = 100'000;
  std::thread producer([&] {
    for (int i = 0; i < kCount;) {
      if (queue.try_push(i)) ++i;
    }
  });
  for (int expected = 0; expected < kCount;) {
    if (const auto value = queue.try_pop()) {
      ASSERT_EQ(*value, expected);
      ++expected;
    }
  }
  producer.join();
}

}  // namespace
}  // namespace shelcaster::base
