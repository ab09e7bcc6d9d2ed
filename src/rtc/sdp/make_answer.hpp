#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rtc/sdp/description.hpp"

namespace shelcaster::rtc {

/// Our side of one audio section.
struct LocalDescription {
  /// Distinguishes sessions in `o=`; any random number (its low 62 bits are used).
  std::uint64_t session_id = 0;
  IceCredentials ice;
  Fingerprint fingerprint;
  /// Our addresses as the peer reaches them, the preferred one first. In an answer: at least one.
  std::vector<net::Endpoint> host_candidates;
  bool send = true;
  bool receive = true;
  /// Of what we send; written as `a=ssrc:… cname:` and `a=msid:` when we send.
  std::uint32_t ssrc = 0;
  std::string cname;
  std::string stream_id;
  std::string track_id;
  /// We accept two channels (`stereo=1`) and send two (`sprop-stereo=1`).
  bool stereo = true;
};

/// What was agreed, from our side.
struct MadeAnswer {
  std::string sdp;
  DtlsRole dtls_role = DtlsRole::kServer;
  bool sending = false;    ///< We send: we want to and the peer receives.
  bool receiving = false;  ///< We receive: we want to and the peer sends.
  int payload_type = 111;  ///< Of Opus, both ways.
  int audio_level_id = 0;  ///< Of the header extension (RFC 6464), both ways; 0: not agreed.
};

/// ICE-lite, bundled, rtcp-mux; the audio section is accepted, every other one refused with port 0
/// and outside BUNDLE (RFC 8829 section 5.3.1). setup: actpass and active → passive, passive →
/// active. Of header extensions the audio level is accepted, if it is offered.
MadeAnswer make_answer(const Offer& offer, const LocalDescription& local);

/// The id that make_offer gives to the audio level's header extension.
inline constexpr int kOfferedAudioLevelId = 1;

/// The offer of our client (full ICE, controlling), payload type 111, one audio section, mid "0",
/// with the audio level (RFC 6464) as header extension 1.
std::string make_offer(const LocalDescription& local);

/// The DTLS role of the side that offered actpass and got `answered`.
constexpr DtlsRole offerer_dtls_role(DtlsSetup answered) {
  return answered == DtlsSetup::kActive ? DtlsRole::kServer : DtlsRole::kClient;
}

}  // namespace shelcaster::rtc
