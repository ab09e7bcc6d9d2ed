#include "media/cover.hpp"

#include <algorithm>
#include <array>

#include "media/detail/av.hpp"

namespace shelcaster::media {
namespace {

constexpr std::size_t kBytesMax = std::size_t{2} << 20U;
constexpr int kSideMax = 4'096;

bool decodes(AVCodecID id, std::span<const std::uint8_t> bytes) {
  const AVCodec* codec = avcodec_find_decoder(id);
  if (codec == nullptr) return false;
  const detail::AvCodecContextPtr decoder(detail::must(avcodec_alloc_context3(codec)));
  decoder->thread_count = 1;  // The import sandbox allows no threads.
  decoder->max_pixels = std::int64_t{kSideMax} * kSideMax;
  decoder->err_recognition = AV_EF_EXPLODE | AV_EF_CRCCHECK;
  if (avcodec_open2(decoder.get(), codec, nullptr) < 0) return false;
  const detail::AvPacketPtr packet(detail::must(av_packet_alloc()));
  if (av_new_packet(packet.get(), static_cast<int>(bytes.size())) < 0) return false;
  std::copy(bytes.begin(), bytes.end(), packet->data);
  const detail::AvFramePtr frame(detail::must(av_frame_alloc()));
  if (avcodec_send_packet(decoder.get(), packet.get()) < 0 ||
      avcodec_send_packet(decoder.get(), nullptr) < 0 ||
      avcodec_receive_frame(decoder.get(), frame.get()) < 0) {
    return false;
  }
  return frame->width > 0 && frame->width <= kSideMax && frame->height > 0 &&
         frame->height <= kSideMax;
}

}  // namespace

std::optional<std::string_view> sound_cover(std::span<const std::uint8_t> bytes) {
  constexpr std::array<std::uint8_t, 3> kJpeg{0xff, 0xd8, 0xff};
  constexpr std::array<std::uint8_t, 8> kPng{0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  if (bytes.size() > kBytesMax || bytes.size() < kPng.size()) return std::nullopt;
  if (std::equal(kJpeg.begin(), kJpeg.end(), bytes.begin())) {
    return decodes(AV_CODEC_ID_MJPEG, bytes) ? std::optional<std::string_view>("jpg")
                                             : std::nullopt;
  }
  if (std::equal(kPng.begin(), kPng.end(), bytes.begin())) {
    return decodes(AV_CODEC_ID_PNG, bytes) ? std::optional<std::string_view>("png") : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace shelcaster::media
