#include "rtc/peer/peer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "rtc/sdp/sdp_fragment.hpp"

namespace shelcaster::rtc {

Peer::Peer(const PeerConfig& config, base::Random& random)
    : config_(config),
      random_(random),
      local_(make_local_description(*config.certificate, config.host_candidates, config.send,
                                    config.receive, random)) {
  if (config.send) encoder_ = std::make_unique<codec::OpusEncoder>(config.encoder);
}

Peer::~Peer() = default;

std::string Peer::make_offer() const { return rtc::make_offer(local_); }

void Peer::start(base::Instant now, Agreement agreed) {
  media_config_ = std::move(agreed.media);
  media_config_.send_audio_level_id = media_config_.reception.audio_level_id;
  transport_ = std::make_unique<Transport>(agreed.transport, random_, now);
}

base::Result<void> Peer::accept_answer(base::Instant now, std::string_view sdp) {
  if (transport_ != nullptr) return base::fail("peer: an answer came twice");
  auto agreed = agree_on_answer(sdp, local_, *config_.certificate, random_);
  if (!agreed) return tl::unexpected(agreed.error());
  start(now, *std::move(agreed));
  return {};
}

base::Result<std::string> Peer::accept_offer(base::Instant now, std::string_view sdp) {
  if (transport_ != nullptr) return base::fail("peer: an offer came twice");
  const auto offer = parse_offer(sdp);
  if (!offer) return tl::unexpected(offer.error());
  MadeAnswer made = make_answer(*offer, local_);
  start(now, agree_on_offer(*offer, made, local_, *config_.certificate, random_));
  return std::move(made.sdp);
}

std::string Peer::make_restart_fragment() {
  next_ice_ = make_ice_credentials(random_);
  return make_sdp_fragment(*next_ice_, {}, "0", false);
}

base::Result<void> Peer::accept_restart_answer(base::Instant now, std::string_view fragment) {
  const auto parsed = parse_sdp_fragment(fragment);
  if (!parsed) return tl::unexpected(parsed.error());
  if (!parsed->ice || !next_ice_ || transport_ == nullptr) {
    return base::fail("ICE restart: the answer has no credentials, or none was asked for");
  }
  if (auto restarted = transport_->restart_ice(now, *next_ice_, *parsed->ice); !restarted) {
    return restarted;
  }
  local_.ice = *std::exchange(next_ice_, std::nullopt);
  transport_->add_remote_candidates(now, parsed->candidates);
  return {};
}

base::Result<std::optional<std::string>> Peer::accept_fragment(base::Instant now,
                                                               std::string_view fragment) {
  const auto parsed = parse_sdp_fragment(fragment);
  if (!parsed) return tl::unexpected(parsed.error());
  if (transport_ == nullptr) return base::fail("SDP fragment: there is no session yet");
  if (!parsed->ice || !transport_->is_restart(*parsed->ice)) return std::nullopt;
  const IceCredentials fresh = make_ice_credentials(random_);
  if (auto restarted = transport_->restart_ice(now, fresh, *parsed->ice); !restarted) {
    return tl::unexpected(restarted.error());
  }
  local_.ice = fresh;
  return make_sdp_fragment(local_.ice, config_.host_candidates, parsed->mid, true);
}

void Peer::begin_media(const Connected& connected) {
  remote_ = connected.remote;
  media_config_.keys = connected.keys;
  media_ = std::make_unique<MediaSession>(media_config_);
}

void Peer::handle_media(base::Instant now, const net::Datagram& datagram) {
  const std::span<std::byte> bytes = datagram.bytes;
  std::array<std::byte, MediaSession::kPacketBufferBytes> buffer{};
  if (media_ == nullptr || bytes.size() > buffer.size()) return;
  std::copy(bytes.begin(), bytes.end(), buffer.begin());
  const std::span packet = std::span(buffer).first(bytes.size());
  const MediaSession::Handled handled = media_->handle_packet(now, packet);
  if (handled == MediaSession::Handled::kRtp || handled == MediaSession::Handled::kRtcp) {
    transport_->note_media_activity(now, datagram.remote);
  }
}

void Peer::handle_datagram(base::Instant now, const net::Datagram& datagram) {
  if (transport_ == nullptr) return;
  const SortedDatagram sorted(datagram);
  if (sorted.kind() == PacketKind::kRtpOrRtcp) {
    handle_media(now, datagram);
  } else {
    transport_->handle_datagram(now, sorted);
  }
}

void Peer::handle_timeout(base::Instant now) {
  if (transport_ != nullptr) transport_->handle_timeout(now);
}

TransportOutput Peer::poll_output() {
  if (transport_ == nullptr) return Timeout{base::Instant::never()};
  if (!packets_.empty()) {
    given_out_ = std::move(packets_.front());
    packets_.pop_front();
    return net::Transmit{remote_, given_out_};
  }
  TransportOutput output = transport_->poll_output();
  if (const auto* event = std::get_if<TransportEvent>(&output)) {
    if (const auto* connected = std::get_if<Connected>(event)) begin_media(*connected);
    if (const auto* changed = std::get_if<RemoteChanged>(event)) remote_ = changed->remote;
  }
  return output;
}

void Peer::queue(base::ByteSpan packet) {
  if (!packet.empty()) packets_.emplace_back(packet.begin(), packet.end());
}

void Peer::queue_reports(base::Instant now) {
  std::array<std::byte, MediaSession::kPacketBufferBytes> buffer{};
  queue(media_->poll_rtcp(now, buffer));
}

void Peer::push(base::Instant now, std::span<const float> samples) {
  if (!is_connected() || media_ == nullptr || encoder_ == nullptr || !media_config_.send) return;
  std::array<std::byte, 1275> payload{};
  const std::size_t size = encoder_->encode(samples, payload);
  std::array<std::byte, MediaSession::kPacketBufferBytes> buffer{};
  if (size > 0) {
    queue(media_->make_rtp(now, base::ByteSpan(payload).first(size), codec::kOpusEncodeFrames,
                           buffer, measure_audio_level(samples)));
  }
  queue_reports(now);
}

bool Peer::pull(base::Instant now, std::span<float, 2 * MediaSession::kBlockFrames> out) {
  if (!is_connected() || media_ == nullptr) {
    std::fill(out.begin(), out.end(), 0.0F);
    return false;
  }
  queue_reports(now);
  return media_->pull(now, out);
}

void Peer::close(base::Instant now) {
  if (transport_ == nullptr || transport_->is_closed()) return;
  if (media_ != nullptr) {
    std::array<std::byte, MediaSession::kPacketBufferBytes> buffer{};
    queue(media_->make_bye(now, buffer));
  }
  transport_->close(now);
}

bool Peer::is_connected() const { return transport_ != nullptr && transport_->is_connected(); }

bool Peer::owns_ufrag(std::string_view ufrag) const {
  return transport_ != nullptr && transport_->owns_ufrag(ufrag);
}

MediaStats Peer::stats() const { return media_ == nullptr ? MediaStats{} : media_->stats(); }

}  // namespace shelcaster::rtc
