#include "insider.hpp"

#include <cstdlib>
#include <utility>

#include "rtc/peer/demux.hpp"
#include "rtc/sdp/description.hpp"
#include "runtime/system_clock.hpp"

namespace shelcaster::attack {
namespace {

using runtime::SystemClock;

constexpr base::Duration kFrame = std::chrono::milliseconds(20);
constexpr std::size_t kFrameSamples = 960;

template <typename T>
T must(base::Result<T> made) {
  if (!made) std::abort();
  return *std::move(made);
}

}  // namespace

Insider::Insider(base::Random& random)
    : random_(random),
      certificate_(must(rtc::DtlsCertificate::make())),
      socket_(must(runtime::UdpSocket::bind(net::Endpoint::v4({0, 0, 0, 0}, 0)))),
      next_frame_(SystemClock::now()) {
  rtc::PeerConfig config;
  config.certificate = certificate_.get();
  config.encoder = {.channels = 1,
                    .bitrate_bps = 32'000,
                    .complexity = 0,
                    .fec = false,
                    .expected_loss_percent = 0,
                    .speech = true};
  peer_ = std::make_unique<rtc::Peer>(config, random_);
}

base::Result<void> Insider::accept(std::string_view answer_sdp) {
  const auto answer = rtc::parse_answer(answer_sdp);
  if (!answer) return tl::unexpected(answer.error());
  server_ice_ = answer->ice;
  auto accepted = peer_->accept_answer(SystemClock::now(), answer_sdp);
  drain();
  return accepted;
}

void Insider::run_once() {
  const auto received = socket_.receive(slots_);
  for (runtime::ReceivedDatagram& datagram : received) {
    peer_->handle_datagram(datagram.arrival, datagram.datagram());
    drain();
  }
  const base::Instant now = SystemClock::now();
  if (timeout_at_ <= now) peer_->handle_timeout(now);
  drain();
  if (next_frame_ <= now) speak(now);
}

void Insider::speak(base::Instant now) {
  next_frame_ = next_frame_ + kFrame;
  std::array<float, kFrameSamples> pcm{};
  for (float& sample : pcm) sample = static_cast<float>(random_.unit() - 0.5) * 0.02F;
  peer_->push(now, pcm);
  std::array<float, kFrameSamples> heard{};
  for (int half = 0; half < 2; ++half) (void)peer_->pull(now, heard);
  drain();
}

void Insider::drain() {
  for (;;) {
    const rtc::TransportOutput output = peer_->poll_output();
    if (const auto* transmit = std::get_if<net::Transmit>(&output)) {
      socket_.send(*transmit);
      if (!rtc::is_rtp_or_rtcp(transmit->bytes)) continue;
      base::Bytes packet(transmit->bytes.begin(), transmit->bytes.end());
      if (recorded_.size() < kRecordedMax) {
        recorded_.push_back(std::move(packet));
      } else {
        recorded_[next_recorded_++ % kRecordedMax] = std::move(packet);
      }
    } else if (const auto* timeout = std::get_if<rtc::Timeout>(&output)) {
      timeout_at_ = timeout->at;
      return;
    }
  }
}

}  // namespace shelcaster::attack
