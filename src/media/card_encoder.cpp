#include "media/card_encoder.hpp"

#include <algorithm>
#include <utility>

#include "media/detail/av.hpp"
#include "media/detail/card.hpp"

namespace shelcaster::media {
namespace {

void copy_plane(const std::vector<std::uint8_t>& from, std::size_t width, std::uint8_t* to,
                int stride) {
  for (std::size_t at = 0; at < from.size(); at += width) {
    std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(at), width, to);
    to += stride;
  }
}

}  // namespace

struct CardEncoder::State {
  detail::AvCodecContextPtr codec;
  detail::AvFramePtr frame{detail::must(av_frame_alloc())};
  detail::AvPacketPtr packet{detail::must(av_packet_alloc())};
  std::int64_t next_frame = 0;
};

CardEncoder::CardEncoder(CardRate rate) : state_(std::make_unique<State>()) {
  detail::silence_log();
  const AVCodec* x264 = detail::must(avcodec_find_encoder_by_name("libx264"));
  state_->codec.reset(detail::must(avcodec_alloc_context3(x264)));
  AVCodecContext& codec = *state_->codec;
  codec.width = kCardWidth;
  codec.height = kCardHeight;
  codec.pix_fmt = AV_PIX_FMT_YUV420P;
  codec.time_base = {1, kCardFramesPerSecond};
  codec.framerate = {kCardFramesPerSecond, 1};
  codec.bit_rate = kCardBitrateBps;
  codec.rc_max_rate = kCardBitrateBps;
  codec.rc_buffer_size = 2 * kCardBitrateBps;
  codec.gop_size = kCardFramesPerIdr;
  codec.keyint_min = kCardFramesPerIdr;
  codec.max_b_frames = 0;
  codec.thread_count = 1;
  codec.flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  // zerolatency: a frame in gives its packet out, which next() relies on.
  for (const auto& [key, value] :
       {std::pair{"preset", "veryfast"}, std::pair{"tune", "zerolatency"},
        std::pair{"profile", "main"}, std::pair{"sc_threshold", "0"},
        std::pair{"nal-hrd", rate == CardRate::kConstant ? "cbr" : "none"}}) {
    detail::must_succeed(av_opt_set(&codec, key, value, AV_OPT_SEARCH_CHILDREN));
  }
  detail::must_succeed(avcodec_open2(&codec, x264, nullptr));

  AVFrame& frame = *state_->frame;
  frame.width = codec.width;
  frame.height = codec.height;
  frame.format = codec.pix_fmt;
  detail::must_succeed(av_frame_get_buffer(&frame, 0));
  const detail::Card card = detail::draw_card(kCardWidth, kCardHeight);
  copy_plane(card.y, card.width, frame.data[0], frame.linesize[0]);
  copy_plane(card.u, card.width / 2, frame.data[1], frame.linesize[1]);
  copy_plane(card.v, card.width / 2, frame.data[2], frame.linesize[2]);
}

CardEncoder::CardEncoder(CardEncoder&&) noexcept = default;
CardEncoder& CardEncoder::operator=(CardEncoder&&) noexcept = default;
CardEncoder::~CardEncoder() = default;

VideoPacket CardEncoder::next() {
  state_->frame->pts = state_->next_frame;
  detail::must_succeed(avcodec_send_frame(state_->codec.get(), state_->frame.get()));
  detail::must_succeed(avcodec_receive_packet(state_->codec.get(), state_->packet.get()));
  const AVPacket& packet = *state_->packet;
  const auto bytes = std::as_bytes(std::span(packet.data, static_cast<std::size_t>(packet.size)));
  VideoPacket out{
      state_->next_frame++, (packet.flags & AV_PKT_FLAG_KEY) != 0, {bytes.begin(), bytes.end()}};
  av_packet_unref(state_->packet.get());
  return out;
}

base::ByteSpan CardEncoder::config() const {
  return std::as_bytes(
      std::span(state_->codec->extradata, static_cast<std::size_t>(state_->codec->extradata_size)));
}

}  // namespace shelcaster::media
