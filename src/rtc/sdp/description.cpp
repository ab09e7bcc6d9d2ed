#include "rtc/sdp/description.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bitset>

#include "rtc/sdp/detail/ice_attributes.hpp"
#include "rtc/sdp/detail/sdp_text.hpp"

namespace shelcaster::rtc {
namespace {

using namespace detail;

constexpr std::size_t kMidBytesMax = 256;
constexpr std::uint32_t kPayloadTypeMax = 127;
constexpr std::string_view kAudioLevelUri = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";

/// Where an attribute of the transport may stand: in the audio section, in the first section of its
/// bundle (RFC 9143 section 7.1.3), or for all at session level.
struct TransportAttributes {
  const SdpAttributes* own;
  const SdpAttributes* bundle;
  const SdpAttributes* session;

  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const {
    for (const SdpAttributes* place : {own, bundle, session}) {
      if (auto value = place->find(name)) return value;
    }
    return std::nullopt;
  }
};

base::Result<std::vector<std::string_view>> bundled_mids(const SdpText& sdp) {
  std::vector<std::string_view> mids;
  for (std::string_view group : sdp.session.all("group")) {
    if (take_word(group) != "BUNDLE") continue;
    for (std::string_view mid = take_word(group); !mid.empty(); mid = take_word(group)) {
      if (mids.size() == kSdpSectionsMax) {
        return base::fail(
            fmt::format("SDP: a=group:BUNDLE names more than {} sections", kSdpSectionsMax));
      }
      mids.push_back(mid);
    }
    break;
  }
  return mids;
}

base::Result<std::vector<MediaSection>> describe_sections(const SdpText& sdp) {
  const auto bundle = bundled_mids(sdp);
  if (!bundle) return tl::unexpected(bundle.error());
  std::vector<MediaSection> sections;
  for (const SdpSection& section : sdp.sections) {
    const std::string_view mid = section.attributes.find("mid").value_or("");
    if (mid.size() > kMidBytesMax || mid.find(' ') != std::string_view::npos) {
      return base::fail("SDP: a=mid must be one word of at most 256 bytes");
    }
    sections.push_back({.kind = std::string(section.kind),
                        .protocol = std::string(section.protocol),
                        .formats = std::string(section.formats),
                        .mid = std::string(mid),
                        .bundled = !mid.empty() && std::find(bundle->begin(), bundle->end(), mid) !=
                                                       bundle->end()});
  }
  return sections;
}

/// The first payload type of the m-line whose rtpmap is opus/48000/2 (RFC 7587 section 7).
std::optional<int> find_opus(const SdpSection& section) {
  std::bitset<kPayloadTypeMax + 1> is_opus;
  for (std::string_view map : section.attributes.all("rtpmap")) {
    const auto payload_type = parse_number(take_word(map), kPayloadTypeMax);
    if (payload_type && equal_ignoring_case(take_word(map), "opus/48000/2")) {
      is_opus.set(*payload_type);
    }
  }
  std::string_view formats = section.formats;
  for (std::string_view format = take_word(formats); !format.empty(); format = take_word(formats)) {
    const auto payload_type = parse_number(format, kPayloadTypeMax);
    if (payload_type && is_opus.test(*payload_type)) return static_cast<int>(*payload_type);
  }
  return std::nullopt;
}

/// `key=value` pairs parted by semicolons. Empty ones are skipped: the IVS SDK writes
/// `a=fmtp:111 ;maxaveragebitrate=64000`.
void read_opus_parameters(std::string_view parameters, OpusFormat& opus) {
  while (!parameters.empty()) {
    const std::size_t end = std::min(parameters.find(';'), parameters.size());
    std::string_view pair = parameters.substr(0, end);
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    pair = take_word(pair);
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view key = pair.substr(0, equals);
    const std::string_view value = pair.substr(std::min(equals + 1, pair.size()));
    if (key == "stereo") opus.stereo = value == "1";
    if (key == "sprop-stereo") opus.sprop_stereo = value == "1";
    if (key == "useinbandfec") opus.in_band_fec = value == "1";
    if (key == "usedtx") opus.dtx = value == "1";
    if (key == "maxaveragebitrate") {
      opus.average_bitrate_bps_max = parse_number(value, 510'000).value_or(0);
    }
  }
}

OpusFormat read_opus(const SdpSection& section, int payload_type) {
  OpusFormat opus;
  opus.payload_type = payload_type;
  for (std::string_view fmtp : section.attributes.all("fmtp")) {
    if (parse_number(take_word(fmtp), kPayloadTypeMax) ==
        static_cast<std::uint32_t>(payload_type)) {
      read_opus_parameters(fmtp, opus);
    }
  }
  return opus;
}

/// `a=extmap:<id>[/direction] <uri> [attributes]` (RFC 8285 section 8). Ids beyond the one-byte
/// form are left alone: no browser gives this extension one.
int read_audio_level_id(const SdpAttributes& own, const SdpAttributes& session) {
  constexpr std::uint32_t kIdMax = 14;
  for (const SdpAttributes* place : {&own, &session}) {
    for (std::string_view map : place->all("extmap")) {
      std::string_view id = take_word(map);
      id = id.substr(0, id.find('/'));
      if (take_word(map) != kAudioLevelUri) continue;
      if (const auto number = parse_number(id, kIdMax)) return static_cast<int>(*number);
    }
  }
  return 0;
}

bool is_secure_rtp(const SdpSection& section) {
  return section.protocol.find("RTP/SAVP") != std::string_view::npos;
}

struct ChosenAudio {
  std::size_t index;
  int payload_type;
};

/// The first audio section with Opus over SRTP that is not refused. Port 0 is no refusal where
/// a=bundle-only stands (RFC 9143 section 6).
base::Result<ChosenAudio> choose_audio(const SdpText& sdp) {
  bool any_audio = false;
  for (std::size_t i = 0; i < sdp.sections.size(); ++i) {
    const SdpSection& section = sdp.sections[i];
    if (section.kind != "audio") continue;
    if (section.port == 0 && !section.attributes.has("bundle-only")) continue;
    any_audio = true;
    const auto payload_type = find_opus(section);
    if (is_secure_rtp(section) && payload_type) return ChosenAudio{i, *payload_type};
  }
  if (any_audio) {
    return base::fail(
        "SDP: no audio section with opus/48000/2 over UDP/TLS/RTP/SAVPF; add Opus to it");
  }
  return base::fail("SDP: no audio section, or it was refused (port 0); one m=audio is needed");
}

MediaDirection read_direction(const SdpAttributes& own, const SdpAttributes& session) {
  for (const SdpAttributes* place : {&own, &session}) {
    if (place->has("sendrecv")) return MediaDirection::kSendRecv;
    if (place->has("sendonly")) return MediaDirection::kSendOnly;
    if (place->has("recvonly")) return MediaDirection::kRecvOnly;
    if (place->has("inactive")) return MediaDirection::kInactive;
  }
  return MediaDirection::kSendRecv;
}

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  return std::nullopt;
}

/// "sha-256 AB:CD:…" with 32 bytes.
std::optional<Fingerprint> parse_fingerprint(std::string_view value) {
  if (!equal_ignoring_case(take_word(value), "sha-256")) return std::nullopt;
  const std::string_view hex = take_word(value);
  Fingerprint fingerprint;
  if (hex.size() != fingerprint.sha256.size() * 3 - 1) return std::nullopt;
  for (std::size_t i = 0; i < fingerprint.sha256.size(); ++i) {
    const auto high = hex_digit(hex[3 * i]);
    const auto low = hex_digit(hex[3 * i + 1]);
    if (!high || !low || (3 * i + 2 < hex.size() && hex[3 * i + 2] != ':')) return std::nullopt;
    fingerprint.sha256[i] = static_cast<std::byte>(*high << 4U | *low);
  }
  return fingerprint;
}

std::optional<Fingerprint> find_fingerprint(const TransportAttributes& transport) {
  for (const SdpAttributes* place : {transport.own, transport.bundle, transport.session}) {
    for (const std::string_view value : place->all("fingerprint")) {
      if (auto fingerprint = parse_fingerprint(value)) return fingerprint;
    }
  }
  return std::nullopt;
}

base::Result<DtlsSetup> read_setup(const TransportAttributes& transport, DtlsSetup if_missing) {
  const auto value = transport.find("setup");
  if (!value) return if_missing;
  if (*value == "actpass") return DtlsSetup::kActPass;
  if (*value == "active") return DtlsSetup::kActive;
  if (*value == "passive") return DtlsSetup::kPassive;
  return base::fail("SDP: a=setup must be actpass, active or passive");
}

base::Result<void> read_transport(const SdpText& sdp, DtlsSetup setup_if_missing,
                                  RemoteDescription& description) {
  const SdpAttributes& own = sdp.sections[description.audio_section].attributes;
  const SdpAttributes* bundle = &own;
  if (description.sections[description.audio_section].bundled) {
    const auto first = std::find_if(description.sections.begin(), description.sections.end(),
                                    [](const MediaSection& s) { return s.bundled; });
    bundle =
        &sdp.sections[static_cast<std::size_t>(first - description.sections.begin())].attributes;
  }
  const TransportAttributes transport{&own, bundle, &sdp.session};
  const auto ufrag = transport.find("ice-ufrag");
  const auto pwd = transport.find("ice-pwd");
  if (!ufrag || !pwd) return base::fail("SDP: a=ice-ufrag and a=ice-pwd are needed");
  auto ice = check_credentials(*ufrag, *pwd);
  if (!ice) return tl::unexpected(ice.error());
  const auto fingerprint = find_fingerprint(transport);
  if (!fingerprint) return base::fail("SDP: a=fingerprint with sha-256 is needed (DTLS-SRTP)");
  const auto setup = read_setup(transport, setup_if_missing);
  if (!setup) return tl::unexpected(setup.error());

  description.ice = std::move(*ice);
  description.ice_lite = sdp.session.has("ice-lite");
  description.fingerprint = *fingerprint;
  description.setup = *setup;
  description.end_of_candidates = transport.find("end-of-candidates").has_value();
  add_candidates(own, description.candidates);
  if (bundle != &own) add_candidates(*bundle, description.candidates);
  add_candidates(sdp.session, description.candidates);
  return {};
}

base::Result<RemoteDescription> parse_description(std::string_view text,
                                                  DtlsSetup setup_if_missing) {
  const auto sdp = parse_sdp_text(text, false);
  if (!sdp) return tl::unexpected(sdp.error());
  RemoteDescription description;
  auto sections = describe_sections(*sdp);
  if (!sections) return tl::unexpected(sections.error());
  description.sections = std::move(*sections);
  const auto audio = choose_audio(*sdp);
  if (!audio) return tl::unexpected(audio.error());
  description.audio_section = audio->index;
  if (auto read = read_transport(*sdp, setup_if_missing, description); !read) {
    return tl::unexpected(read.error());
  }
  const SdpSection& section = sdp->sections[audio->index];
  description.direction = read_direction(section.attributes, sdp->session);
  description.opus = read_opus(section, audio->payload_type);
  description.audio_level_id = read_audio_level_id(section.attributes, sdp->session);
  if (auto ssrc = section.attributes.find("ssrc")) {
    description.ssrc = parse_number(take_word(*ssrc), UINT32_MAX);
    if (description.ssrc == 0U) description.ssrc.reset();
  }
  return description;
}

}  // namespace

base::Result<Offer> parse_offer(std::string_view text) {
  auto description = parse_description(text, DtlsSetup::kActPass);
  if (!description) return tl::unexpected(description.error());
  if (description->ice_lite) {
    return base::fail("SDP: the offer says a=ice-lite; so are we, and one side must do full ICE");
  }
  return Offer{std::move(*description)};
}

base::Result<Answer> parse_answer(std::string_view text) {
  // RFC 4145 section 4.1: without a=setup it is active.
  auto description = parse_description(text, DtlsSetup::kActive);
  if (!description) return tl::unexpected(description.error());
  if (description->setup == DtlsSetup::kActPass) {
    return base::fail("SDP: an answer must say a=setup:active or a=setup:passive");
  }
  return Answer{std::move(*description)};
}

}  // namespace shelcaster::rtc
