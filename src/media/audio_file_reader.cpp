#include "media/audio_file_reader.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "media/detail/av.hpp"
#include "media/detail/file_io.hpp"
#include "media/detail/mpeg_sync.hpp"
#include "media/text_guess.hpp"

namespace shelcaster::media {
namespace {

using detail::av_error;

// Demuxers that follow references to other files or play lists are not among them.
constexpr const char* kFormats = "mp3,aac,mov,flac,wav,w64,aiff,caf,ogg,matroska";
// Both small, so that a file that is being downloaded plays soon: an MP3 says all about itself in
// its first frames.
constexpr std::int64_t kProbeBytesMax = 64 * 1024;
constexpr std::int64_t kAnalyzeUsMax = 200'000;
constexpr int kChannelsMax = 16;
constexpr int kSampleRateMin = 4'000;
constexpr int kSampleRateMax = 384'000;
/// So many packets in a row without a sample decoded: the file is damage, not music.
constexpr int kBadPacketsInRowMax = 2'000;
/// A few bytes can promise a chunk of 2 GiB, which libav would clear before it reads. Ten hours of
/// MP4 have an index of less, and no cover is as large.
constexpr std::size_t kAllocationBytesMax = std::size_t{64} << 20U;

int refuse_to_open(AVFormatContext* /*context*/, AVIOContext** /*io*/, const char* /*url*/,
                   int /*flags*/, AVDictionary** /*options*/) {
  return AVERROR(EPERM);
}

std::uint64_t big_endian(std::span<const std::uint8_t> bytes) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8U | byte;
  return value;
}

bool begins_with(detail::FileIo& io, std::string_view magic) {
  std::array<std::uint8_t, 4> head{};
  return io.read_at(0, head) &&
         magic == std::string_view(reinterpret_cast<const char*>(head.data()), head.size());
}

/// True for an MP4 file whose index ("moov") stands behind the sound ("mdat"), as most encoders
/// leave it: it can be decoded only when all of it is there (ISO/IEC 14496-12 §4.2).
bool has_index_behind_sound(detail::FileIo& io) {
  constexpr int kBoxesMax = 32;
  constexpr std::uint64_t kBoxBytesMax = std::uint64_t{1} << 40U;
  std::array<std::uint8_t, 16> head{};
  std::int64_t at = 0;
  for (int i = 0; i < kBoxesMax && io.read_at(at, head); ++i) {
    const std::string_view type(reinterpret_cast<const char*>(head.data()) + 4, 4);
    if (i == 0 && type != "ftyp") return false;
    if (type == "moov" || type == "mdat") return type == "mdat";
    std::uint64_t size = big_endian(std::span(head).first(4));
    if (size == 1) size = big_endian(std::span(head).last(8));
    if (size < 8 || size > kBoxBytesMax) return false;
    at += static_cast<std::int64_t>(size);
  }
  return false;
}

}  // namespace

class AudioFileReader::Decoding {
 public:
  Decoding(int fd, WaitForMore wait_for_more, FileWindow window)
      : io_(fd, std::move(wait_for_more), window) {}
  Decoding(const Decoding&) = delete;
  Decoding& operator=(const Decoding&) = delete;
  ~Decoding() { avformat_close_input(&format_); }

  base::Result<void> open();
  base::Result<std::span<const float>> read();
  [[nodiscard]] const AudioFileInfo& info() const { return info_; }
  [[nodiscard]] AudioFileTags tags();
  [[nodiscard]] std::span<const std::uint8_t> cover() const;

 private:
  base::Result<void> open_format(const char* format);
  [[nodiscard]] std::string tag(const char* name) const;
  base::Result<void> open_decoder();
  void describe();
  base::Result<bool> feed_decoder();
  base::Result<void> fit_resampler(const AVFrame& frame);
  base::Result<std::span<const float>> resample(const AVFrame* frame);

  detail::FileIo io_;
  AVFormatContext* format_ = nullptr;
  AVStream* stream_ = nullptr;
  detail::AvCodecContextPtr decoder_;
  detail::AvPacketPtr packet_{detail::must(av_packet_alloc())};
  detail::AvFramePtr frame_{detail::must(av_frame_alloc())};
  detail::SwrContextPtr resampler_;
  int resampler_rate_ = 0;
  int resampler_format_ = -1;
  int resampler_channels_ = 0;
  std::vector<float> samples_;
  AudioFileInfo info_;
  int bad_packets_in_row_ = 0;
  bool is_drained_ = false;
};

