#include "app/mix/recovery/session_memory.hpp"

#include <array>
#include <boost/json.hpp>
#include <stdexcept>
#include <string_view>
#include <variant>

namespace shelcaster::app {

namespace json = boost::json;

namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

json::string to_hex(base::ByteSpan bytes) {
  json::string hex;
  hex.reserve(2 * bytes.size());
  for (const std::byte byte : bytes) {
    const auto value = std::to_integer<unsigned>(byte);
    hex.push_back(kHexDigits[value >> 4U]);
    hex.push_back(kHexDigits[value & 15U]);
  }
  return hex;
}

template <typename Bytes>
Bytes from_hex(std::string_view hex) {
  Bytes bytes;
  bytes.reserve(hex.size() / 2);
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

/// Without the peer's password: a side that sends no checks doesn't need it.
json::value to_json(const std::optional<rtc::IceGeneration>& generation) {
  if (!generation) return nullptr;
  return json::array{generation->local.ufrag, json::string(std::string_view(generation->local.pwd)),
                     generation->remote.ufrag};
}

std::optional<rtc::IceGeneration> parse_generation(const json::value& value) {
  if (value.is_null()) return std::nullopt;
  return rtc::IceGeneration{.local = {.ufrag = std::string(value.at(0).as_string()),
                                      .pwd = base::secret(value.at(1).as_string())},
                            .remote = {.ufrag = std::string(value.at(2).as_string()), .pwd = {}}};
}

json::object to_json(const rtc::IceLiteMemory& ice) {
  return {{"current", to_json(std::optional(ice.current))},
          {"previous", to_json(ice.previous)},
          {"next", to_json(ice.next)},
          {"validated", to_json(ice.validated)},
          {"nominated", ice.nominated ? to_json(*ice.nominated) : json::value(nullptr)}};
}

/// With both passwords: this side sends checks.
json::object to_json(const rtc::IceClientMemory& ice) {
  const auto text = [](const base::SecretString& secret) {
    return json::string(std::string_view(secret));
  };
  return {{"isClient", true},
          {"current", json::array{ice.current.local.ufrag, text(ice.current.local.pwd),
                                  ice.current.remote.ufrag, text(ice.current.remote.pwd)}},
          {"tieBreaker", ice.tie_breaker},
          {"validated", to_json(ice.validated)},
          {"nominated", to_json(ice.selected)}};
}

rtc::IceClientMemory parse_client_ice(const json::object& in) {
  const json::value& current = in.at("current");
  const auto credentials = [&current](std::size_t at) {
    return rtc::IceCredentials{.ufrag = std::string(current.at(at).as_string()),
                               .pwd = base::secret(current.at(at + 1).as_string())};
  };
  return {.current = {.local = credentials(0), .remote = credentials(2)},
          .tie_breaker = in.at("tieBreaker").to_number<std::uint64_t>(),
          .validated = parse_endpoints(in.at("validated")),
          .selected = parse_endpoint(in.at("nominated"))};
}

rtc::IceLiteMemory parse_lite_ice(const json::object& in) {
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

json::object to_json(const std::variant<rtc::IceLiteMemory, rtc::IceClientMemory>& ice) {
  return std::visit([](const auto& side) { return to_json(side); }, ice);
}

std::variant<rtc::IceLiteMemory, rtc::IceClientMemory> parse_ice(const json::object& in) {
  if (in.contains("isClient")) return parse_client_ice(in);
  return parse_lite_ice(in);
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
  media.keys.local_key_salt = from_hex<base::SecretBytes>(in.at("localKey").as_string());
  media.keys.remote_key_salt = from_hex<base::SecretBytes>(in.at("remoteKey").as_string());
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
          {"source", session.source},
          {"isWhep", session.is_whep},
          {"line", session.line},
          {"number", session.number},
          {"etag", session.etag},
          {"isRestarted", session.is_restarted},
          {"ice", to_json(session.transport.ice)},
          {"farewell", to_hex(session.transport.farewell)},
          {"media", to_json(session.media)},
          {"remote", to_json(session.remote)}};
}

void cleanse(json::value& value) {
  if (value.is_array()) {
    for (json::value& one : value.get_array()) cleanse(one);
  } else if (value.is_object()) {
    for (auto& member : value.get_object()) cleanse(member.value());
  } else if (value.is_string()) {
    base::cleanse(value.get_string().data(), value.get_string().size());
  }
}

base::SecretString serialize_secret(json::value record) {
  base::SecretString text;
  json::serializer serializer;
  serializer.reset(&record);
  std::array<char, 4096> piece{};
  while (!serializer.done()) text.append(serializer.read(piece.data(), piece.size()));
  base::cleanse(piece.data(), piece.size());
  cleanse(record);
  return text;
}

base::Result<SessionMemory> parse_session_memory(const json::object& in) try {
  SessionMemory session;
  session.id = in.at("id").as_string();
  session.participant_id = in.at("participantId").as_string();
  session.seat = in.at("seat").to_number<int>();
  session.source = in.at("source").as_string();
  session.is_whep = in.at("isWhep").as_bool();
  session.line = in.at("line").to_number<int>();
  session.number = in.at("number").to_number<std::uint64_t>();
  session.etag = in.at("etag").as_string();
  session.is_restarted = in.at("isRestarted").as_bool();
  session.transport.ice = parse_ice(in.at("ice").as_object());
  session.transport.farewell = from_hex<base::Bytes>(in.at("farewell").as_string());
  session.media = parse_media(in.at("media").as_object());
  session.remote = parse_endpoint(in.at("remote"));
  return session;
} catch (const std::exception& error) {
  return base::fail(std::string("session: ") + error.what());
}

}  // namespace shelcaster::app
