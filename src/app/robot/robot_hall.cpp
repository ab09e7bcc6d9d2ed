#include "app/robot/robot_hall.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <array>
#include <cmath>
#include <cstdlib>
#include <span>
#include <utility>

#include "app/robot/api_client.hpp"
#include "rtc/dtls/dtls_certificate.hpp"
#include "rtc/peer/peer.hpp"
#include "runtime/system_clock.hpp"
#include "runtime/system_random.hpp"
#include "runtime/udp_socket.hpp"

namespace shelcaster::app {
namespace {

using runtime::SystemClock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr base::Duration kBlock = milliseconds(10);
constexpr base::Duration kRetryAfter = milliseconds(500);
/// As of a page: the server sends a return without pause, so that one which stops is a mixer or a
/// network that is gone.
constexpr base::Duration kSilentMax = seconds(3);

codec::OpusEncoderConfig microphone_encoder() {
  return {.channels = 1,
          .bitrate_bps = 64'000,
          .complexity = 5,
          .fec = true,
          .expected_loss_percent = 5,
          .speech = true};
}

const rtc::DtlsCertificate& shared_certificate() {
  static const auto certificate = [] {
    auto made = rtc::DtlsCertificate::make();
    if (!made) std::abort();
    return *std::move(made);
  }();
  return *certificate;
}

}  // namespace

class RobotHall::Robot {
 public:
  Robot(RobotConfig config, runtime::UdpSocket socket)
      : config_(std::move(config)),
        api_(config_.server, config_.token),
        socket_(std::move(socket)) {
    report_.name = config_.name;
  }
  Robot(const Robot&) = delete;
  Robot& operator=(const Robot&) = delete;
  ~Robot() {
    if (!peer_) return;
    peer_->close(SystemClock::now());
    drain();
  }

  [[nodiscard]] int fd() const { return socket_.fd(); }

  void receive() {
    for (;;) {
      const auto received = socket_.receive(slots_);
      for (runtime::ReceivedDatagram& datagram : received) {
        if (peer_) peer_->handle_datagram(datagram.arrival, datagram.datagram());
        drain();
      }
      if (received.size() < slots_.size()) return;
    }
  }

  /// Once per 10 ms, `late` after its time.
  void tick(base::Instant now, base::Duration late) {
    report_.late_ms_max =
        std::max(report_.late_ms_max, std::chrono::duration<float, std::milli>(late).count());
    if (!peer_ && now >= retry_at_) connect(now);
    if (!peer_) return;
    if (timeout_at_ <= now) peer_->handle_timeout(now);
    drain();
    if (!peer_) return;
    speak(now);
    listen(now);
    drain();
    watch_return(now);
  }

  RobotReport take_report() {
    if (peer_) {
      const rtc::MediaStats stats = peer_->stats();
      report_.is_connected = peer_->is_connected();
      report_.loss_percent = stats.loss_percent;
      report_.delay_ms = stats.delay_ms;
      report_.rtt_ms = stats.rtt_ms;
    } else {
      report_.is_connected = false;
    }
    const double mean = heard_samples_ > 0 ? heard_energy_ / heard_samples_ : 0.0;
    constexpr double kFloor = 1e-12;
    report_.heard_rms_db = static_cast<float>(10.0 * std::log10(std::max(mean, kFloor)));
    heard_energy_ = heard_samples_ = 0;
    RobotReport report = report_;
    report_.late_ms_max = 0;
    return report;
  }

 private:
  void connect(base::Instant now) {
    retry_at_ = now + kRetryAfter;
    rtc::PeerConfig config;
    config.certificate = &shared_certificate();
    config.encoder = microphone_encoder();
    auto peer = std::make_unique<rtc::Peer>(config, random_);
    const auto reply = api_.request("POST", fmt::format("/whip/{}", config_.show_id),
                                    "application/sdp", peer->make_offer());
    if (!reply || reply->status != 201) return;
    if (!peer->accept_answer(SystemClock::now(), reply->body)) return;
    peer_ = std::move(peer);
    flowed_at_ = now;
    received_ = 0;
    is_counted_ = false;
    drain();
  }

