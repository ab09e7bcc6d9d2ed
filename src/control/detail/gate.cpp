#include "control/detail/gate.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

constexpr std::size_t kBodyDepthMax = 16;
constexpr std::size_t kIdempotencyKeyMax = 200;

bool is_loopback(std::string_view address) {
  return address == "::1" || address.starts_with("127.");
}

std::string_view media_type_of(const Request& request) {
  std::string_view type = header_of(request.headers, "Content-Type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return type;
}

bool is_audio_type(std::string_view type) {
  return type.starts_with("audio/") || type.starts_with("video/") || type == "application/ogg" ||
         type == "application/octet-stream" || type == "multipart/form-data";
}

}  // namespace

std::string_view bearer_of(const Headers& headers) {
  std::string_view value = header_of(headers, "Authorization");
  if (value.empty()) return {};
  constexpr std::string_view kScheme = "bearer ";
  const bool is_bearer =
      value.size() > kScheme.size() &&
      std::equal(kScheme.begin(), kScheme.end(), value.begin(), [](char want, char have) {
        return want == (have >= 'A' && have <= 'Z' ? static_cast<char>(have - 'A' + 'a') : have);
      });
  if (!is_bearer) refuse(401, "Authorization must be 'Bearer <token>'");
  return value.substr(kScheme.size());
}

Identity identify(Core& core, std::string_view bearer) {
  if (bearer.empty()) return {};
  if (!core.config.admin_token.empty() && equal_secrets(bearer, core.config.admin_token)) {
    return {Scope::kAdmin, {}, {}};
  }
  const auto who = core.signer.verify(bearer, core.wall());
  if (!who) refuse(401, who.error().message);
  if (who->participant_id.empty()) return *who;
  const auto person = core.find_participant(who->show_id, who->participant_id);
  if (!person) refuse(401, "the token's show or seat does not exist any more");
  if (person->is_kicked) refuse(403, "you were removed from this show");
  return *who;
}

Identity asker(Core& core, const Route& route, const Headers& headers) {
  // Somebody who was removed, or whose token has expired, must still be able to hang up.
  if (route.access == Access::kCapability) return {};
  return identify(core, bearer_of(headers));
}

void require_access(const Route& route, const std::vector<std::string>& params, const Identity& who,
                    const Request& request) {
  if (who.scope == Scope::kAdmin) return;
  const bool is_of_show = route.pattern.find("{showId}") != std::string_view::npos;
  const bool is_own_show = is_of_show && !params.empty() && params.front() == who.show_id.str();
  const bool is_host = who.scope == Scope::kHost;
  bool may = false;
  switch (route.access) {
    case Access::kPublic:
    case Access::kCapability:
      may = who.scope == Scope::kNone || !is_of_show || is_own_show;
      break;
    case Access::kAdmin:
      break;
    case Access::kMetrics:
      may = is_loopback(request.remote_address);
      break;
    case Access::kAnyHost:
      may = is_host;
      break;
    case Access::kHost:
      may = is_host && is_own_show;
      break;
    case Access::kInvited:
      may = is_own_show && (is_host || who.scope == Scope::kInvitation);
      break;
    case Access::kParticipant:
      may = is_own_show && (is_host || who.scope == Scope::kCaller);
      break;
  }
  if (may) return;
  if (who.scope == Scope::kNone) refuse(401, "a token is needed: Authorization: Bearer <token>");
  if (is_of_show && !is_own_show) refuse(403, "this token is for another show");
  refuse(403, "a token of scope '" + std::string(to_string(who.scope)) + "' may not do this");
}

BodyPolicy policy_for(const Route& route, const Request& head, const ApiConfig& config) {
  BodyPolicy policy{config.json_bytes_max, false};
  if (route.body == BodyKind::kSdp) policy.bytes_max = config.sdp_bytes_max;
  if (route.body == BodyKind::kUpload && media_type_of(head) != "application/json") {
    if (!is_audio_type(media_type_of(head))) {
      refuse(415,
             "send the file as audio/*, application/octet-stream or multipart/form-data, or "
             "{\"url\"} as application/json");
    }
    policy = {config.upload_bytes_max, true};
  }
  const std::string_view length = header_of(head.headers, "Content-Length");
  std::uint64_t bytes = 0;
  if (!length.empty()) {
    const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bytes);
    if (error != std::errc() || end != length.data() + length.size()) {
      bytes = UINT64_MAX;
    }
  }
  if (bytes > policy.bytes_max) {
    refuse(413, "the body may have at most " + std::to_string(policy.bytes_max) + " bytes");
  }
  return policy;
}

void read_body(const Route& route, Call& call, const ApiConfig& config) {
  const std::string& body = call.request.body;
  const bool is_json =
      route.body == BodyKind::kJson ||
      (route.body == BodyKind::kUpload && media_type_of(call.request) == "application/json");
  if (body.size() > (route.body == BodyKind::kSdp ? config.sdp_bytes_max : config.json_bytes_max)) {
    refuse(413, "the body is too large");
  }
  if (!is_json) return;
  if (body.empty()) return;
  const std::string_view type = media_type_of(call.request);
  if (type != "application/json" && !type.ends_with("+json")) {
    refuse(415, "Content-Type must be application/json");
  }
  json::parse_options options;
  options.max_depth = kBodyDepthMax;
  boost::system::error_code error;
  json::value value = json::parse(body, error, {}, options);
  if (error) refuse(400, "the body is not JSON: " + error.message());
  if (!value.is_object()) refuse_fields({{"", "must be an object"}});
  call.body = std::move(value.get_object());
}

std::optional<Response> replayed(Core& core, Call& call) {
  const std::string_view key = header_of(call.request.headers, "Idempotency-Key");
  if (key.empty() || call.request.method != "POST") return std::nullopt;
  if (key.size() > kIdempotencyKeyMax) refuse(422, "Idempotency-Key may have at most 200 bytes");
  call.answer_key = "key:" + sha256_hex(call.who.actor() + "\n" + call.request.target_path + "\n" +
                                        std::string(key));
  const auto known = core.ports.store.answer(call.answer_key);
  if (!known) refuse(503, "the store can't be read now");
  if (!*known) return std::nullopt;
  if ((*known)->request_digest != sha256_hex(call.request.body)) {
    refuse(422, "this Idempotency-Key was used for another request");
  }
  Response response{(*known)->status,
                    {{"Content-Type", "application/json"}, {"Idempotent-Replayed", "true"}},
                    (*known)->body};
  core.tell_storage(response);  // who asks again wants to know whether it is safe by now
  return response;
}

}  // namespace shelcaster::control::detail