base::Result<void> AudioFileReader::Decoding::open() {
  detail::silence_log();
  av_max_alloc(kAllocationBytesMax);
  // Its table of packets stands behind the sound.
  if (begins_with(io_, "caff")) io_.wait_for_bytes(std::numeric_limits<std::int64_t>::max());
  const auto mpeg_begin = detail::mpeg_behind_foreign_bytes(io_);
  if (mpeg_begin) io_.begin_at(*mpeg_begin);
  if (!io_.is_whole() && !has_index_behind_sound(io_)) io_.read_forward_only();
  if (auto opened = open_format(mpeg_begin ? "mp3" : nullptr); !opened) return opened;
  if (auto opened = open_decoder(); !opened) return opened;
  describe();
  return {};
}

base::Result<void> AudioFileReader::Decoding::open_format(const char* format) {
  format_ = detail::must(avformat_alloc_context());
  format_->pb = io_.context();
  format_->flags |= AVFMT_FLAG_CUSTOM_IO;
  format_->io_open = refuse_to_open;
  format_->probesize = kProbeBytesMax;
  format_->max_analyze_duration = kAnalyzeUsMax;
  format_->format_whitelist = detail::must(av_strdup(kFormats));
  // Frees the context itself when it fails.
  if (const int code = avformat_open_input(
          &format_, nullptr, format == nullptr ? nullptr : av_find_input_format(format), nullptr);
      code < 0) {
    return base::fail(
        fmt::format("this is no audio file of a known format (MP3, AAC/M4A, FLAC, WAV, Ogg) or it "
                    "is damaged: {}",
                    av_error(code)));
  }
  if (const int code = avformat_find_stream_info(format_, nullptr); code < 0) {
    return base::fail(fmt::format("the file is damaged: {}", av_error(code)));
  }
  return {};
}

base::Result<void> AudioFileReader::Decoding::open_decoder() {
  const AVCodec* codec = nullptr;
  const int index = av_find_best_stream(format_, AVMEDIA_TYPE_AUDIO, -1, -1, &codec, 0);
  if (index < 0) {
    const bool has_video =
        av_find_best_stream(format_, AVMEDIA_TYPE_VIDEO, -1, -1, nullptr, 0) >= 0;
    return base::fail(has_video ? "the file has video but no audio"
                                : "the file has no audio that can be decoded");
  }
  stream_ = format_->streams[index];
  for (unsigned i = 0; i < format_->nb_streams; ++i) {
    if (format_->streams[i] != stream_) format_->streams[i]->discard = AVDISCARD_ALL;
  }
  const AVCodecParameters& parameters = *stream_->codecpar;
  if (parameters.ch_layout.nb_channels > kChannelsMax || parameters.sample_rate > kSampleRateMax) {
    return base::fail(fmt::format("{} channels at {} Hz are too many (at most {} at {} Hz)",
                                  parameters.ch_layout.nb_channels, parameters.sample_rate,
                                  kChannelsMax, kSampleRateMax));
  }
  decoder_.reset(detail::must(avcodec_alloc_context3(codec)));
  decoder_->thread_count = 1;  // The import sandbox allows no threads.
  decoder_->pkt_timebase = stream_->time_base;
  if (avcodec_parameters_to_context(decoder_.get(), &parameters) < 0 ||
      avcodec_open2(decoder_.get(), codec, nullptr) < 0) {
    return base::fail(fmt::format("its {} audio can't be decoded", codec->name));
  }
  return {};
}

