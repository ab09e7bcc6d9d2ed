#include "load_client.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "audio/tone.hpp"
#include "rtc/peer/demux.hpp"
#include "rtc/sdp/make_answer.hpp"
#include "runtime/system_clock.hpp"
#include "voices.hpp"

namespace shelcaster::bench {
namespace {

constexpr base::Duration kLongGap = std::chrono::milliseconds(40);

constexpr double kFaint = 3e-8;  // −75 dB

/// How far a tone stands out of the mean power of the sound beside it, or of −75 dBFS: in near
/// silence everything stands out of something.
float prominence_db(std::span<const float> sound, double hz) {
  double power = 0;
  int count = 0;
  for (double off = 40; off <= 160; off += 20) {
    for (const double at : {hz - off, hz + off}) {
      power += std::pow(10.0, static_cast<double>(audio::tone_level_db(sound, at)) / 10.0);
      ++count;
    }
  }
  return audio::tone_level_db(sound, hz) -
         static_cast<float>(10.0 * std::log10(std::max(power / count, kFaint)));
}

}  // namespace

base::Result<std::unique_ptr<LoadClient>> LoadClient::make(const LoadClientConfig& config,
                                                           const rtc::DtlsCertificate& certificate,
                                                           base::Random& random) {
  auto socket = runtime::UdpSocket::bind(net::Endpoint::v4({0, 0, 0, 0}, 0));
  if (!socket) return tl::unexpected(socket.error());
  return std::unique_ptr<LoadClient>(
      new LoadClient(config, certificate, random, *std::move(socket)));
}

LoadClient::LoadClient(const LoadClientConfig& config, const rtc::DtlsCertificate& certificate,
                       base::Random& random, runtime::UdpSocket socket)
    : config_(config),
      certificate_(certificate),
      random_(random),
      socket_(std::move(socket)),
      ice_(rtc::make_ice_credentials(random)),
      ssrc_(static_cast<std::uint32_t>(1 + random.below(UINT32_MAX))),
      cname_(random.token(16)),
      next_packet_(config.first_packet) {
  if (config.is_listening) heard_.resize(base::kSampleRate);
}

std::string LoadClient::offer() const {
  return rtc::make_offer({.session_id = ssrc_,
                          .ice = ice_,
                          .fingerprint = certificate_.fingerprint(),
                          .host_candidates = {},
                          .send = config_.send,
                          .receive = true,
                          .ssrc = ssrc_,
                          .cname = cname_,
                          .stream_id = "bench",
                          .track_id = "bench",
                          .stereo = false});
}

base::Result<void> LoadClient::accept_answer(base::Instant now, std::string_view sdp) {
  const auto answer = rtc::parse_answer(sdp);
  if (!answer) return tl::unexpected(answer.error());
  remote_ssrc_ = answer->ssrc.value_or(0);
  payload_type_ = answer->opus.payload_type;
  audio_level_id_ = answer->audio_level_id;
  transport_ = std::make_unique<rtc::Transport>(
      rtc::TransportConfig{.ice_role = rtc::IceRole::kClientControlling,
                           .dtls_role = rtc::offerer_dtls_role(answer->setup),
                           .local_ice = ice_,
                           .remote_ice = answer->ice,
                           .remote_fingerprint = answer->fingerprint,
                           .certificate = &certificate_,
                           .remote_candidates = answer->candidates},
      random_, now);
  drain();
  return {};
}

void LoadClient::drain() {
  for (;;) {
    const rtc::TransportOutput output = transport_->poll_output();
    if (const auto* transmit = std::get_if<net::Transmit>(&output)) {
      socket_.send(*transmit);
    } else if (const auto* event = std::get_if<rtc::TransportEvent>(&output)) {
      if (const auto* connected = std::get_if<rtc::Connected>(event)) begin_media(*connected);
      if (const auto* changed = std::get_if<rtc::RemoteChanged>(event)) remote_ = changed->remote;
      if (const auto* closed = std::get_if<rtc::Closed>(event)) {
        report_.closed_because = closed->reason;
        media_.reset();
      }
    } else {
      timeout_at_ = std::get<rtc::Timeout>(output).at;
      return;
    }
  }
}

void LoadClient::begin_media(const rtc::Connected& connected) {
  remote_ = connected.remote;
  rtc::MediaConfig media;
  media.keys = connected.keys;
  media.remote_ssrc = remote_ssrc_;
  media.reception.payload_type = payload_type_;
  media.send = config_.send;
  media.local_ssrc = ssrc_;
  media.send_payload_type = payload_type_;
  media.send_audio_level_id = audio_level_id_;
  media.first_sequence = rtc::make_first_sequence(random_);
  media.first_timestamp = random_.u32();
  media.cname = cname_;
  media_ = std::make_unique<rtc::MediaSession>(media);
}

void LoadClient::receive(std::span<runtime::ReceivedDatagram> slots) {
  for (;;) {
    const auto received = socket_.receive(slots);
    for (runtime::ReceivedDatagram& datagram : received) {
      if (transport_ == nullptr) continue;
      const rtc::SortedDatagram sorted(datagram.datagram());
      if (sorted.kind() == rtc::PacketKind::kRtpOrRtcp) {
        handle_media(datagram.arrival, sorted);
      } else {
        transport_->handle_datagram(datagram.arrival, sorted);
        drain();
      }
    }
    if (received.size() < slots.size()) return;
  }
}

void LoadClient::handle_media(base::Instant arrival, const net::Datagram& datagram) {
  if (media_ == nullptr) return;
  const auto handled = media_->handle_packet(arrival, datagram.bytes);
  if (handled == rtc::MediaSession::Handled::kRtp) note_arrival(arrival, datagram.remote);
}

void LoadClient::note_arrival(base::Instant arrival, const net::Endpoint& from) {
  transport_->note_media_activity(arrival, from);
  ++report_.received;
  if (!last_arrival_.is_never()) {
    const base::Duration gap = arrival - last_arrival_;
    if (gap > kLongGap) ++report_.gaps;
    const float gap_ms = std::chrono::duration<float, std::milli>(gap).count();
    report_.gap_ms_max = std::max(report_.gap_ms_max, gap_ms);
  }
  last_arrival_ = arrival;
}

void LoadClient::speak(base::Instant now) {
  if (transport_ == nullptr) return;
  if (timeout_at_ <= now) {
    transport_->handle_timeout(now);
    drain();
  }
  if (media_ == nullptr) return;
  std::array<std::byte, rtc::MediaSession::kPacketBufferBytes> buffer{};
  if (config_.send) {
    const base::Bytes& payload = (*config_.packets)[next_packet_];
    const rtc::AudioLevel level = (*config_.levels)[next_packet_];
    next_packet_ = (next_packet_ + 1) % config_.packets->size();
    const base::ByteSpan packet = media_->make_rtp(now, payload, kPacketFrames, buffer, level);
    if (!packet.empty() && socket_.send({remote_, packet})) ++report_.sent;
  }
  const base::ByteSpan rtcp = media_->poll_rtcp(now, buffer);
  if (!rtcp.empty()) socket_.send({remote_, rtcp});
}

void LoadClient::listen(base::Instant now) {
  if (media_ == nullptr || heard_.empty()) return;
  constexpr std::size_t kFrames = rtc::MediaSession::kBlockFrames;
  std::array<float, 2 * kFrames> block{};
  (void)media_->pull(now, block);
  for (std::size_t i = 0; i < kFrames; ++i) {
    heard_[heard_at_] = 0.5F * (block[2 * i] + block[2 * i + 1]);
    heard_at_ = (heard_at_ + 1) % heard_.size();
  }
}

void LoadClient::close(base::Instant now) {
  if (transport_ == nullptr || transport_->is_closed()) return;
  transport_->close(now);
  drain();
}

LoadClientReport LoadClient::take_report() {
  LoadClientReport report = std::exchange(report_, {});
  report_.closed_because = report.closed_because;
  report.is_connected = media_ != nullptr;
  if (media_ != nullptr) {
    const rtc::MediaStats stats = media_->stats();
    report.lost = stats.packets_lost - std::exchange(lost_before_, stats.packets_lost);
    report.refused =
        stats.packets_rejected - std::exchange(refused_before_, stats.packets_rejected);
  }
  if (!heard_.empty()) {
    std::vector<float> in_order(heard_);
    std::ranges::rotate(in_order, in_order.begin() + static_cast<std::ptrdiff_t>(heard_at_));
    for (int pilot = 0; pilot < kPilots; ++pilot) {
      // In short stretches: a splice, by which a jitter buffer steers its delay, turns the phase.
      constexpr std::size_t kStretch = 9'600;
      float best = prominence_db(std::span(in_order).first(kStretch), pilot_hz(pilot));
      for (std::size_t at = kStretch; at + kStretch <= in_order.size(); at += kStretch) {
        best = std::max(best,
                        prominence_db(std::span(in_order).subspan(at, kStretch), pilot_hz(pilot)));
      }
      report.pilots_db.push_back(best);
    }
  }
  return report;
}

}  // namespace shelcaster::bench
