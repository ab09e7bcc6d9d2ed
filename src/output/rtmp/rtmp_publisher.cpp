#include "output/rtmp/rtmp_publisher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "media/aac_fill.hpp"
#include "output/rtmp/flv_body.hpp"

namespace shelcaster::output {
namespace {

using namespace std::chrono_literals;

/// 256 AAC frames are 5.5 s: the worker is away for no longer but to connect.
constexpr std::size_t kQueuePackets = 256;
constexpr std::size_t kUnarrivedFramesMax = 2 * base::kSampleRate / media::kAacFrameSamples;
constexpr std::size_t kWaitingFramesMax = 3 * base::kSampleRate / media::kAacFrameSamples;
constexpr std::size_t kKeptFrames = base::kSampleRate / 2 / media::kAacFrameSamples;
/// What is sent in time again for so long is no longer too slow.
constexpr base::Duration kSlowFor = 30s;
constexpr base::Duration kMeasureEvery = 2s;
constexpr std::int64_t kCardFrameSamples = base::kSampleRate / media::kCardFramesPerSecond;
/// Services that ask for a constant rate ask for at least so much of AAC.
constexpr int kAudioFloorBps = 96'000;
constexpr std::size_t kAacFloorBytes =
    kAudioFloorBps / 8 * media::kAacFrameSamples / base::kSampleRate;

constexpr std::int64_t to_ms(std::int64_t samples) { return samples * 1000 / base::kSampleRate; }

}  // namespace

std::string_view to_string(RtmpState state) {
  switch (state) {
    case RtmpState::kConnecting:
      return "connecting";
    case RtmpState::kLive:
      return "live";
    case RtmpState::kRetrying:
      return "retrying";
  }
  return "";
}

RtmpPublisher::RtmpPublisher(RtmpPublisherConfig config, RtmpConnect connect, base::Random& random,
                             Clock clock)
    : config_(std::move(config)),
      connect_(std::move(connect)),
      random_(random),
      clock_(std::move(clock)),
      queue_(kQueuePackets),
      backoff_(config_.backoff_min) {}

void RtmpPublisher::push(std::shared_ptr<const media::AacPacket> packet) {
  if (!queue_.try_push(std::move(packet))) ++frames_dropped_;
}

RtmpStatus RtmpPublisher::status() const {
  const std::lock_guard lock(status_mutex_);
  RtmpStatus status = status_;
  status.frames_dropped = frames_dropped_;
  return status;
}

void RtmpPublisher::set_status(RtmpState state, RtmpProblem problem, std::string detail) {
  const std::lock_guard lock(status_mutex_);
  if (state == RtmpState::kLive && status_.state != RtmpState::kLive) ++status_.connections;
  if (state != RtmpState::kLive) status_.delay_ms = status_.bitrate_bps = 0;
  status_.state = state;
  status_.problem = problem;
  status_.detail = std::move(detail);
}

void RtmpPublisher::work() {
  take_queued();
  if (!line_) {
    if (clock_() < retry_at_) {
      // Old sound is of no use to a server that comes back later.
      waiting_.clear();
      return;
    }
    connect();
    if (!line_) return;
    take_queued();
  }
  const base::Instant now = clock_();
  if (auto failure = line_->work(now)) return give_up(*failure);
  if (line_->session().is_live() && !is_streaming_) begin_stream();
  if (!line_->session().is_live()) {
    waiting_.clear();
    if (now - opened_at_ > config_.stall_max) {
      give_up({RtmpProblem::kTimedOut, "the destination doesn't answer"});
    }
    return;
  }
  if (line_->unarrived() > 0 && now - line_->moved_at() > config_.stall_max) {
    return give_up({RtmpProblem::kTimedOut, "the destination takes nothing any more"});
  }
  skip_if_late();
  send_waiting();
  if (auto failure = line_->work(now)) return give_up(*failure);
  look_at_health();
}

void RtmpPublisher::take_queued() {
  while (auto packet = queue_.try_pop()) {
    waiting_.push_back(std::move(*packet));
  }
}

void RtmpPublisher::connect() {
  set_status(RtmpState::kConnecting, RtmpProblem::kNone, "");
  const base::Instant deadline = clock_() + config_.stall_max;
  auto transport =
      connect_(config_.address, [&] { return is_aborted_.load() || clock_() > deadline; });
  if (!transport) return give_up(transport.error());
  opened_at_ = clock_();
  first_.reset();
  handed_until_.reset();
  line_.emplace(std::move(*transport),
                RtmpSession(config_.address, std::exchange(next_app_, {}), random_));
}

void RtmpPublisher::begin_stream() {
  is_streaming_ = true;
  live_since_ = clock_();
  measured_at_ = live_since_;
  measured_bytes_ = line_->sent_bytes();
  has_skipped_ = false;
  card_.emplace(config_.is_constant_rate ? media::CardRate::kConstant : media::CardRate::kVariable);
  next_frame_ = 0;
  RtmpSession& session = line_->session();
  session.send_metadata({.width = media::kCardWidth,
                         .height = media::kCardHeight,
                         .frames_per_second = media::kCardFramesPerSecond,
                         .video_bps = media::kCardBitrateBps,
                         .audio_bps = media::kAacBitrateBps});
  session.send_video(flv_avc_config(card_->config()), 0);
  session.send_audio(flv_aac_config(config_.aac_config), 0);
  set_status(RtmpState::kLive, RtmpProblem::kNone, "");
}

void RtmpPublisher::skip_if_late() {
  if (waiting_.size() <= kWaitingFramesMax) return;
  while (waiting_.size() > kKeptFrames) {
    waiting_.pop_front();
    ++frames_dropped_;
  }
  skipped_at_ = clock_();
  has_skipped_ = true;
  // The pictures go on with an IDR, which a new encoder begins with, at the time of the sound.
  card_.emplace(config_.is_constant_rate ? media::CardRate::kConstant : media::CardRate::kVariable);
  if (first_) {
    next_frame_ = (waiting_.front()->at - *first_ + kCardFrameSamples - 1) / kCardFrameSamples;
  }
}

void RtmpPublisher::send_waiting() {
  while (!waiting_.empty() && line_->unarrived() < kUnarrivedFramesMax) {
    send(*waiting_.front());
    waiting_.pop_front();
  }
}

void RtmpPublisher::send(const media::AacPacket& packet) {
  if (!first_) first_ = packet.at;
  const std::int64_t at = packet.at - *first_;
  send_video_until(at);
  line_->session().send_audio(
      flv_aac_frame(config_.is_constant_rate ? media::filled_aac(packet.bytes, kAacFloorBytes)
                                             : packet.bytes),
      to_ms(at));
  handed_until_ = packet.at + std::int64_t{media::kAacFrameSamples};
  line_->mark();
}

void RtmpPublisher::send_video_until(std::int64_t at) {
  for (; next_frame_ * kCardFrameSamples <= at; ++next_frame_) {
    const media::VideoPacket picture = card_->next();
    line_->session().send_video(flv_avc_frame(picture.bytes, picture.is_idr),
                                to_ms(next_frame_ * kCardFrameSamples));
  }
}

void RtmpPublisher::look_at_health() {
  const base::Instant now = clock_();
  const bool is_slow = has_skipped_ && now - skipped_at_ < kSlowFor;
  const auto behind = static_cast<std::int64_t>(line_->unarrived() + waiting_.size());
  const std::lock_guard lock(status_mutex_);
  status_.delay_ms = to_ms(behind * std::int64_t{media::kAacFrameSamples});
  status_.problem = is_slow ? RtmpProblem::kTooSlow : RtmpProblem::kNone;
  status_.detail = is_slow
                       ? "the way to the destination is too slow for the programme: parts of it "
                         "are left out"
                       : "";
  if (now - measured_at_ < kMeasureEvery) return;
  const auto ms = (now - measured_at_) / 1ms;
  status_.bitrate_bps =
      static_cast<std::int64_t>(line_->sent_bytes() - measured_bytes_) * 8 * 1000 / ms;
  measured_at_ = now;
  measured_bytes_ = line_->sent_bytes();
}

void RtmpPublisher::give_up(const RtmpFailure& failure) {
  const bool was_steady = is_streaming_ && clock_() - live_since_ > config_.backoff_max;
  if (line_) next_app_ = line_->session().next_app();
  line_.reset();
  is_streaming_ = false;
  waiting_.clear();
  if (was_steady) backoff_ = config_.backoff_min;
  if (!next_app_.empty()) {
    retry_at_ = clock_();
    return;
  }
  retry_at_ = clock_() + backoff_;
  set_status(RtmpState::kRetrying, failure.problem,
             fmt::format("{}; next try in {} s", failure.detail,
                         std::chrono::ceil<std::chrono::seconds>(backoff_).count()));
  backoff_ = std::min(2 * backoff_, config_.backoff_max);
}

bool RtmpPublisher::finish() {
  if (!line_) return true;
  if (!std::exchange(is_finishing_, true)) {
    take_queued();
    if (line_->session().is_live()) {
      send_waiting();
      line_->session().send_video(flv_avc_end(),
                                  first_ && handed_until_ ? to_ms(*handed_until_ - *first_) : 0);
      line_->session().finish();
    }
  }
  const bool has_failed = line_->work(clock_()).has_value();
  return has_failed || !line_->has_unsent();
}

}  // namespace shelcaster::output
