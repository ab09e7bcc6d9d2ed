#include "media/aac_fill.hpp"

#include <gtest/gtest.h>

#include "media/aac_encoder.hpp"
#include "media/ffmpeg_for_tests.hpp"

namespace shelcaster::media {
namespace {

/// ADTS (ISO/IEC 14496-3 §1.A.2.2) around raw frames, for a decoder that reads files.
std::string adts_of(const std::vector<base::Bytes>& frames) {
  std::string out;
  for (const base::Bytes& frame : frames) {
    const std::size_t size = frame.size() + 7;
    for (const unsigned byte : {0xffU, 0xf1U, 0x4cU, 0x80U | static_cast<unsigned>(size >> 11U),
                                static_cast<unsigned>(size >> 3U) & 0xffU,
                                (static_cast<unsigned>(size) & 7U) << 5U | 0x1fU, 0xfcU}) {
      out += static_cast<char>(byte);
    }
    out += base::as_text(frame);
  }
  return out;
}

TEST(AacFill, ChangesTheSizeOfAFrameAndNotItsSound) {
  AacEncoder encoder;
  std::vector<base::Bytes> plain, filled;
  for (std::int64_t at = 0; at < 60 * 1024; at += 1024) {
    // Sound, then silence, whose frames are the smallest.
    const auto samples = at < 30 * 1024 ? tone(1000, 0.25, at, 1024) : tone(1000, 0, at, 1024);
    for (const AacPacket& packet : encoder.encode(base::SampleTime(at), samples)) {
      plain.push_back(packet.bytes);
      // Sizes around those where the element's count grows longer.
      filled.push_back(filled_aac(packet.bytes, packet.bytes.size() + plain.size() * 17));
      EXPECT_GE(filled.back().size() + 1, packet.bytes.size() + plain.size() * 17);
    }
  }
  for (std::size_t more = 0; more < 40; ++more) {
    const base::Bytes last = plain.back();
    EXPECT_GE(filled_aac(last, last.size() + more).size() + 1, last.size() + more);
    plain.push_back(last);
    filled.push_back(filled_aac(last, last.size() + more));
  }
  const TestFolder folder;
  write_file(folder / "plain.aac", adts_of(plain));
  write_file(folder / "filled.aac", adts_of(filled));
  const auto expected = decoded_by_ffmpeg(folder / "plain.aac");
  ASSERT_GT(expected.size(), 2 * 60 * 1024U);
  EXPECT_EQ(decoded_by_ffmpeg(folder / "filled.aac"), expected);
}

}  // namespace
}  // namespace shelcaster::media
