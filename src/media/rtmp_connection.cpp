#include "media/rtmp_connection.hpp"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "media/detail/av.hpp"

namespace shelcaster::media {
namespace {

constexpr int kVideoStream = 0;
constexpr int kAudioStream = 1;
constexpr const char* kSystemCaFile = "/etc/ssl/certs/ca-certificates.crt";

void set_config(AVCodecParameters& parameters, base::ByteSpan config) {
  parameters.extradata = static_cast<std::uint8_t*>(
      detail::must(av_mallocz(config.size() + AV_INPUT_BUFFER_PADDING_SIZE)));
  std::memcpy(parameters.extradata, config.data(), config.size());
  parameters.extradata_size = static_cast<int>(config.size());
}

void add_streams(AVFormatContext& format, base::ByteSpan aac_config, base::ByteSpan h264_config) {
  AVCodecParameters& video = *detail::must(avformat_new_stream(&format, nullptr))->codecpar;
  video.codec_type = AVMEDIA_TYPE_VIDEO;
  video.codec_id = AV_CODEC_ID_H264;
  video.width = kCardWidth;
  video.height = kCardHeight;
  video.bit_rate = kCardBitrateBps;
  set_config(video, h264_config);
  AVCodecParameters& audio = *detail::must(avformat_new_stream(&format, nullptr))->codecpar;
  audio.codec_type = AVMEDIA_TYPE_AUDIO;
  audio.codec_id = AV_CODEC_ID_AAC;
  audio.sample_rate = int{base::kSampleRate};
  audio.bit_rate = kAacBitrateBps;
  audio.frame_size = int{kAacFrameSamples};
  av_channel_layout_default(&audio.ch_layout, 2);
  set_config(audio, aac_config);
}

}  // namespace

struct RtmpConnection::State {
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (format == nullptr) return;
    avio_closep(&format->pb);
    avformat_free_context(format);
  }

  IsAborted is_aborted;
  AVFormatContext* format = nullptr;
  detail::AvPacketPtr packet{detail::must(av_packet_alloc())};
};

RtmpConnection::RtmpConnection(std::unique_ptr<State> state) : state_(std::move(state)) {}
RtmpConnection::RtmpConnection(RtmpConnection&&) noexcept = default;
RtmpConnection& RtmpConnection::operator=(RtmpConnection&&) noexcept = default;
RtmpConnection::~RtmpConnection() = default;

base::Result<RtmpConnection> RtmpConnection::open(const RtmpTarget& target,
                                                  base::ByteSpan aac_config,
                                                  base::ByteSpan h264_config,
                                                  IsAborted is_aborted) {
  detail::silence_log();
  auto state = std::make_unique<State>();
  state->is_aborted = std::move(is_aborted);
  const AVIOInterruptCB interrupt{
      [](void* self) { return static_cast<State*>(self)->is_aborted() ? 1 : 0; }, state.get()};
  detail::must_succeed(avformat_alloc_output_context2(&state->format, nullptr, "flv", nullptr));
  AVFormatContext& format = *state->format;
  format.interrupt_callback = interrupt;
  format.flags |= AVFMT_FLAG_FLUSH_PACKETS;
  add_streams(format, aac_config, h264_config);

  AVDictionary* options = nullptr;
  if (target.url.starts_with("rtmps:")) {
    // libavformat verifies nothing unless told to.
    av_dict_set(&options, "tls_verify", "1", 0);
    av_dict_set(&options, "ca_file",
                target.ca_file.empty() ? kSystemCaFile : target.ca_file.c_str(), 0);
  }
  int code = avio_open2(&format.pb, target.url.c_str(), AVIO_FLAG_WRITE, &interrupt, &options);
  av_dict_free(&options);
  if (code < 0) {
    return base::fail(
        fmt::format("the server can't be reached or refused: {}", detail::av_error(code)));
  }
  AVDictionary* muxer = nullptr;
  // A live stream has no length to go back and fill in.
  av_dict_set(&muxer, "flvflags", "no_duration_filesize", 0);
  code = avformat_write_header(&format, &muxer);
  av_dict_free(&muxer);
  if (code < 0) {
    return base::fail(fmt::format("the server refused the stream: {}", detail::av_error(code)));
  }
  return RtmpConnection(std::move(state));
}

base::Result<void> RtmpConnection::send(int stream, base::ByteSpan bytes, bool is_key,
                                        std::int64_t at_ms) {
  AVPacket& packet = *state_->packet;
  detail::must_succeed(av_new_packet(&packet, static_cast<int>(bytes.size())));
  std::memcpy(packet.data, bytes.data(), bytes.size());
  packet.stream_index = stream;
  packet.pts = at_ms;
  packet.dts = at_ms;
  if (is_key) packet.flags |= AV_PKT_FLAG_KEY;
  int code = av_write_frame(state_->format, &packet);
  av_packet_unref(&packet);
  if (code >= 0) code = state_->format->pb->error;
  if (code < 0) {
    return base::fail(fmt::format("the connection broke: {}", detail::av_error(code)));
  }
  return {};
}

base::Result<void> RtmpConnection::send_audio(const AacPacket& packet, std::int64_t at_ms) {
  return send(kAudioStream, packet.bytes, true, at_ms);
}

base::Result<void> RtmpConnection::send_video(const VideoPacket& packet, std::int64_t at_ms) {
  return send(kVideoStream, packet.bytes, packet.is_idr, at_ms);
}

void RtmpConnection::finish() { (void)av_write_trailer(state_->format); }

}  // namespace shelcaster::media
