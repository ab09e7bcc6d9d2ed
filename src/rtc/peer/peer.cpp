#include "rtc/peer/peer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "rtc/sdp/sdp_fragment.hpp"

namespace shelcaster::rtc {

Peer::Peer(const PeerConfig& config, base::Random& random)
    : config_(config),
      random_(random),
      ice_(make_ice_credentials(random)),
      session_id_(random.u64()),
      ssrc_(static_cast<std::uint32_t>(1 + random.below(UINT32_MAX))),
      cname_(random.token(16)),
      stream_id_(random.token(16)),
      track_id_(random.token(16)) {
  if (config.send) encoder_ = std::make_unique<codec::OpusEncoder>(config.encoder);
}

Peer::~Peer() = default;

LocalDescription Peer::local_description() const {
  return {.session_id = session_id_,
          .ice = ice_,
          .fingerprint = config_.certificate->fingerprint(),
          .host_candidates = config_.host_candidates,
          .send = config_.send,
          .receive = config_.receive,
          .ssrc = ssrc_,
          .cname = cname_,
          .stream_id = stream_id_,
          .track_id = track_id_,
          .stereo = true};
}

std::string Peer::make_offer() const { return rtc::make_offer(local_description()); }

void Peer::start(base::Instant now, const RemoteDescription& remote, IceRole ice_role,
                 DtlsRole dtls_role) {
  remote_ssrc_ = remote.ssrc;
  payload_type_ = remote.opus.payload_type;
  audio_level_id_ = remote.audio_level_id;
  transport_ = std::make_unique<Transport>(TransportConfig{.ice_role = ice_role,
                                                           .dtls_role = dtls_role,
                                                           .local_ice = ice_,
                                                           .remote_ice = remote.ice,
                                                           .remote_fingerprint = remote.fingerprint,
                                                           .certificate = config_.certificate,
                                                           .remote_candidates = remote.candidates},
                                           random_, now);
}

base::Result<void> Peer::accept_answer(base::Instant now, std::string_view sdp) {
  if (transport_ != nullptr) return base::fail("peer: an answer came twice");
  const auto answer = parse_answer(sdp);
  if (!answer) return tl::unexpected(answer.error());
  if (answer->candidates.empty()) {
    return base::fail("SDP: the answer has no UDP candidate with an address to send to");
  }
  sending_ = config_.send && receives(answer->direction);
  receiving_ = config_.receive && sends(answer->direction);
  start(now, *answer, IceRole::kClientControlling, offerer_dtls_role(answer->setup));
  return {};
}

base::Result<std::string> Peer::accept_offer(base::Instant now, std::string_view sdp) {
  if (transport_ != nullptr) return base::fail("peer: an offer came twice");
  const auto offer = parse_offer(sdp);
  if (!offer) return tl::unexpected(offer.error());
  MadeAnswer made = make_answer(*offer, local_description());
  sending_ = made.sending;
  receiving_ = made.receiving;
  start(now, *offer, IceRole::kServerLite, made.dtls_role);
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
  ice_ = *std::exchange(next_ice_, std::nullopt);
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
  ice_ = fresh;
  return make_sdp_fragment(ice_, config_.host_candidates, parsed->mid, true);
}

void Peer::begin_media(const Connected& connected) {
  remote_ = connected.remote;
  MediaConfig media;
  media.keys = connected.keys;
  media.receive = receiving_;
  media.remote_ssrc = remote_ssrc_.value_or(0);
  media.reception.payload_type = payload_type_;
  media.reception.audio_level_id = audio_level_id_;
  media.send_audio_level_id = audio_level_id_;
  media.send = sending_;
  media.local_ssrc = ssrc_;
  media.send_payload_type = payload_type_;
  media.first_sequence = make_first_sequence(random_);
  media.first_timestamp = random_.u32();
  media.cname = cname_;
  media_ = std::make_unique<MediaSession>(media);
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
  if (!is_connected() || media_ == nullptr || encoder_ == nullptr || !sending_) return;
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
