#include "person.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "audio/tone.hpp"
#include "rtc/peer/demux.hpp"
#include "rtc/sdp/sdp_fragment.hpp"

namespace shelcaster::sim {
namespace {

using std::chrono::milliseconds;

constexpr int kPauseFrames = 20;  // between packets in a pause: 400 ms, as Opus has it
// An Opus packet of one frame of nothing (RFC 6716 §3.1, SILK wide band, 20 ms, mono).
constexpr std::array<std::byte, 1> kPausePacket{std::byte{0x48}};

template <typename T>
T must(base::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return *std::move(result);
}

codec::OpusEncoder make_encoder() {
  return codec::OpusEncoder({.channels = 1,
                             .bitrate_bps = 64'000,
                             .complexity = 5,
                             .fec = true,
                             .expected_loss_percent = 10,
                             .speech = true});
}

}  // namespace

Person::Person(const PersonTraits& traits, base::Random& random,
               const rtc::DtlsCertificate& certificate, Send send)
    : traits_(traits),
      random_(random),
      certificate_(certificate),
      send_(std::move(send)),
      encoder_(make_encoder()) {
  say(traits.tone_hz);
}

void Person::say(double tone_hz) {
  audio::Tone(tone_hz, kVoiceDb).fill(std::span<float>(steady_));
  for (std::size_t i = 0; i < kFrameSamples; ++i) {
    const float rise = static_cast<float>(i) / static_cast<float>(kFrameSamples);
    rising_[i] = rise * steady_[i];
    falling_[i] = (1 - rise) * steady_[i];
  }
}

std::string Person::open_page() {
  close_page();
  ice_ = rtc::make_ice_credentials(random_);
  local_ = {.session_id = random_.u64(),
            .ice = ice_,
            .fingerprint = certificate_.fingerprint(),
            .host_candidates = {},
            .send = true,
            .receive = true,
            .ssrc = static_cast<std::uint32_t>(1 + random_.below(UINT32_MAX)),
            .cname = random_.token(16),
            .stream_id = random_.token(16),
            .track_id = random_.token(16),
            .stereo = true};
  return rtc::make_offer(local_);
}

void Person::accept_answer(base::Instant now, std::string_view sdp) {
  const auto answer = must(rtc::parse_answer(sdp));
  if (answer.candidates.empty()) throw std::runtime_error("the answer has no candidate");
  server_ = answer.candidates.front().endpoint;
  remote_ssrc_ = answer.ssrc.value_or(0);
  payload_type_ = answer.opus.payload_type;
  begin_transport(now, {.ice_role = rtc::IceRole::kClientControlling,
                        .dtls_role = rtc::offerer_dtls_role(answer.setup),
                        .local_ice = ice_,
                        .remote_ice = answer.ice,
                        .remote_fingerprint = answer.fingerprint,
                        .certificate = &certificate_,
                        .remote_candidates = answer.candidates});
}

void Person::begin_transport(base::Instant now, const rtc::TransportConfig& config) {
  transport_ = std::make_unique<rtc::Transport>(config, random_, now);
  next_frame_at_ = now + base::Duration(static_cast<std::int64_t>(random_.below(20'000'000)));
  drain(now);
}

std::string Person::answer(base::Instant now, std::string_view offer, const net::Endpoint& at,
                           const net::Endpoint& server) {
  close_page();
  const auto parsed = must(rtc::parse_offer(offer));
  local_ =
      rtc::make_local_description(certificate_, {at}, /*send=*/true, /*receive=*/true, random_);
  ice_ = local_.ice;
  server_ = server;
  const rtc::MadeAnswer made = rtc::make_answer(parsed, local_);
  const rtc::Agreement agreed = rtc::agree_on_offer(parsed, made, local_, certificate_, random_);
  remote_ssrc_ = agreed.media.remote_ssrc;
  payload_type_ = agreed.media.send_payload_type;
  begin_transport(now, agreed.transport);
  return made.sdp;
}

void Person::close_page() {
  transport_.reset();
  media_.reset();
  ear_.reset();
  next_ice_.reset();
  was_closed_ = false;
  is_speaking_ = false;
  transport_timeout_ = base::Instant::never();
  next_frame_at_ = base::Instant::never();
}

void Person::hang_up(base::Instant now) {
  if (!transport_) return;
  transport_->close(now);
  drain(now);
}

std::string Person::make_restart_fragment() {
  next_ice_ = rtc::make_ice_credentials(random_);
  return rtc::make_sdp_fragment(*next_ice_, {}, "0", false);
}

void Person::accept_restart(base::Instant now, std::string_view fragment) {
  const auto parsed = must(rtc::parse_sdp_fragment(fragment));
  if (!transport_ || transport_->is_closed()) return;
  if (!transport_->restart_ice(now, *next_ice_, parsed.ice.value())) return;
  transport_->add_remote_candidates(now, parsed.candidates);
  drain(now);
}

void Person::begin_media(base::Instant now, const rtc::Connected& connected) {
  connected_at_ = now;
  encoder_ = make_encoder();  // a new page knows nothing of what the last one said
  rtc::MediaConfig media;
  media.keys = connected.keys;
  media.receive = false;  // the ear does that
  media.local_ssrc = local_.ssrc;
  media.send_payload_type = payload_type_;
  media.first_sequence = rtc::make_first_sequence(random_);
  media.first_timestamp = random_.u32();
  media.cname = local_.cname;
  media_ = std::make_unique<rtc::MediaSession>(media);
  ear_.emplace(connected.keys, remote_ssrc_);
}

void Person::drain(base::Instant now) {
  for (;;) {
    const rtc::TransportOutput output = transport_->poll_output();
    if (const auto* timeout = std::get_if<rtc::Timeout>(&output)) {
      transport_timeout_ = timeout->at;
      return;
    }
    if (const auto* datagram = std::get_if<net::Transmit>(&output)) {
      send_(datagram->bytes);
      continue;
    }
    const auto& event = std::get<rtc::TransportEvent>(output);
    if (const auto* connected = std::get_if<rtc::Connected>(&event)) begin_media(now, *connected);
    if (std::holds_alternative<rtc::Closed>(event)) {
      was_closed_ = true;
      if (!ignores_closing_) media_.reset();
    }
  }
}

void Person::handle_datagram(base::Instant now, base::Instant sent_at, std::span<std::byte> bytes) {
  if (!transport_) return;
  const rtc::SortedDatagram datagram({.remote = server_, .bytes = bytes});
  if (datagram.kind() != rtc::PacketKind::kRtpOrRtcp) {
    transport_->handle_datagram(now, datagram);
    drain(now);
    return;
  }
  if (!media_) return;
  const auto source = rtc::packet_source(bytes);
  if (!source) return;
  if (source->is_rtcp) {
    (void)media_->handle_packet(now, bytes);
  } else {
    ear_->handle_rtp(now, sent_at, bytes);
  }
}

base::Instant Person::next_event() const { return std::min(next_frame_at_, transport_timeout_); }

void Person::advance(base::Instant now) {
  if (!transport_) return;
  if (transport_timeout_ <= now) {
    transport_->handle_timeout(now);
    drain(now);
  }
  while (next_frame_at_ <= now) {
    const base::Instant at = next_frame_at_;
    send_frame(now);
    if (next_frame_at_ == at) next_frame_at_ = at + frame_length();
  }
}

base::Duration Person::frame_length() const {
  return milliseconds(20) - base::Duration(std::int64_t{20} * traits_.drift_ppm);
}

void Person::send_frame(base::Instant now) {
  if (!media_) return;
  std::array<std::byte, rtc::MediaSession::kPacketBufferBytes> buffer{};
  if (const base::ByteSpan report = media_->poll_rtcp(now, buffer); !report.empty()) send_(report);
  if (!wants_to_talk_ && !is_speaking_ && traits_.uses_dtx) {
    // Timestamps go on through a pause, and this one lasts until the next packet.
    send_media(now, kPausePacket, kPauseFrames * codec::kOpusEncodeFrames);
    next_frame_at_ = next_frame_at_ + kPauseFrames * frame_length();
    return;
  }
  std::array<std::byte, 1275> payload{};
  const std::size_t size = encoder_.encode(next_frame(now), payload);
  send_media(now, base::ByteSpan(payload).first(size), codec::kOpusEncodeFrames);
}

void Person::send_media(base::Instant now, base::ByteSpan payload, int samples) {
  std::array<std::byte, rtc::MediaSession::kPacketBufferBytes> buffer{};
  if (const base::ByteSpan rtp = media_->make_rtp(now, payload, samples, buffer); !rtp.empty()) {
    send_(rtp);
  }
}

const Person::Frame& Person::next_frame(base::Instant now) {
  static constexpr Frame kSilence{};
  if (wants_to_talk_ == is_speaking_) return is_speaking_ ? steady_ : kSilence;
  is_speaking_ = wants_to_talk_;
  speaking_changed_at_ = now;
  return is_speaking_ ? rising_ : falling_;
}

void Person::listen(base::Instant now) {
  if (ear_) ear_->listen(now);
}

std::optional<Heard> Person::take_heard() { return ear_ ? ear_->take() : std::nullopt; }

}  // namespace shelcaster::sim
