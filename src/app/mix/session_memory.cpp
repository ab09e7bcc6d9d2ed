#include "app/mix/session_memory.hpp"

#include <boost/json.hpp>
#include <stdexcept>
#include <string_view>

namespace shelcaster::app {

namespace json = boost::json;

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

std::string to_hex(base::ByteSpan bytes) {
  std::string hex;
  for (const std::byte byte : bytes) {
    const auto value = std::to_integer<unsigned>(byte);
    hex += kHexDigits[value >> 4U];
    hex += kHexDigits[value & 15U];
  }
  return hex;
}

base::Bytes from_hex(std::string_view hex) {
  base::Bytes bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    const std::size_t high = kHexDigits.find(hex[i]);
    const std::size_t low = kHexDigits.find(hex[i + 1]);
    if (high == kHexDigits.npos || low == kHexDigits.npos) throw std::invalid_argument("not hex");
    bytes.push_back(static_cast<std::byte>(high << 4U | low));
  }
  return bytes;
}

json::value to_json(const net::Endpoint& endpoint) {
  return json::array{endpoint.address(), endpoint.port()};
}

net::Endpoint parse_endpoint(const json::value& value) {
  const auto endpoint = net::Endpoint::parse(std::string_view(value.at(0).as_string()),
                                             value.at(1).to_number<std::uint16_t>());
  if (!endpoint) throw std::invalid_argument(endpoint.error().message);
  return *endpoint;
}

json::array to_json(const std::vector<net::Endpoint>& endpoints) {
  json::array out;
  for (const net::Endpoint& endpoint : endpoints) out.push_back(to_json(endpoint));
  return out;
}

std::vector<net::Endpoint> parse_endpoints(const json::value& value) {
  std::vector<net::Endpoint> out;
  for (const json::value& one : value.as_array()) out.push_back(parse_endpoint(one));
  return out;
}

json::value to_json(const rtc::IceCredentials& credentials) {
  return json::array{credentials.ufrag, credentials.pwd};
}

rtc::IceCredentials parse_credentials(const json::value& value) {
  return {std::string(value.at(0).as_string()), std::string(value.at(1).as_string())};
}

json::value to_json(const std::optional<rtc::IceGeneration>& generation) {
  if (!generation) return nullptr;
  return json::array{to_json(generation->local), to_json(generation->remote)};
}

std::optional<rtc::IceGeneration> parse_generation(const json::value& value) {
  if (value.is_null()) return std::nullopt;
  return rtc::IceGeneration{parse_credentials(value.at(0)), parse_credentials(value.at(1))};
}

json::object to_json(const rtc::IceLiteMemory& ice) {
  return {{"current", to_json(std::optional(ice.current))},
          {"previous", to_json(ice.previous)},
          {"next", to_json(ice.next)},
          {"validated", to_json(ice.validated)},
          {"nominated", ice.nominated ? to_json(*ice.nominated) : json::value(nullptr)}};
}

rtc::IceLiteMemory parse_ice(const json::object& in) {
  rtc::IceLiteMemory ice;
  const auto current = parse_generation(in.at("current"));
  if (!current) throw std::invalid_argument("no credentials");
  ice.current = *current;
  ice.previous = parse_generation(in.at("previous"));
  ice.next = parse_generation(in.at("next"));
  ice.validated = parse_endpoints(in.at("validated"));
  if (const json::value& nominated = in.at("nominated"); !nominated.is_null()) {
    ice.nominated = parse_endpoint(nominated);
  }
  return ice;
}

json::object to_json(const rtc::MediaConfig& media) {
  return {{"profile", static_cast<int>(media.keys.profile)},
          {"localKey", to_hex(media.keys.local_key_salt)},
          {"remoteKey", to_hex(media.keys.remote_key_salt)},
          {"receive", media.receive},
          {"remoteSsrc", media.remote_ssrc},
          {"payloadType", media.reception.payload_type},
          {"audioLevelId", media.reception.audio_level_id},
          {"delayMsMin", media.reception.delay_ms_min},
          {"delayMsMax", media.reception.delay_ms_max},
          {"send", media.send},
          {"localSsrc", media.local_ssrc},
          {"sendPayloadType", media.send_payload_type},
          {"sendAudioLevelId", media.send_audio_level_id},
          {"cname", media.cname}};
}

rtc::MediaConfig parse_media(const json::object& in) {
  rtc::MediaConfig media;
  media.keys.profile = in.at("profile").to_number<int>() == 0 ? rtc::SrtpProfile::kAeadAes128Gcm
                                                              : rtc::SrtpProfile::kAes128CmSha1_80;
  media.keys.local_key_salt = from_hex(in.at("localKey").as_string());
  media.keys.remote_key_salt = from_hex(in.at("remoteKey").as_string());
  const std::size_t key_bytes = rtc::key_salt_bytes(media.keys.profile);
  if (media.keys.local_key_salt.size() != key_bytes ||
      media.keys.remote_key_salt.size() != key_bytes) {
    throw std::invalid_argument("keys of the wrong length");
  }
  media.receive = in.at("receive").as_bool();
  media.remote_ssrc = in.at("remoteSsrc").to_number<std::uint32_t>();
  media.reception.payload_type = in.at("payloadType").to_number<int>();
  media.reception.audio_level_id = in.at("audioLevelId").to_number<int>();
  media.reception.delay_ms_min = in.at("delayMsMin").to_number<int>();
  media.reception.delay_ms_max = in.at("delayMsMax").to_number<int>();
  media.send = in.at("send").as_bool();
  media.local_ssrc = in.at("localSsrc").to_number<std::uint32_t>();
  media.send_payload_type = in.at("sendPayloadType").to_number<int>();
  media.send_audio_level_id = in.at("sendAudioLevelId").to_number<int>();
  media.cname = in.at("cname").as_string();
  return media;
}

}  // namespace

json::object to_json(const SessionMemory& session) {
  return {{"id", session.id},
          {"participantId", session.participant_id},
          {"seat", session.seat},
          {"isWhep", session.is_whep},
          {"line", session.line},
          {"number", session.number},
          {"etag", session.etag},
          {"ice", to_json(session.transport.ice)},
          {"farewell", to_hex(session.transport.farewell)},
          {"media", to_json(session.media)},
          {"addresses", to_json(session.addresses)},
          {"remote", to_json(session.remote)}};
}

base::Result<SessionMemory> parse_session_memory(const json::object& in) try {
  SessionMemory session;
  session.id = in.at("id").as_string();
  session.participant_id = in.at("participantId").as_string();
  session.seat = in.at("seat").to_number<int>();
  session.is_whep = in.at("isWhep").as_bool();
  session.line = in.at("line").to_number<int>();
  session.number = in.at("number").to_number<std::uint64_t>();
  session.etag = in.at("etag").as_string();
  session.transport.ice = parse_ice(in.at("ice").as_object());
  session.transport.farewell = from_hex(in.at("farewell").as_string());
  session.media = parse_media(in.at("media").as_object());
  session.addresses = parse_endpoints(in.at("addresses"));
  session.remote = parse_endpoint(in.at("remote"));
  return session;
} catch (const std::exception& error) {
  return base::fail(std::string("session: ") + error.what());
}

}  // namespace shelcaster::app