void AudioFileReader::Decoding::describe() {
  info_.container = format_->iformat->name;
  info_.codec = avcodec_get_name(decoder_->codec_id);
  std::int64_t us = AV_NOPTS_VALUE;
  if (stream_->duration != AV_NOPTS_VALUE && stream_->duration > 0) {
    us = av_rescale_q(stream_->duration, stream_->time_base, AVRational{1, AV_TIME_BASE});
  } else if (format_->duration != AV_NOPTS_VALUE && format_->duration > 0) {
    us = format_->duration;
  }
  constexpr std::int64_t kPlausibleUsMax = 1'000LL * 3600 * 1'000'000;
  if (us == AV_NOPTS_VALUE || us > kPlausibleUsMax) return;
  info_.duration = std::chrono::microseconds(us);
  // An MP3 that was cut still has the header of the whole.
  info_.is_duration_declared =
      format_->duration_estimation_method == AVFMT_DURATION_FROM_STREAM && info_.container != "mp3";
}

std::string AudioFileReader::Decoding::tag(const char* name) const {
  const AVDictionaryEntry* entry = av_dict_get(format_->metadata, name, nullptr, 0);
  if (entry == nullptr) entry = av_dict_get(stream_->metadata, name, nullptr, 0);
  if (entry == nullptr) return {};
  // ID3 says Latin-1 of whatever bytes there were, and libav believes it.
  const bool is_id3 = info_.container == "mp3" || info_.container == "aac";
  return is_id3 ? TextGuess::latin1_bytes(entry->value) : std::string(entry->value);
}

AudioFileTags AudioFileReader::Decoding::tags() {
  AudioFileTags tags{tag("title"), tag("artist"), tag("album")};
  // ID3v1 stands at the end, which libav didn't see of a file that was being downloaded.
  std::array<std::uint8_t, 128> last{};
  const bool is_mp3 = info_.container == "mp3";
  if (!is_mp3 || !tags.title.empty() || !io_.is_whole() || io_.size() < 128 ||
      !io_.read_at(io_.size() - 128, last)) {
    return tags;
  }
  const std::string_view text(reinterpret_cast<const char*>(last.data()), last.size());
  if (!text.starts_with("TAG")) return tags;
  const auto field = [&](std::size_t at) {
    const std::string_view whole = text.substr(at, 30);
    return std::string(whole.substr(0, whole.find('\0')));
  };
  return {field(3), field(33), field(63)};
}

std::span<const std::uint8_t> AudioFileReader::Decoding::cover() const {
  for (unsigned i = 0; i < format_->nb_streams; ++i) {
    const AVStream& stream = *format_->streams[i];
    if ((stream.disposition & AV_DISPOSITION_ATTACHED_PIC) == 0) continue;
    const AVPacket& picture = stream.attached_pic;
    if (picture.data != nullptr && picture.size > 0) {
      return {picture.data, static_cast<std::size_t>(picture.size)};
    }
  }
  return {};
}

/// False at the end of the file.
base::Result<bool> AudioFileReader::Decoding::feed_decoder() {
  for (;;) {
    const int got = av_read_frame(format_, packet_.get());
    if (got == AVERROR(EAGAIN)) continue;
    if (got < 0) {
      // What libav reads as an error in mid-file (a broken length, say) ends the music as well; the
      // caller compares what came with what the container promised.
      (void)avcodec_send_packet(decoder_.get(), nullptr);
      return false;
    }
    const bool is_ours = packet_->stream_index == stream_->index;
    const int sent = is_ours ? avcodec_send_packet(decoder_.get(), packet_.get()) : 0;
    av_packet_unref(packet_.get());
    if (!is_ours) continue;
    if (sent == 0) return true;
    if (++bad_packets_in_row_ > kBadPacketsInRowMax) {
      return base::fail(fmt::format("its {} audio is damaged: {}", info_.codec, av_error(sent)));
    }
  }
}

base::Result<std::span<const float>> AudioFileReader::Decoding::read() {
  if (is_drained_) return std::span<const float>{};
  for (;;) {
    const int got = avcodec_receive_frame(decoder_.get(), frame_.get());
    if (got == AVERROR_EOF) {
      is_drained_ = true;
      return resample(nullptr);
    }
    if (got == AVERROR(EAGAIN)) {
      if (auto fed = feed_decoder(); !fed) return tl::unexpected(fed.error());
      continue;
    }
    if (got < 0) {
      if (++bad_packets_in_row_ > kBadPacketsInRowMax) {
        return base::fail(fmt::format("its {} audio is damaged: {}", info_.codec, av_error(got)));
      }
      continue;
    }
    bad_packets_in_row_ = 0;
    auto samples = resample(frame_.get());
    av_frame_unref(frame_.get());
    if (!samples || !samples->empty()) return samples;
  }
}

