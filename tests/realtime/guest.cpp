#include "guest.hpp"

#include <cstdlib>

#include "runtime/system_clock.hpp"

namespace shelcaster::realtime {
namespace {

constexpr base::Duration kFrame = std::chrono::milliseconds(20);

rtc::PeerConfig peer_config(const rtc::DtlsCertificate& certificate) {
  rtc::PeerConfig config;
  config.certificate = &certificate;
  config.encoder = {.channels = 1,
                    .bitrate_bps = 64'000,
                    .complexity = 0,
                    .fec = true,
                    .expected_loss_percent = 5,
                    .speech = true};
  return config;
}

}  // namespace

Guest::Guest(const rtc::DtlsCertificate& certificate, base::Random& random)
    : socket_(runtime::UdpSocket::bind(net::Endpoint::v4({127, 0, 0, 1}, 0)).value()),
      peer_(peer_config(certificate), random),
      next_frame_(runtime::SystemClock::now()) {}

std::string Guest::offer() const {
  std::string text = peer_.make_offer();
  for (std::size_t at = text.find("a=ssrc"); at != text.npos; at = text.find("a=ssrc")) {
    text.erase(at, text.find('\n', at) + 1 - at);
  }
  return text;
}

void Guest::accept(const std::string& answer) {
  if (!peer_.accept_answer(runtime::SystemClock::now(), answer)) std::abort();
  drain();
}

void Guest::run_once(base::Instant now) {
  for (runtime::ReceivedDatagram& datagram : socket_.receive(slots_)) {
    peer_.handle_datagram(datagram.arrival, datagram.datagram());
    drain();
  }
  if (timeout_at_ <= now) peer_.handle_timeout(now);
  drain();
  if (next_frame_ > now) return;
  next_frame_ = next_frame_ + kFrame;
  std::array<float, 960> pcm{};
  voice_.fill(pcm);
  peer_.push(now, pcm);
  std::array<float, 960> heard{};
  for (int half = 0; half < 2; ++half) (void)peer_.pull(now, heard);
  drain();
}

void Guest::drain() {
  for (;;) {
    const rtc::TransportOutput output = peer_.poll_output();
    if (const auto* transmit = std::get_if<net::Transmit>(&output)) {
      socket_.send(*transmit);
    } else if (const auto* timeout = std::get_if<rtc::Timeout>(&output)) {
      timeout_at_ = timeout->at;
      return;
    }
  }
}

}  // namespace shelcaster::realtime
