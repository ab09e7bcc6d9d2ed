#include "media/flac_encoder.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "media/detail/av.hpp"

extern "C" {
#include <libavutil/crc.h>
}

namespace shelcaster::media {
namespace {

constexpr std::size_t kStreamInfoBytes = 34;
constexpr std::size_t kFooterBytes = 2;
constexpr float kFullScale = 8'388'608.0F;  // 2^23

std::uint32_t crc_of(AVCRCId id, base::ByteSpan bytes) {
  return av_crc(av_crc_get_table(id), 0, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                bytes.size());
}

/// The coded number (RFC 9639 §9.1.5): as UTF-8 is written, up to 36 bits.
void append_coded(base::Bytes& out, std::uint64_t number) {
  if (number < 0x80) return base::append(out, number, 1);
  int following = 1;
  while (number >> static_cast<unsigned>(6 * following + 6 - following) != 0) ++following;
  const auto ones = static_cast<std::uint64_t>(0xff00U >> static_cast<unsigned>(following + 1));
  base::append(out, (ones & 0xffU) | number >> static_cast<unsigned>(6 * following), 1);
  for (int left = following - 1; left >= 0; --left) {
    base::append(out, 0x80U | (number >> static_cast<unsigned>(6 * left) & 0x3fU), 1);
  }
}

/// The same frame with another number (§9.1):
///
///   sync, strategy (2 bytes) | block size, sample rate | channels, bits | coded number
///   | block size, if it has no code (0 to 2 bytes) | CRC-8 | subframes ... | CRC-16
base::Bytes renumbered(base::ByteSpan frame, std::uint64_t number) {
  constexpr std::size_t kNumberAt = 4;
  const auto at = [&](std::size_t i) { return std::to_integer<unsigned>(frame[i]); };
  std::size_t number_bytes = 1;
  while (number_bytes > 1 || at(kNumberAt) >= 0x80U) {
    if ((at(kNumberAt) << number_bytes & 0x80U) == 0) break;
    ++number_bytes;
  }
  const unsigned block_code = at(2) >> 4U;
  const std::size_t extra = block_code == 6 ? 1 : block_code == 7 ? 2 : 0;
  const std::size_t after_number = kNumberAt + number_bytes;
  base::Bytes out(frame.begin(), frame.begin() + kNumberAt);
  append_coded(out, number);
  base::append(out, frame.subspan(after_number, extra));
  base::append(out, crc_of(AV_CRC_8_ATM, out), 1);
  const base::ByteSpan rest = frame.subspan(after_number + extra + 1);
  base::append(out, rest.first(rest.size() - kFooterBytes));
  // libavutil keeps this one with its bytes in the other order.
  const std::uint32_t crc = crc_of(AV_CRC_16_ANSI, out);
  base::append(out, (crc & 0xffU) << 8U | (crc >> 8U & 0xffU), 2);
  return out;
}

}  // namespace

struct FlacEncoder::State {
  detail::AvCodecContextPtr codec;
  detail::AvPacketPtr packet{detail::must(av_packet_alloc())};
  base::Bytes stream_info;
  std::uint64_t next_frame = 0;
};

FlacEncoder::FlacEncoder(std::uint64_t first_frame) : state_(std::make_unique<State>()) {
  detail::silence_log();
  const AVCodec* flac = detail::must(avcodec_find_encoder(AV_CODEC_ID_FLAC));
  state_->codec.reset(detail::must(avcodec_alloc_context3(flac)));
  AVCodecContext& codec = *state_->codec;
  codec.sample_fmt = AV_SAMPLE_FMT_S32;
  codec.bits_per_raw_sample = 24;
  codec.sample_rate = 48'000;
  codec.frame_size = int{kFlacFrameSamples};
  codec.time_base = {1, 48'000};
  codec.thread_count = 1;
  av_channel_layout_default(&codec.ch_layout, 2);
  detail::must_succeed(avcodec_open2(&codec, flac, nullptr));
  if (codec.extradata_size != int{kStreamInfoBytes}) std::abort();
  const auto info = std::as_bytes(std::span(codec.extradata, kStreamInfoBytes));
  state_->stream_info.assign(info.begin(), info.end());
  state_->next_frame = first_frame;
}

FlacEncoder::FlacEncoder(FlacEncoder&&) noexcept = default;
FlacEncoder& FlacEncoder::operator=(FlacEncoder&&) noexcept = default;
FlacEncoder::~FlacEncoder() = default;

base::Bytes FlacEncoder::encode(std::span<const float> interleaved) {
  const std::size_t frames = interleaved.size() / 2;
  if (frames < 16 || frames > kFlacFrameSamples) std::abort();
  const detail::AvFramePtr frame{detail::must(av_frame_alloc())};
  frame->nb_samples = static_cast<int>(frames);
  frame->format = AV_SAMPLE_FMT_S32;
  frame->sample_rate = 48'000;
  detail::must_succeed(av_channel_layout_copy(&frame->ch_layout, &state_->codec->ch_layout));
  detail::must_succeed(av_frame_get_buffer(frame.get(), 0));
  auto* out = reinterpret_cast<std::int32_t*>(frame->data[0]);
  for (std::size_t i = 0; i < interleaved.size(); ++i) {
    const float sample = std::isfinite(interleaved[i]) ? interleaved[i] * kFullScale : 0.0F;
    const float kept = std::clamp(sample, -kFullScale, kFullScale - 1);
    out[i] = static_cast<std::int32_t>(std::lrint(kept)) * 256;
  }
  detail::must_succeed(avcodec_send_frame(state_->codec.get(), frame.get()));
  detail::must_succeed(avcodec_receive_packet(state_->codec.get(), state_->packet.get()));
  const auto bytes = std::as_bytes(
      std::span(state_->packet->data, static_cast<std::size_t>(state_->packet->size)));
  base::Bytes made = renumbered(bytes, state_->next_frame++);
  av_packet_unref(state_->packet.get());
  return made;
}

base::Bytes FlacEncoder::header(std::uint64_t total_samples) const {
  base::Bytes header;
  base::append(header, base::as_bytes("fLaC"));
  base::append(header, 0x80, 1);  // STREAMINFO, the last of the metadata blocks (§8.1)
  base::append(header, kStreamInfoBytes, 3);
  base::append(header, state_->stream_info);
  // The lower 36 bits of bytes 10 to 17 of STREAMINFO (§8.2).
  constexpr std::size_t kTotalAt = 4 + 4 + 13;
  header[kTotalAt] |= static_cast<std::byte>(total_samples >> 32U & 0x0fU);
  for (std::size_t i = 1; i <= 4; ++i) {
    header[kTotalAt + i] = static_cast<std::byte>(total_samples >> (32U - 8U * i) & 0xffU);
  }
  return header;
}

}  // namespace shelcaster::media
