#include "output/rtmp/rtmp_publisher.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace shelcaster::output {
namespace {

/// 256 AAC frames are 5.5 s.
constexpr std::size_t kQueuePackets = 256;
constexpr std::size_t kUrlBytesMax = 2'048;

constexpr std::int64_t to_ms(std::int64_t samples) { return samples * 1000 / base::kSampleRate; }

}  // namespace

base::Result<void> check_rtmp_url(std::string_view url) {
  if (url.size() > kUrlBytesMax) {
    return base::fail(fmt::format("url: at most {} bytes", kUrlBytesMax));
  }
  const std::size_t colon = url.find("://");
  const std::string_view scheme = url.substr(0, colon == std::string_view::npos ? 0 : colon);
  if (scheme != "rtmp" && scheme != "rtmps") {
    return base::fail("url: scheme must be rtmp or rtmps, as in rtmps://host/app/key");
  }
  const std::string_view rest = url.substr(colon + 3);
  if (rest.empty() || rest.front() == '/' || rest.front() == ':') {
    return base::fail("url: the host is missing, as in rtmps://host/app/key");
  }
  const auto is_bad = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; };
  if (std::any_of(rest.begin(), rest.end(), is_bad)) {
    return base::fail("url: blanks and control characters aren't allowed");
  }
  return {};
}

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

RtmpPublisher::RtmpPublisher(RtmpPublisherConfig config, Clock clock)
    : config_(std::move(config)),
      clock_(std::move(clock)),
      queue_(kQueuePackets),
      backoff_(config_.backoff_min) {}

void RtmpPublisher::push(std::shared_ptr<const media::AacPacket> packet) {
  if (!queue_.try_push(std::move(packet))) ++packets_dropped_;
}

RtmpStatus RtmpPublisher::status() const {
  const std::lock_guard lock(status_mutex_);
  RtmpStatus status = status_;
  status.packets_dropped = packets_dropped_;
  return status;
}

void RtmpPublisher::set_status(RtmpState state, std::string detail) {
  const std::lock_guard lock(status_mutex_);
  if (state == RtmpState::kLive && status_.state != RtmpState::kLive) ++status_.connections;
  status_.state = state;
  status_.detail = std::move(detail);
}

void RtmpPublisher::restart_deadline() { deadline_ = clock_() + config_.stall_max; }

void RtmpPublisher::work() {
  if (!connection_) {
    if (clock_() < retry_at_) {
      // Old sound is of no use to a server that comes back later.
      while (queue_.try_pop()) {
      }
      return;
    }
    connect();
  }
  send_queued();
}

void RtmpPublisher::connect() {
  set_status(RtmpState::kConnecting, "");
  card_.emplace();
  first_.reset();
  next_frame_ = 0;
  restart_deadline();
  auto opened = media::RtmpConnection::open(config_.target, config_.aac_config, card_->config(),
                                            [this] { return is_aborted_ || clock_() > deadline_; });
  if (!opened) {
    give_up(opened.error().message);
    return;
  }
  connection_.emplace(std::move(*opened));
  live_since_ = clock_();
  set_status(RtmpState::kLive, "");
}

void RtmpPublisher::send_queued() {
  while (connection_) {
    const auto packet = queue_.try_pop();
    if (!packet) return;
    restart_deadline();
    if (auto sent = send(**packet); !sent) give_up(sent.error().message);
  }
}

base::Result<void> RtmpPublisher::send(const media::AacPacket& packet) {
  if (!first_) first_ = packet.at;
  const std::int64_t now = packet.at - *first_;
  constexpr std::int64_t kFrameSamples = base::kSampleRate / media::kCardFramesPerSecond;
  for (; next_frame_ * kFrameSamples <= now; ++next_frame_) {
    if (auto sent = connection_->send_video(card_->next(), to_ms(next_frame_ * kFrameSamples));
        !sent) {
      return sent;
    }
  }
  return connection_->send_audio(packet, to_ms(now));
}

void RtmpPublisher::give_up(const std::string& why) {
  const bool was_steady = connection_ && clock_() - live_since_ > config_.backoff_max;
  deadline_ = clock_() + std::chrono::seconds(1);  // for the goodbye
  connection_.reset();
  if (was_steady) backoff_ = config_.backoff_min;
  retry_at_ = clock_() + backoff_;
  set_status(RtmpState::kRetrying,
             fmt::format("{}; next try in {} s", why,
                         std::chrono::ceil<std::chrono::seconds>(backoff_).count()));
  backoff_ = std::min(2 * backoff_, config_.backoff_max);
}

void RtmpPublisher::finish() {
  if (!connection_) return;
  send_queued();
  if (!connection_) return;
  restart_deadline();
  connection_->finish();
  connection_.reset();
}

}  // namespace shelcaster::output
