#include "media/fmp4_writer.hpp"

#include <cstring>
#include <utility>

#include "media/detail/av.hpp"

namespace shelcaster::media {
namespace {

constexpr int kBufferBytes = 16 * 1024;

int append(void* opaque, std::uint8_t* data, int size) {
  auto& out = *static_cast<base::Bytes*>(opaque);
  const auto bytes = std::as_bytes(std::span(data, static_cast<std::size_t>(size)));
  out.insert(out.end(), bytes.begin(), bytes.end());
  return size;
}

}  // namespace

struct Fmp4Writer::State {
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    avformat_free_context(format);
    av_freep(&io->buffer);
    avio_context_free(&io);
  }

  base::Bytes out;
  base::Bytes init;
  AVIOContext* io = nullptr;
  AVFormatContext* format = nullptr;
  detail::AvPacketPtr packet{detail::must(av_packet_alloc())};
};

Fmp4Writer::Fmp4Writer(base::ByteSpan aac_config, std::int64_t fragments_before)
    : state_(std::make_unique<State>()) {
  detail::silence_log();
  auto* buffer = static_cast<unsigned char*>(detail::must(av_malloc(kBufferBytes)));
  state_->io = detail::must(
      avio_alloc_context(buffer, kBufferBytes, 1, &state_->out, nullptr, append, nullptr));
  detail::must_succeed(avformat_alloc_output_context2(&state_->format, nullptr, "mp4", nullptr));
  state_->format->pb = state_->io;
  // The same input gives the same bytes: no creation time or library version inside.
  state_->format->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;

  AVStream& stream = *detail::must(avformat_new_stream(state_->format, nullptr));
  stream.time_base = {1, int{base::kSampleRate}};
  AVCodecParameters& parameters = *stream.codecpar;
  parameters.codec_type = AVMEDIA_TYPE_AUDIO;
  parameters.codec_id = AV_CODEC_ID_AAC;
  parameters.profile = FF_PROFILE_AAC_LOW;
  parameters.sample_rate = int{base::kSampleRate};
  parameters.bit_rate = kAacBitrateBps;
  parameters.frame_size = int{kAacFrameSamples};
  av_channel_layout_default(&parameters.ch_layout, 2);
  parameters.extradata = static_cast<std::uint8_t*>(
      detail::must(av_mallocz(aac_config.size() + AV_INPUT_BUFFER_PADDING_SIZE)));
  std::memcpy(parameters.extradata, aac_config.data(), aac_config.size());
  parameters.extradata_size = static_cast<int>(aac_config.size());

  AVDictionary* options = nullptr;
  // frag_discont makes the first fragment start at its packet's own time, not at zero.
  av_dict_set(&options, "movflags", "frag_custom+empty_moov+default_base_moof+frag_discont", 0);
  av_dict_set(&options, "use_editlist", "0", 0);
  av_dict_set(&options, "avoid_negative_ts", "disabled", 0);
  // Numbers of 32 bits, which a show of a thousand years would use up; libav's own limit is half.
  constexpr std::int64_t kIndexMax = (std::int64_t{1} << 31U) - 1;
  av_dict_set_int(&options, "fragment_index", fragments_before % kIndexMax + 1, 0);
  const int code = avformat_write_header(state_->format, &options);
  av_dict_free(&options);
  detail::must_succeed(code);
  avio_flush(state_->io);
  state_->init = std::exchange(state_->out, {});
}

Fmp4Writer::Fmp4Writer(Fmp4Writer&&) noexcept = default;
Fmp4Writer& Fmp4Writer::operator=(Fmp4Writer&&) noexcept = default;
Fmp4Writer::~Fmp4Writer() = default;

const base::Bytes& Fmp4Writer::init_segment() const { return state_->init; }

void Fmp4Writer::add(const AacPacket& packet) {
  AVPacket& out = *state_->packet;
  detail::must_succeed(av_new_packet(&out, static_cast<int>(packet.bytes.size())));
  std::memcpy(out.data, packet.bytes.data(), packet.bytes.size());
  out.pts = packet.at.samples();
  out.dts = out.pts;
  out.duration = int{kAacFrameSamples};
  out.flags |= AV_PKT_FLAG_KEY;
  detail::must_succeed(av_write_frame(state_->format, &out));
  av_packet_unref(&out);
}

base::Bytes Fmp4Writer::take_fragment() {
  detail::must_succeed(av_write_frame(state_->format, nullptr));
  avio_flush(state_->io);
  return std::exchange(state_->out, {});
}

}  // namespace shelcaster::media
