#include "app/publish/publish_core.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace shelcaster::app {
namespace {

constexpr base::Duration kTick = std::chrono::milliseconds(10);
constexpr int kFramesAtOnce = 47;
constexpr auto kFrame = std::int64_t{media::kAacFrameSamples};

}  // namespace

PublishCore::PublishCore(tape::TapeReader tape, media::AacEncoder encoder,
                         std::unique_ptr<HlsDestination> hls)
    : tape_(std::move(tape)),
      encoder_(std::move(encoder)),
      hls_(std::move(hls)),
      frame_(2 * media::kAacFrameSamples) {}

base::Result<PublishCore> PublishCore::open(int tape_fd, const std::filesystem::path& hls_dir,
                                            OnError on_error) {
  auto tape = tape::TapeReader::attach(tape_fd);
  if (!tape) return tl::unexpected(tape.error());
  media::AacEncoder encoder;
  const auto edge = std::max(base::SampleTime(0), tape->head() - kPublishLagSamples);
  auto hls = std::make_unique<HlsDestination>(
      output::HlsPackager::open(hls_dir, encoder.config(), tape->epoch().wall, edge),
      std::move(on_error));
  PublishCore core(std::move(*tape), std::move(encoder), std::move(hls));
  core.start_at(core.hls().next_at());
  return core;
}

PublishCounters PublishCore::counters() const {
  PublishCounters counters = counters_;
  counters.write_errors = hls_->write_errors();
  return counters;
}

base::Instant PublishCore::next_segment_due() const {
  // The encoder is one frame behind, and what mix writes in a tick comes at once.
  const std::int64_t frames = hls().packets_to_segment_end();
  const base::SampleTime head = position_ + (frames * kFrame + kPublishLagSamples);
  return tape_.epoch().monotonic + base::to_duration(head.samples()) + kTick;
}

bool PublishCore::is_at_rest() const {
  const base::SampleTime from = position_ - kFrame;
  return from >= base::SampleTime(0) && tape_.is_silent(from, tape_.head() - from);
}

double PublishCore::peak_db(base::SampleTime from, std::int64_t samples) const {
  constexpr double kSilenceDb = -120;
  if (samples <= 0 || tape_.is_silent(from, samples)) return kSilenceDb;
  std::vector<float> part(2 * static_cast<std::size_t>(samples));
  if (tape_.read(from, part) != tape::ReadResult::kOk) return kSilenceDb;
  float peak = 0;
  for (const float sample : part) peak = std::max(peak, std::abs(sample));
  return std::max(kSilenceDb, 20.0 * std::log10(static_cast<double>(peak) + 1e-9));
}

void PublishCore::start_at(base::SampleTime at) {
  first_wanted_ = at;
  position_ = at - kWarmUpFrames * kFrame;
}

bool PublishCore::advance(const Sink& sink) {
  pass_on_marks();
  for (int left = kFramesAtOnce; left > 0 && frames_ready() > 0; --left) {
    if (!encode_next(sink)) jump_to_edge();
  }
  return frames_ready() > 0;
}

std::int64_t PublishCore::frames_ready() const {
  return hls().is_finished() ? 0 : (tape_.head() - kPublishLagSamples - position_) / kFrame;
}

bool PublishCore::is_about_to_write() const {
  // The encoder is one frame behind.
  return std::min<std::int64_t>(frames_ready(), kFramesAtOnce) + 1 >=
         hls().packets_to_segment_end();
}

PublishCore::Frame PublishCore::read_frame() {
  const auto found = [](tape::ReadResult result) {
    return result == tape::ReadResult::kOk ? Frame::kSound : Frame::kGone;
  };
  if (position_ < base::SampleTime(0)) {
    // Warm-up from before the show; the position may lie off the frame grid, so that a frame can
    // straddle the beginning.
    const auto silent = static_cast<std::size_t>(std::min(kFrame, -position_.samples()));
    std::fill_n(frame_.begin(), 2 * silent, 0.0F);
    return found(tape_.read(base::SampleTime(0), std::span(frame_).subspan(2 * silent)));
  }
  if (tape_.is_silent(position_, kFrame)) return Frame::kSilence;
  return found(tape_.read(position_, frame_));
}

bool PublishCore::encode_next(const Sink& sink) {
  const Frame frame = read_frame();
  if (frame != Frame::kGone) pass_on_pcm(kFrame, frame);
  if (frame == Frame::kSilence) encode_silence(sink);
  if (frame == Frame::kSound) encode_sound(sink);
  return frame != Frame::kGone;
}

void PublishCore::encode_sound(const Sink& sink) {
  pass_on(encoder_.encode(position_, frame_), sink);
}

void PublishCore::encode_silence(const Sink& sink) {
  pass_on(encoder_.encode_silence(position_), sink);
}

void PublishCore::pass_on_pcm(std::int64_t frames, Frame what) {
  // Before the show lies no programme.
  if (!pcm_sink_ || position_ < base::SampleTime(0)) return;
  PcmBlock block{position_, frames, {}};
  if (what == Frame::kSound) {
    block.interleaved.assign(frame_.begin(),
                             frame_.begin() + static_cast<std::ptrdiff_t>(2 * frames));
  }
  pcm_sink_(std::make_shared<const PcmBlock>(std::move(block)));
}

void PublishCore::pass_on_marks() {
  if (!mark_sink_) return;
  for (; next_mark_ < tape_.mark_count(); ++next_mark_) {
    auto mark = std::make_shared<ProgrammeMark>();
    mark->number = next_mark_;
    if (tape_.read_mark(next_mark_, mark->mark) == tape::ReadResult::kOk) mark_sink_(mark);
  }
}

/// What a frame has brought out.
void PublishCore::pass_on(std::vector<media::AacPacket> packets, const Sink& sink) {
  for (media::AacPacket& packet : packets) {
    if (packet.at < first_wanted_) continue;
    ++counters_.packets;
    const auto shared = std::make_shared<const media::AacPacket>(std::move(packet));
    hls_->push(shared);
    sink(shared);
  }
  position_ = position_ + kFrame;
  // Not past the head: finish() encodes silence to bring out what the encoder holds.
  tape_.set_reader_position(std::clamp(position_, base::SampleTime(0), tape_.head()));
}

void PublishCore::jump_to_edge() {
  ++counters_.overruns;
  encoder_ = media::AacEncoder();
  start_at(tape_.head() - kPublishLagSamples);
}

base::Result<void> PublishCore::finish(const Sink& sink) {
  if (hls().is_finished()) return {};
  while (advance(sink)) {
  }
  const base::SampleTime end = tape_.head();
  while (position_ + kFrame <= end) {
    if (!encode_next(sink)) jump_to_edge();
  }
  const std::int64_t rest = end - position_;
  if (rest > 0 && position_ >= base::SampleTime(0)) {
    std::fill(frame_.begin(), frame_.end(), 0.0F);
    (void)tape_.read(position_, std::span(frame_).first(2 * static_cast<std::size_t>(rest)));
    pass_on_pcm(rest, Frame::kSound);
    encode_sound(sink);
  }
  for (int i = 0; i < media::kAacDelayFrames; ++i) encode_silence(sink);
  return hls_->end_list();
}

}  // namespace shelcaster::app
