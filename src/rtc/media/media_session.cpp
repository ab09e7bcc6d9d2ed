#include "rtc/media/media_session.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "rtc/media/detail/playout.hpp"
#include "rtc/media/detail/sender_level.hpp"
#include "rtc/media/detail/source_choice.hpp"
#include "rtc/rtp/reception_statistics.hpp"
#include "rtc/rtp/rtcp.hpp"
#include "rtc/rtp/rtp_packet.hpp"
#include "rtc/srtp/srtp_context.hpp"

namespace shelcaster::rtc {
namespace {

using namespace std::chrono_literals;

/// RFC 3550 §6.2 wants five seconds as a minimum for groups of many; between two peers reports cost
/// nothing, and the studio shows their figures every two seconds. Randomised by ±50 % (§6.3.1).
constexpr auto kReportInterval = 1s;
constexpr std::size_t kCnameBytesMax = 64;

}  // namespace

struct MediaSession::State {
  explicit State(const MediaConfig& config)
      : receives(config.receive),
        sends(config.send),
        local_ssrc(config.local_ssrc),
        payload_type(static_cast<std::uint8_t>(config.send_payload_type)),
        audio_level_id(config.send_audio_level_id),
        cname(config.cname.substr(0, kCnameBytesMax)),
        reception(config.reception),
        source(config.remote_ssrc == 0 ? std::nullopt : std::optional(config.remote_ssrc)),
        opener(config.keys),
        srtp(config.keys, config.local_ssrc),
        sequence(config.first_sequence),
        timestamp(config.first_timestamp),
        dither(config.local_ssrc | 1U) {
    opener.keep(config.remote_ssrc);
    if (!receives) return;
    playout =
        std::make_unique<Playout>(JitterConfig{.delay_ms_min = config.reception.delay_ms_min,
                                               .delay_ms_max = config.reception.delay_ms_max});
  }

  Handled handle_rtp(base::Instant arrival, std::uint32_t ssrc,
                     std::span<std::byte> bytes) noexcept;
  void play(base::Instant arrival, const RtpPacket& packet) noexcept;
  void begin_source(std::uint32_t ssrc) noexcept;
  Handled handle_rtcp(base::Instant arrival, std::uint32_t ssrc,
                      std::span<std::byte> bytes) noexcept;
  void note_block_about_us(base::Instant arrival, const ReportBlock& block) noexcept;
  base::ByteSpan report(base::Instant now, bool goodbye, std::span<std::byte> out) noexcept;
  base::Duration next_interval() noexcept;

  const bool receives;
  const bool sends;
  const std::uint32_t local_ssrc;
  const std::uint8_t payload_type;
  const int audio_level_id;
  const std::string cname;
  const ReceptionConfig reception;

  // Of the source that is played.
  SourceChoice source;
  ReceptionStatistics statistics;
  SenderLevel level;
  bool said_goodbye = false;
  /// Null for a peer that only listens.
  std::unique_ptr<Playout> playout;

  SrtpReceiver opener;
  std::uint64_t packets_of_former_sources = 0;
  std::uint64_t packets_rejected = 0;
  bool is_heard = true;
  bool is_decoding = false;
  PacketLog* log = nullptr;

  SrtpSender srtp;
  std::uint16_t sequence;
  std::uint32_t timestamp;
  std::uint32_t packets_sent = 0;
  std::uint32_t payload_bytes_sent = 0;
  std::uint32_t last_timestamp = 0;
  base::Instant last_sent_at;