base::Result<void> AudioFileReader::Decoding::fit_resampler(const AVFrame& frame) {
  const int channels = frame.ch_layout.nb_channels;
  if (resampler_ && frame.sample_rate == resampler_rate_ && frame.format == resampler_format_ &&
      channels == resampler_channels_) {
    return {};
  }
  if (channels < 1 || channels > kChannelsMax || frame.sample_rate < kSampleRateMin ||
      frame.sample_rate > kSampleRateMax) {
    return base::fail(
        fmt::format("{} channels at {} Hz can't be played", channels, frame.sample_rate));
  }
  AVChannelLayout in{};
  if (frame.ch_layout.order == AV_CHANNEL_ORDER_UNSPEC) {
    av_channel_layout_default(&in, channels);
  } else {
    detail::must_succeed(av_channel_layout_copy(&in, &frame.ch_layout));
  }
  AVChannelLayout out = AV_CHANNEL_LAYOUT_STEREO;
  SwrContext* made = nullptr;
  int code =
      swr_alloc_set_opts2(&made, &out, AV_SAMPLE_FMT_FLT, int{base::kSampleRate}, &in,
                          static_cast<AVSampleFormat>(frame.format), frame.sample_rate, 0, nullptr);
  resampler_.reset(made);
  // One channel goes to both sides as it is; libav would make it 3 dB quieter.
  constexpr std::array<double, 2> kMonoToBoth{1.0, 1.0};
  if (code >= 0 && channels == 1) code = swr_set_matrix(made, kMonoToBoth.data(), 1);
  if (code >= 0) code = swr_init(made);
  av_channel_layout_uninit(&in);
  if (code < 0) {
    return base::fail(fmt::format("{} channels of its layout can't be made stereo: {}", channels,
                                  av_error(code)));
  }
  resampler_rate_ = frame.sample_rate;
  resampler_format_ = frame.format;
  resampler_channels_ = channels;
  return {};
}

/// No frame: what the resampler still holds.
base::Result<std::span<const float>> AudioFileReader::Decoding::resample(const AVFrame* frame) {
  if (frame != nullptr) {
    if (auto fitted = fit_resampler(*frame); !fitted) return tl::unexpected(fitted.error());
  }
  if (!resampler_) return std::span<const float>{};
  const int in = frame == nullptr ? 0 : frame->nb_samples;
  const int room = swr_get_out_samples(resampler_.get(), in);
  if (room <= 0) return std::span<const float>{};
  samples_.resize(static_cast<std::size_t>(room) * 2);
  auto* out = reinterpret_cast<std::uint8_t*>(samples_.data());
  auto** planes =
      frame == nullptr ? nullptr : const_cast<const std::uint8_t**>(frame->extended_data);
  const int got = swr_convert(resampler_.get(), &out, room, planes, in);
  if (got < 0) return base::fail(fmt::format("resampling failed: {}", av_error(got)));
  return std::span<const float>(samples_).first(static_cast<std::size_t>(got) * 2);
}

AudioFileReader::AudioFileReader(std::unique_ptr<Decoding> decoding)
    : decoding_(std::move(decoding)) {}
AudioFileReader::AudioFileReader(AudioFileReader&&) noexcept = default;
AudioFileReader& AudioFileReader::operator=(AudioFileReader&&) noexcept = default;
AudioFileReader::~AudioFileReader() = default;

base::Result<AudioFileReader> AudioFileReader::open(int fd, WaitForMore wait_for_more,
                                                    FileWindow window) {
  auto decoding = std::make_unique<Decoding>(fd, std::move(wait_for_more), window);
  if (auto opened = decoding->open(); !opened) return tl::unexpected(opened.error());
  return AudioFileReader(std::move(decoding));
}

const AudioFileInfo& AudioFileReader::info() const { return decoding_->info(); }

AudioFileTags AudioFileReader::tags() { return decoding_->tags(); }

std::span<const std::uint8_t> AudioFileReader::cover() const { return decoding_->cover(); }

base::Result<std::span<const float>> AudioFileReader::read() { return decoding_->read(); }

}  // namespace shelcaster::media