  void watch_return(base::Instant now) {
    if (!peer_) return;
    const std::uint64_t received = peer_->stats().packets_received;
    if (received != received_) flowed_at_ = now;
    received_ = received;
    if (!peer_->is_connected() || now - flowed_at_ < kSilentMax) return;
    // Without a goodbye: the next offer takes the seat over.
    peer_.reset();
    retry_at_ = now;
  }

  void drain() {
    while (peer_) {
      const rtc::TransportOutput output = peer_->poll_output();
      if (const auto* transmit = std::get_if<net::Transmit>(&output)) {
        socket_.send(*transmit);
      } else if (const auto* event = std::get_if<rtc::TransportEvent>(&output)) {
        if (std::holds_alternative<rtc::Connected>(*event) && !is_counted_) {
          is_counted_ = true;
          ++report_.connections;
        }
        if (std::holds_alternative<rtc::Closed>(*event)) {
          peer_.reset();
          retry_at_ = SystemClock::now() + kRetryAfter;
        }
      } else {
        timeout_at_ = std::get<rtc::Timeout>(output).at;
        return;
      }
    }
  }

  void speak(base::Instant now) {
    audio::StereoBlock block;
    config_.voice.fill(block);
    const std::size_t offset = is_second_half_ ? audio::kBlockFrames : 0;
    for (std::size_t i = 0; i < audio::kBlockFrames; ++i) pcm_[offset + i] = block[2 * i];
    if (is_second_half_) peer_->push(now, pcm_);
    is_second_half_ = !is_second_half_;
  }

  void listen(base::Instant now) {
    std::array<float, audio::kBlockSamples> block{};
    (void)peer_->pull(now, block);
    for (const float sample : block) heard_energy_ += static_cast<double>(sample * sample);
    heard_samples_ += static_cast<double>(block.size());
  }

  RobotConfig config_;
  ApiClient api_;
  runtime::SystemRandom random_;
  runtime::UdpSocket socket_;
  std::array<runtime::ReceivedDatagram, 16> slots_{};
  std::unique_ptr<rtc::Peer> peer_;
  base::Instant retry_at_;
  base::Instant flowed_at_;  // when a packet came last
  std::uint64_t received_ = 0;
  base::Instant timeout_at_ = base::Instant::never();
  std::array<float, 2 * std::size_t{audio::kBlockFrames}> pcm_{};
  bool is_second_half_ = false;
  bool is_counted_ = false;
  RobotReport report_;
  double heard_energy_ = 0;
  double heard_samples_ = 0;
};

RobotHall::RobotHall() = default;
RobotHall::~RobotHall() = default;

base::Result<void> RobotHall::add(RobotConfig config) {
  auto socket = runtime::UdpSocket::bind(net::Endpoint::v4({0, 0, 0, 0}, 0));
  if (!socket) return tl::unexpected(socket.error());
  robots_.push_back(std::make_unique<Robot>(std::move(config), *std::move(socket)));
  return {};
}

void RobotHall::run(const std::function<bool()>& is_over,
                    const std::function<void(const std::vector<RobotReport>&)>& each_second) {
  std::vector<pollfd> waits;
  for (const auto& robot : robots_)
    waits.push_back({.fd = robot->fd(), .events = POLLIN, .revents = 0});
  base::Instant next_tick = SystemClock::now();
  base::Instant next_report = next_tick + seconds(1);
  while (!is_over()) {
    const base::Duration left = next_tick - SystemClock::now();
    const auto wait_ms = std::chrono::ceil<milliseconds>(left).count();
    (void)poll(waits.data(), waits.size(), static_cast<int>(std::max<std::int64_t>(wait_ms, 0)));
    for (std::size_t i = 0; i < robots_.size(); ++i) {
      if ((waits[i].revents & POLLIN) != 0) robots_[i]->receive();
    }
    const base::Instant now = SystemClock::now();
    if (now < next_tick) continue;
    for (const auto& robot : robots_) robot->tick(next_tick, now - next_tick);
    next_tick = next_tick + kBlock;
    // A loop that was held up for long, as by a slow server, does not talk faster afterwards.
    if (now - next_tick > seconds(1)) next_tick = now;
    if (now < next_report) continue;
    next_report = next_report + seconds(1);
    std::vector<RobotReport> reports;
    reports.reserve(robots_.size());
    for (const auto& robot : robots_) reports.push_back(robot->take_report());
    each_second(reports);
  }
}

}  // namespace shelcaster::app