  /// Spreads report times; needs to be no better than that.
  std::uint32_t dither;
  bool is_report_scheduled = false;
  base::Instant next_report_at;
  float rtt_ms = 0;
  float remote_loss_percent = 0;
};

std::uint16_t make_first_sequence(base::Random& random) {
  return static_cast<std::uint16_t>(random.below(1U << 15U));
}

MediaSession::MediaSession(const MediaConfig& config) : state_(std::make_unique<State>(config)) {}
MediaSession::~MediaSession() = default;

MediaSession::Handled MediaSession::handle_packet(base::Instant arrival,
                                                  std::span<std::byte> bytes) noexcept {
  State& s = *state_;
  const auto source = packet_source(bytes);
  Handled handled = Handled::kRejected;
  if (source && source->is_rtcp) {
    handled = s.handle_rtcp(arrival, source->ssrc, bytes);
  } else if (source && s.receives) {
    handled = s.handle_rtp(arrival, source->ssrc, bytes);
  }
  if (handled == Handled::kRejected) ++s.packets_rejected;
  return handled;
}

MediaSession::Handled MediaSession::State::handle_rtp(base::Instant arrival, std::uint32_t ssrc,
                                                      std::span<std::byte> bytes) noexcept {
  // In the clear, and under the tag.
  const int type = std::to_integer<int>(bytes[1] & std::byte{0x7f});
  const bool is_sound = type == reception.payload_type;
  if (source.current() != ssrc && !is_sound) return Handled::kIgnored;
  const std::size_t size = opener.unprotect_rtp(bytes);
  const auto packet = parse_rtp(bytes.first(size));
  if (!packet) return Handled::kRejected;
  // A packet that is all padding is a bandwidth probe.
  const bool is_probe = packet->payload.empty();
  if (source.current() == ssrc) {
    if (is_sound && !is_probe) source.note_current(arrival, packet->payload);
  } else if (is_probe || !source.take_other(arrival, ssrc)) {
    return Handled::kRtp;
  } else {
    begin_source(ssrc);
    source.note_current(arrival, packet->payload);
  }
  statistics.note_packet(arrival, packet->header);
  // Telephone events and comfort noise have payload types of their own.
  if (is_sound && !is_probe) play(arrival, *packet);
  return Handled::kRtp;
}

void MediaSession::State::play(base::Instant arrival, const RtpPacket& packet) noexcept {
  level.note(find_audio_level(packet.extension, reception.audio_level_id));
  if (log != nullptr && is_decoding) {
    log->note(packet.header.ssrc, {.sequence = packet.header.sequence,
                                   .timestamp = packet.header.timestamp,
                                   .payload = packet.payload});
  }
  playout->buffer.insert(arrival, packet.header.sequence, packet.header.timestamp, packet.payload);
}

void MediaSession::State::begin_source(std::uint32_t ssrc) noexcept {
  packets_of_former_sources += statistics.received();
  statistics = {};
  level = {};
  said_goodbye = false;
  playout->buffer.begin_source();
  opener.keep(ssrc);
}

MediaSession::Handled MediaSession::State::handle_rtcp(base::Instant arrival, std::uint32_t ssrc,
                                                       std::span<std::byte> bytes) noexcept {
  const std::size_t size = opener.unprotect_rtcp(bytes);
  const auto report = parse_rtcp(bytes.first(size));
  if (!report) return Handled::kRejected;
  const bool is_of_source = source.current() == ssrc;
  if (report->sender_info && is_of_source) {
    statistics.note_sender_report(arrival, *report->sender_info);
  }
  for (std::size_t i = 0; i < report->block_count; ++i) {
    if (report->blocks[i].ssrc == local_ssrc) note_block_about_us(arrival, report->blocks[i]);
  }
  if (report->has_goodbye && is_of_source && report->goodbye_ssrc == ssrc) said_goodbye = true;
  return Handled::kRtcp;
}

// RFC 3550 §6.4.1, under DLSR: round trip = arrival − LSR − DLSR, in 1/65536 s.
void MediaSession::State::note_block_about_us(base::Instant arrival,
                                              const ReportBlock& block) noexcept {
  remote_loss_percent = 100.0F * static_cast<float>(block.fraction_lost) / 256.0F;
  if (block.last_sender_report == 0) return;
  const std::uint32_t round_trip = middle_of_ntp(to_ntp(arrival)) - block.last_sender_report -
                                   block.delay_since_last_sender_report;
  // A peer's clock may round below zero; a minute is no round trip.
  constexpr std::uint32_t kRoundTripMax = 60U << 16U;
  if (round_trip < kRoundTripMax) rtt_ms = static_cast<float>(round_trip) * 1000.0F / 65'536.0F;
}

bool MediaSession::pull(base::Instant now, std::span<float, 2 * kBlockFrames> out) noexcept {
  State& s = *state_;
  s.is_decoding = false;
  if (s.playout == nullptr || !s.source.current()) {
    std::fill(out.begin(), out.end(), 0.0F);
    return false;
  }
  s.level.fall();
  if (s.is_heard || !s.level.is_known()) {
    s.is_decoding = true;
    return s.playout->buffer.pull(now, out);
  }
  s.playout->buffer.idle(now);
  return false;
}

void MediaSession::set_log(PacketLog* log) noexcept { state_->log = log; }

void MediaSession::set_heard(bool is_heard) noexcept { state_->is_heard = is_heard; }

bool MediaSession::is_decoding() const noexcept { return state_->is_decoding; }

base::ByteSpan MediaSession::make_rtp(base::Instant now, base::ByteSpan opus_payload, int samples,
                                      std::span<std::byte> out,
                                      std::optional<AudioLevel> level) noexcept {
  State& s = *state_;
  if (!s.sends) return {};
  const RtpHeader header{.marker = s.packets_sent == 0,
                         .payload_type = s.payload_type,
                         .sequence = s.sequence,
                         .timestamp = s.timestamp,
                         .ssrc = s.local_ssrc};
  const std::size_t plain =
      level && s.audio_level_id != 0
          ? build_rtp(header, {.id = s.audio_level_id, .level = *level}, opus_payload, out)
          : build_rtp(header, opus_payload, out);
  const std::size_t size = plain == 0 ? 0 : s.srtp.protect_rtp(out, plain);
  if (size == 0) return {};
  s.last_timestamp = s.timestamp;
  s.last_sent_at = now;
  ++s.sequence;
  s.timestamp += static_cast<std::uint32_t>(samples);
  ++s.packets_sent;
  s.payload_bytes_sent += static_cast<std::uint32_t>(opus_payload.size());
  return base::ByteSpan(out).first(size);
}

base::Duration MediaSession::State::next_interval() noexcept {
  dither = dither * 1'664'525U + 1'013'904'223U;
  const base::Duration interval = kReportInterval;
  return interval / 2 + interval * std::int64_t{dither >> 16U} / 65'536;
}

base::ByteSpan MediaSession::poll_rtcp(base::Instant now, std::span<std::byte> out) noexcept {
  State& s = *state_;
  if (s.packets_sent == 0 && !s.statistics.has_packets()) return {};
  if (!s.is_report_scheduled) {
    s.is_report_scheduled = true;
    s.next_report_at = now + s.next_interval() / 2;
  }
  if (now < s.next_report_at) return {};
  s.next_report_at = now + s.next_interval();
  return s.report(now, false, out);
}

base::ByteSpan MediaSession::make_bye(base::Instant now, std::span<std::byte> out) noexcept {
  return state_->report(now, true, out);
}

base::ByteSpan MediaSession::State::report(base::Instant now, bool goodbye,
                                           std::span<std::byte> out) noexcept {
  RtcpToSend packet{.sender_ssrc = local_ssrc, .cname = cname, .goodbye = goodbye};
  if (packets_sent > 0) {
    const std::int64_t since = base::to_samples(now - last_sent_at);
    packet.sender_info =
        SenderInfo{.ntp = to_ntp(now),
                   .rtp_timestamp = last_timestamp + static_cast<std::uint32_t>(since),
                   .packets = packets_sent,
                   .bytes = payload_bytes_sent};
  }
  if (source.current() && statistics.has_packets()) {
    packet.block = statistics.make_block(*source.current(), now);
  }
  const std::size_t plain = build_rtcp(packet, out);
  const std::size_t size = plain == 0 ? 0 : srtp.protect_rtcp(out, plain);
  return base::ByteSpan(out).first(size);
}

MediaStats MediaSession::stats() const noexcept {
  const State& s = *state_;
  MediaStats stats;
  stats.packets_sent = s.packets_sent;
  stats.packets_rejected = s.packets_rejected;
  stats.rtt_ms = s.rtt_ms;
  stats.remote_loss_percent = s.remote_loss_percent;
  if (s.playout == nullptr || !s.source.current()) return stats;

  stats.packets_received = s.packets_of_former_sources + s.statistics.received();
  stats.packets_lost = s.statistics.lost();
  stats.loss_percent = s.statistics.last_loss_percent();
  stats.jitter_ms = s.statistics.jitter_ms();
  stats.said_goodbye = s.said_goodbye;
  stats.has_sender_level = s.level.is_known();
  stats.sender_level_db = s.level.level_db();
  stats.sender_voice = s.level.is_voice();
  const JitterStats jitter = s.playout->buffer.stats();
  stats.packets_late = jitter.late_packets;
  stats.delay_ms = jitter.delay_ms;
  stats.target_delay_ms = jitter.target_delay_ms;
  stats.concealed_samples = jitter.concealed_frames;
  stats.concealed_percent = jitter.concealed_percent;
  stats.drift_ppm = jitter.drift_ppm;
  stats.fec_samples = jitter.fec_frames;
  stats.removed_samples = jitter.removed_frames;
  stats.inserted_samples = jitter.inserted_frames;
  return stats;
}

// --- What a session of another process goes on from ----------------------------------------------

void MediaSession::save(base::StateWriter& to) const noexcept {
  const State& s = *state_;
  to.put(s.packets_of_former_sources);
  to.put(s.packets_rejected);
  to.put(s.is_heard);
  to.put(s.is_decoding);
  to.put(s.sequence);
  to.put(s.timestamp);
  to.put(s.packets_sent);
  to.put(s.payload_bytes_sent);
  to.put(s.last_timestamp);
  to.put(s.last_sent_at);
  to.put(s.dither);
  to.put(s.is_report_scheduled);
  to.put(s.next_report_at);
  to.put(s.rtt_ms);
  to.put(s.remote_loss_percent);
  s.srtp.save(to);
  s.opener.save(to);
  s.source.save(to);
  to.put(s.statistics);
  to.put(s.level);
  to.put(s.said_goodbye);
  if (s.playout) s.playout->buffer.save(to);
}

bool MediaSession::restore(base::StateReader& from, const PacketsOf& packets) {
  State& s = *state_;
  from.get(s.packets_of_former_sources);
  from.get(s.packets_rejected);
  from.get(s.is_heard);
  from.get(s.is_decoding);
  from.get(s.sequence);
  from.get(s.timestamp);
  from.get(s.packets_sent);
  from.get(s.payload_bytes_sent);
  from.get(s.last_timestamp);
  from.get(s.last_sent_at);
  from.get(s.dither);
  from.get(s.is_report_scheduled);
  from.get(s.next_report_at);
  from.get(s.rtt_ms);
  from.get(s.remote_loss_percent);
  s.srtp.restore(from);
  if (s.packets_sent > 0) {
    s.sequence = static_cast<std::uint16_t>(s.sequence + SrtpSender::kResumeMargin);
  }
  s.opener.restore(from);
  s.source.restore(from);
  from.get(s.statistics);
  from.get(s.level);
  from.get(s.said_goodbye);
  if (s.playout && from.ok()) {
    const auto& current = s.source.current();
    s.playout->buffer.restore(from,
                              current ? packets(*current) : std::span<const InsertedPacket>());
  }
  return from.ok();
}

}  // namespace shelcaster::rtc
