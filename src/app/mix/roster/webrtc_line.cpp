#include "app/mix/roster/webrtc_line.hpp"

#include "codec/opus_encoder.hpp"

namespace shelcaster::app {

void WebrtcLine::Log::note(std::uint32_t ssrc, const rtc::InsertedPacket& packet) noexcept {
  journal_.note({.line = static_cast<std::uint32_t>(line_),
                 .ssrc = ssrc,
                 .timestamp = packet.timestamp,
                 .sequence = packet.sequence,
                 .payload = packet.payload});
}

void WebrtcLine::begin(const tape::PacketJournal& journal, int number) noexcept {
  log_.emplace(journal, number);
  media_.set_log(&*log_);
}

bool WebrtcLine::take(base::Instant arrival, std::span<std::byte> packet) noexcept {
  const auto handled = media_.handle_packet(arrival, packet);
  return handled == rtc::MediaSession::Handled::kRtp ||
         handled == rtc::MediaSession::Handled::kRtcp;
}

base::ByteSpan WebrtcLine::send(base::Instant now, base::ByteSpan opus_frame) noexcept {
  return media_.make_rtp(now, opus_frame, codec::kOpusEncodeFrames, rtp_);
}

}  // namespace shelcaster::app
