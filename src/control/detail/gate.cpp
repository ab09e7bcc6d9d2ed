#include "control/detail/gate.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "control/urls.hpp"
#include "net/loopback.hpp"

namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

constexpr std::size_t kBodyDepthMax = 16;
constexpr std::size_t kIdempotencyKeyMax = 200;
/// 128 bits in base64: nobody meets another's key by chance or by trying.
constexpr std::size_t kSharedKeyMin = 22;

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

std::string bearer_of(const Request& request) {
  std::string_view value = header_of(request.headers, "Authorization");
  if (value.empty()) {
    const auto parameters = query_parameters(request.query);
    const auto token = parameters.find("token");
    return token != parameters.end() ? token->second : std::string();
  }
  constexpr std::string_view kScheme = "bearer ";
  const bool is_bearer =
      value.size() > kScheme.size() &&
      std::equal(kScheme.begin(), kScheme.end(), value.begin(), [](char want, char have) {
        return want == (have >= 'A' && have <= 'Z' ? static_cast<char>(have - 'A' + 'a') : have);
      });
  if (!is_bearer) refuse(401, "Authorization must be 'Bearer <token>'");
  return std::string(value.substr(kScheme.size()));
}

Identity identify(Core& core, std::string_view bearer) {
  if (bearer.empty()) return {};
  if (!core.config.admin_token.empty() && equal_secrets(bearer, core.config.admin_token)) {
    return {Scope::kAdmin, {}, {}};
  }
  const auto who = core.signer.verify(bearer, core.wall());
  if (!who) refuse(401, who.error().message);
  if (who->scope == Scope::kInvitation) {
    const auto show = core.find_show(who->show_id);
    if (show && show->invitation_number != who->invitation_number) {
      refuse(401, "this invitation was replaced by a new one; ask for the new link");
    }
  }
  if (who->participant_id.empty()) return *who;
  core.fetch_person(who->show_id, who->participant_id, {Part::kShow});
  // The seats of a deleted show go a while after it.
  const bool has_show = core.exists({store::Collection::kShows, "", who->show_id.str()});
  const auto person =
      has_show ? core.find_participant(who->show_id, who->participant_id) : std::nullopt;
  if (!person) refuse(401, "the token's show or seat does not exist any more");
  if (person->is_kicked) refuse(403, "you were removed from this show");
  return *who;
}

Identity asker(Core& core, const Route& route, const Request& request) {
  // Somebody who was removed, or whose token has expired, must still be able to hang up.
  if (route.access == Access::kCapability) return {};
  return identify(core, bearer_of(request));
}

void require_access(const Route& route, const std::vector<std::string>& params, const Identity& who,
                    const Request& request, const ApiConfig& config) {
  if (who.scope == Scope::kAdmin) return;
  const bool is_of_show = route.pattern.find("{showId}") != std::string_view::npos;
  const bool is_own_show = is_of_show && !params.empty() && params.front() == who.show_id.str();
  const bool is_host = who.scope == Scope::kHost;
  bool may = false;
  switch (route.access) {
    case Access::kPublic:
    case Access::kCapability:
      may = who.scope == Scope::kNone ||
            (who.scope != Scope::kDownload && (!is_of_show || is_own_show));
      break;
    case Access::kAdmin:
      break;
    case Access::kMetrics:
      may = config.trusts_loopback && net::is_loopback(request.remote_address);
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
    case Access::kDownload:
      may = is_own_show && (is_host || who.scope == Scope::kDownload);
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
  BodyPolicy policy{config.json_bytes_max, false, {}};
  if (route.body == BodyKind::kSdp) policy.bytes_max = config.sdp_bytes_max;
  if (route.body == BodyKind::kUpload && media_type_of(head) != "application/json") {
    if (!is_audio_type(media_type_of(head))) {
      refuse(415,
             "send the file as audio/*, application/octet-stream or multipart/form-data, or "
             "{\"url\"} as application/json");
    }
    policy = {config.upload_bytes_max, true, {}};
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

void require_upload_room(const Core& core, const Request& head, const BodyPolicy& policy) {
  const std::string_view length = header_of(head.headers, "Content-Length");
  std::uint64_t bytes = 0;
  (void)std::from_chars(length.data(), length.data() + length.size(), bytes);
  if (const auto room = core.ports.media.room_for_upload(policy.owner, bytes); !room) {
    throw Refusal{{507, room.error().message, {}, {}, {{"Retry-After", "30"}}}};
  }
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
  const bool is_shared = call.who.scope == Scope::kInvitation || call.who.scope == Scope::kNone;
  if (is_shared && key.size() < kSharedKeyMin) {
    refuse(422,
           "Idempotency-Key must be at random and have at least 22 characters here, since others "
           "hold the same invitation");
  }
  call.answer_key = "key:" + sha256_hex(call.who.actor() + "\n" + call.request.target_path + "\n" +
                                        std::string(key));
  const auto known = core.ports.store.answer(call.answer_key);
  if (!known) refuse(503, "the store can't be read now");
  if (!*known) return std::nullopt;
  if ((*known)->request_digest != request_digest(call.request)) {
    refuse(422, "this Idempotency-Key was used for another request");
  }
  return core.again(**known);
}

}  // namespace shelcaster::control::detail
