#include "rtc/sdp/make_answer.hpp"

#include <fmt/format.h>

#include "rtc/sdp/detail/ice_attributes.hpp"

namespace shelcaster::rtc {
namespace {

std::string fingerprint_text(const Fingerprint& fingerprint) {
  std::string text;
  for (const std::byte b : fingerprint.sha256) {
    text += fmt::format("{}{:02X}", text.empty() ? "" : ":", std::to_integer<unsigned>(b));
  }
  return text;
}

std::string_view direction_text(bool send, bool receive) {
  switch (make_direction(send, receive)) {
    case MediaDirection::kSendRecv:
      return "sendrecv";
    case MediaDirection::kSendOnly:
      return "sendonly";
    case MediaDirection::kRecvOnly:
      return "recvonly";
    case MediaDirection::kInactive:
      break;
  }
  return "inactive";
}

std::string session_lines(const LocalDescription& local) {
  // RFC 9429 section 5.2.1: the id fits a signed 64-bit number; the address says nothing.
  return fmt::format("v=0\r\no=- {} 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n",
                     local.session_id & 0x3fff'ffff'ffff'ffffU);
}

/// `c=` and the port of the m-line name the default candidate (RFC 8839 section 4.2.1.2); an offer
/// without candidates has port 9 and 0.0.0.0.
std::string media_line(const LocalDescription& local, std::string_view protocol, int payload_type) {
  if (local.host_candidates.empty()) {
    return fmt::format("m=audio 9 {} {}\r\nc=IN IP4 0.0.0.0\r\n", protocol, payload_type);
  }
  const net::Endpoint& at = local.host_candidates.front();
  return fmt::format("m=audio {} {} {}\r\nc=IN {} {}\r\n", at.port(), protocol, payload_type,
                     at.is_v4() ? "IP4" : "IP6", at.address());
}

struct AudioSection {
  std::string_view mid;
  std::string_view setup;
  int payload_type;
  bool send, receive;
  int audio_level_id;
};

/// The attributes of our audio section.
std::string audio_attributes(const LocalDescription& local, const AudioSection& section) {
  std::string lines;
  if (!section.mid.empty()) lines += fmt::format("a=mid:{}\r\n", section.mid);
  lines += fmt::format(
      "a=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:sha-256 {}\r\na=setup:{}\r\na={}\r\n"
      "a=rtcp-mux\r\na=rtpmap:{pt} opus/48000/2\r\n"
      "a=fmtp:{pt} minptime=10;useinbandfec=1;{}usedtx=0\r\n",
      local.ice.ufrag, std::string_view(local.ice.pwd), fingerprint_text(local.fingerprint),
      section.setup, direction_text(section.send, section.receive),
      local.stereo ? "stereo=1;sprop-stereo=1;" : "", fmt::arg("pt", section.payload_type));
  if (section.audio_level_id != 0) {
    lines += fmt::format("a=extmap:{} urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n",
                         section.audio_level_id);
  }
  if (section.send) {
    lines += fmt::format(
        "a=msid:{stream} {track}\r\na=ssrc:{ssrc} cname:{cname}\r\n"
        "a=ssrc:{ssrc} msid:{stream} {track}\r\n",
        fmt::arg("stream", local.stream_id), fmt::arg("track", local.track_id),
        fmt::arg("ssrc", local.ssrc), fmt::arg("cname", local.cname));
  }
  return lines;
}

/// RFC 8829 section 5.3.1: port 0. The lines for ICE, DTLS and RTCP mean nothing here, but aiortc
/// refuses an answer in which any section lacks them.
std::string refused_section(const MediaSection& section, const LocalDescription& local,
                            std::string_view setup) {
  std::string lines = fmt::format("m={} 0 {} {}\r\nc=IN IP4 0.0.0.0\r\n", section.kind,
                                  section.protocol, section.formats);
  if (!section.mid.empty()) lines += fmt::format("a=mid:{}\r\n", section.mid);
  if (section.protocol.find("RTP/") != std::string::npos) lines += "a=rtcp-mux\r\n";
  return lines + fmt::format(
                     "a=inactive\r\na=ice-ufrag:{}\r\na=ice-pwd:{}\r\n"
                     "a=fingerprint:sha-256 {}\r\na=setup:{}\r\n",
                     local.ice.ufrag, std::string_view(local.ice.pwd),
                     fingerprint_text(local.fingerprint), setup);
}

}  // namespace

MadeAnswer make_answer(const Offer& offer, const LocalDescription& local) {
  MadeAnswer made;
  made.dtls_role = offer.setup == DtlsSetup::kPassive ? DtlsRole::kClient : DtlsRole::kServer;
  made.sending = local.send && receives(offer.direction);
  made.receiving = local.receive && sends(offer.direction);
  made.payload_type = offer.opus.payload_type;
  made.audio_level_id = offer.audio_level_id;

  const MediaSection& audio = offer.sections[offer.audio_section];
  const std::string_view setup = made.dtls_role == DtlsRole::kClient ? "active" : "passive";
  made.sdp = session_lines(local) + "a=ice-lite\r\n";
  if (audio.bundled) made.sdp += fmt::format("a=group:BUNDLE {}\r\n", audio.mid);
  made.sdp += "a=msid-semantic: WMS *\r\n";
  for (std::size_t i = 0; i < offer.sections.size(); ++i) {
    if (i != offer.audio_section) {
      made.sdp += refused_section(offer.sections[i], local, setup);
      continue;
    }
    made.sdp += media_line(local, audio.protocol, made.payload_type);
    made.sdp += audio_attributes(local, {.mid = audio.mid,
                                         .setup = setup,
                                         .payload_type = made.payload_type,
                                         .send = made.sending,
                                         .receive = made.receiving,
                                         .audio_level_id = made.audio_level_id});
    made.sdp += detail::host_candidate_lines(local.host_candidates);
  }
  return made;
}

std::string make_offer(const LocalDescription& local) {
  static constexpr int kPayloadType = 111;
  std::string sdp = session_lines(local) + "a=group:BUNDLE 0\r\na=msid-semantic: WMS *\r\n" +
                    media_line(local, "UDP/TLS/RTP/SAVPF", kPayloadType) +
                    audio_attributes(local, {.mid = "0",
                                             .setup = "actpass",
                                             .payload_type = kPayloadType,
                                             .send = local.send,
                                             .receive = local.receive,
                                             .audio_level_id = kOfferedAudioLevelId});
  return sdp + detail::host_candidate_lines(local.host_candidates);
}

}  // namespace shelcaster::rtc
