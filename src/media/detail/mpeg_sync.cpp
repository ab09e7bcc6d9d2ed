#include "media/detail/mpeg_sync.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <vector>

namespace shelcaster::media::detail {
namespace {

constexpr std::int64_t kSearchBytesMax = std::int64_t{4} << 20U;
/// So many frames in a row that agree are no accident.
constexpr int kFramesWanted = 4;
/// How far libav finds the first frame behind a tag by itself.
constexpr std::size_t kNearBytes = 2'048;

using Bytes = std::span<const std::uint8_t>;

struct Frame {
  std::size_t size = 0;    // 0: this is no frame
  std::uint32_t kind = 0;  // version, layer and rate, the same in all frames of a stream
};

/// ISO/IEC 11172-3 §2.4.1.3 and its extensions to lower rates.
Frame frame_at(Bytes bytes) {
  if (bytes.size() < 4 || bytes[0] != 0xff || (bytes[1] & 0xe0U) != 0xe0U) return {};
  const unsigned version = bytes[1] >> 3U & 3U;  // 0: 2.5, 2: 2, 3: 1
  const unsigned layer = bytes[1] >> 1U & 3U;    // 1: III, 2: II
  const unsigned rate_index = bytes[2] >> 2U & 3U;
  const unsigned bitrate_index = bytes[2] >> 4U;
  if (version == 1 || (layer != 1 && layer != 2) || rate_index == 3) return {};
  if (bitrate_index == 0 || bitrate_index == 15) return {};
  static constexpr std::array<unsigned, 3> kRates{44'100, 48'000, 32'000};
  static constexpr std::array<unsigned, 15> kIII{0,   32,  40,  48,  56,  64,  80, 96,
                                                 112, 128, 160, 192, 224, 256, 320};
  static constexpr std::array<unsigned, 15> kII{0,   32,  48,  56,  64,  80,  96, 112,
                                                128, 160, 192, 224, 256, 320, 384};
  static constexpr std::array<unsigned, 15> kLow{0,  8,  16, 24,  32,  40,  48, 56,
                                                 64, 80, 96, 112, 128, 144, 160};
  const bool is_low = version != 3;
  const unsigned rate = kRates[rate_index] >> (version == 3 ? 0U : version == 2 ? 1U : 2U);
  const unsigned kbps = is_low       ? kLow[bitrate_index]
                        : layer == 1 ? kIII[bitrate_index]
                                     : kII[bitrate_index];
  const unsigned samples = layer == 1 && is_low ? 576 : 1'152;
  const unsigned padding = bytes[2] >> 1U & 1U;
  return {.size = samples / 8 * kbps * 1'000 / rate + padding,
          .kind = version << 8U | layer << 4U | rate_index};
}

bool are_frames(Bytes bytes) {
  std::uint32_t kind = 0;
  for (int i = 0; i < kFramesWanted; ++i) {
    const Frame frame = frame_at(bytes);
    if (frame.size == 0 || (i > 0 && frame.kind != kind)) return false;
    kind = frame.kind;
    bytes = bytes.subspan(std::min(bytes.size(), frame.size));
  }
  return true;
}

bool begins_as_known(Bytes bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  static constexpr std::array<std::string_view, 8> kMagic{
      "fLaC", "RIFF", "RF64", "FORM", "caff", "OggS", "\x1a\x45\xdf\xa3", "riff"};
  const bool is_mp4 =
      text.size() > 8 && (text.substr(4, 4) == "ftyp" || text.substr(4, 4) == "moov");
  const bool is_adts = text.size() > 1 && bytes[0] == 0xff && (bytes[1] & 0xf6U) == 0xf0U;
  return is_mp4 || is_adts || std::ranges::any_of(kMagic, [&](std::string_view magic) {
           return text.starts_with(magic);
         });
}

/// How long the ID3v2 tag at the beginning says that it is; 0: there is none.
std::int64_t id3_size(Bytes bytes) {
  if (bytes.size() < 10 || bytes[0] != 'I' || bytes[1] != 'D' || bytes[2] != '3') return 0;
  std::int64_t size = 0;
  for (std::size_t i = 6; i < 10; ++i) size = size << 7U | (bytes[i] & 0x7fU);
  const bool has_footer = (bytes[5] & 0x10U) != 0;
  return size + (has_footer ? 20 : 10);
}

}  // namespace

std::optional<std::int64_t> mpeg_behind_foreign_bytes(FileIo& io) {
  std::array<std::uint8_t, 12> head{};
  if (!io.read_at(0, head) || begins_as_known(head)) return std::nullopt;
  const std::int64_t tag = id3_size(head);
  if (tag > kSearchBytesMax) return std::nullopt;
  // In steps, so that a file that is being downloaded isn't waited for more than need be.
  std::vector<std::uint8_t> bytes;
  constexpr std::size_t kStep = 8 * 1024;
  for (std::size_t searched = 0;;) {
    const std::size_t before = bytes.size();
    bytes.resize(before + kStep);
    const std::size_t got =
        io.read_some(tag + static_cast<std::int64_t>(before), std::span(bytes).subspan(before));
    bytes.resize(before + got);
    if (before == 0 && tag > 0 && begins_as_known(bytes)) return std::nullopt;
    // A last frame is cut off, so that the search stays behind what is read.
    constexpr std::size_t kFourFrames = 4 * 2'000;
    const bool is_end = got < kStep;
    const std::size_t end =
        is_end ? bytes.size() : bytes.size() - std::min(bytes.size(), kFourFrames);
    for (; searched < end; ++searched) {
      const Bytes rest = Bytes(bytes).subspan(searched);
      if (rest[0] != 0xff || !are_frames(rest)) continue;
      if (searched <= kNearBytes) return std::nullopt;
      return tag + static_cast<std::int64_t>(searched);
    }
    if (is_end || static_cast<std::int64_t>(bytes.size()) >= kSearchBytesMax) return std::nullopt;
  }
}

}  // namespace shelcaster::media::detail
