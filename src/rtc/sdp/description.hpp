#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "rtc/dtls/dtls_types.hpp"
#include "rtc/ice/ice_types.hpp"

namespace shelcaster::rtc {

/// Session descriptions longer than this are refused unread. Browsers' audio offers have 2–6 kB.
inline constexpr std::size_t kSdpBytesMax = std::size_t{64} * 1024;
inline constexpr std::size_t kSdpSectionsMax = 32;
/// Of one m-line. RTP has 128 payload types; browsers' video sections name some fifty.
inline constexpr std::size_t kSdpFormatsMax = 128;
/// Of one m-line, and of the session's part. Browsers' video sections have some 250.
inline constexpr std::size_t kSdpAttributesMax = 512;
inline constexpr std::size_t kSdpCandidatesMax = 64;

/// As the describing side sees itself.
enum class MediaDirection { kSendRecv, kSendOnly, kRecvOnly, kInactive };
constexpr bool sends(MediaDirection d) {
  return d == MediaDirection::kSendRecv || d == MediaDirection::kSendOnly;
}
constexpr bool receives(MediaDirection d) {
  return d == MediaDirection::kSendRecv || d == MediaDirection::kRecvOnly;
}
constexpr MediaDirection make_direction(bool send, bool receive) {
  if (send) return receive ? MediaDirection::kSendRecv : MediaDirection::kSendOnly;
  return receive ? MediaDirection::kRecvOnly : MediaDirection::kInactive;
}

/// `a=setup` (RFC 8842 section 5): who opens the DTLS association.
enum class DtlsSetup { kActPass, kActive, kPassive };

/// What a peer says of Opus as it wants to receive it (RFC 7587 section 6).
struct OpusFormat {
  int payload_type = 111;
  bool stereo = false;        ///< It would like two channels.
  bool sprop_stereo = false;  ///< It is likely to send two channels.
  bool in_band_fec = false;   ///< It makes use of in-band FEC.
  bool dtx = false;
  std::uint32_t average_bitrate_bps_max = 0;  ///< 0: not said.
};

/// One m-line as the other side wrote it, for the answer to mirror.
struct MediaSection {
  std::string kind;      ///< "audio", "video", "application", …
  std::string protocol;  ///< "UDP/TLS/RTP/SAVPF", "UDP/DTLS/SCTP", …
  std::string formats;   ///< The rest of the m-line, verbatim.
  std::string mid;       ///< Empty if it has none.
  bool bundled = false;  ///< Its mid stands in a=group:BUNDLE.
};

/// The other side's offer or answer, reduced to what one audio section over one transport needs.
struct RemoteDescription {
  IceCredentials ice;
  bool ice_lite = false;
  Fingerprint fingerprint;
  DtlsSetup setup = DtlsSetup::kActPass;
  std::vector<IceCandidate> candidates;
  bool end_of_candidates = false;

  std::vector<MediaSection> sections;
  std::size_t audio_section = 0;  ///< Index of the one that we use.
  MediaDirection direction = MediaDirection::kSendRecv;
  OpusFormat opus;
  std::optional<std::uint32_t> ssrc;  ///< `a=ssrc`, if it says one for audio.
  /// The id of the header extension with the audio level (RFC 6464) in `a=extmap`, 1–14; 0: it is
  /// not offered.
  int audio_level_id = 0;
};

struct Offer : RemoteDescription {};
struct Answer : RemoteDescription {};

/// Takes time in proportion to the length of the text, whatever stands in it. Fails, saying which
/// line or what is missing and what to do, when the text is not SDP, is too long, has more m-lines,
/// formats or attributes than the limits above allow, or has no audio section with Opus/48000/2
/// over DTLS-SRTP with ICE credentials and a sha-256 fingerprint. Unknown lines and attributes are
/// ignored, as RFC 8866 wants.
base::Result<Offer> parse_offer(std::string_view text);
/// The answer to our make_offer(). Fails also when the audio section was refused (port 0).
base::Result<Answer> parse_answer(std::string_view text);

}  // namespace shelcaster::rtc
