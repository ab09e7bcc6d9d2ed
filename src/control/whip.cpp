#include <utility>

#include "control/detail/handlers.hpp"
#include "control/detail/views.hpp"

// WHIP (RFC 9725) and WHEP. The stage speaks WebRTC; this carries offers and answers between HTTP
// and the show's keeper. A session URL is a capability: its last segment can't be guessed, and many
// clients send no Authorization with PATCH and DELETE.
namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

constexpr std::size_t kSessionIdChars = 24;  // 143 bits

std::string_view without_parameters(std::string_view type) {
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return type;
}

void require_type(const Call& call, std::string_view wanted) {
  const std::string_view type = without_parameters(header_of(call.request.headers, "Content-Type"));
  if (type != wanted) refuse(415, "Content-Type must be " + std::string(wanted));
}

/// The value of the first `a=<name>:` line of an SDP or an sdpfrag.
std::string attribute_of(std::string_view sdp, std::string_view name) {
  const std::string start = "a=" + std::string(name) + ":";
  std::size_t at = 0;
  while (at < sdp.size()) {
    std::size_t end = sdp.find('\n', at);
    if (end == std::string_view::npos) end = sdp.size();
    std::string_view line = sdp.substr(at, end - at);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with(start)) return std::string(line.substr(start.size()));
    at = end + 1;
  }
  return {};
}

/// `"abc"`, `abc`, `*`, `"*"` or nothing → the bare value, "*" for any.
std::string if_match_of(const Call& call) {
  std::string_view value = header_of(call.request.headers, "If-Match");
  // Some clients send the ETag back under its own name.
  if (value.empty()) value = header_of(call.request.headers, "ETag");
  if (value.starts_with("W/")) value.remove_prefix(2);
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  return value.empty() ? "*" : std::string(value);
}

std::string register_exchange(Desk& desk, Call& call, const std::string& session,
                              std::string location) {
  std::string request_id = "req-" + desk.core.ports.random.token(12);
  desk.exchanges[request_id] = {std::move(call.respond),
                                desk.core.ports.clock.now() + desk.core.config.offer_timeout,
                                call.show_id(), session, std::move(location)};
  return request_id;
}

[[noreturn]] void stage_unavailable() {
  throw Refusal{
      {503, "the show's stage is not reachable now: try again", {}, {}, {{"Retry-After", "1"}}}};
}

void send_or_refuse(Desk& desk, Call& call, const std::string& request_id,
                    const json::object& message) {
  if (desk.core.ports.stages.send(call.show_id(), message)) return;
  call.respond = std::move(desk.exchanges.at(request_id).respond);
  desk.exchanges.erase(request_id);
  stage_unavailable();
}

Answered offer(Desk& desk, Call& call, const std::string& kind) {
  require_type(call, "application/sdp");
  const studio::Show show = desk.core.show(call.show_id());
  if (show.status != studio::ShowStatus::kLive) {
    throw Refusal{
        {409,
         "the show is not on the air: it is " + std::string(studio::to_string(show.status)),
         {},
         {{"allowed", {"LIVE"}}},
         {{"Retry-After", "2"}}}};
  }
  if (!call.request.body.starts_with("v=0")) refuse(400, "the body is not an SDP offer");
  const std::string session = "sess-" + desk.core.ports.random.token(kSessionIdChars);
  const std::string request_id =
      register_exchange(desk, call, session, "/" + kind + "/" + show.id.str() + "/" + session);
  desk.sessions.put(show.id, session, attribute_of(call.request.body, "ice-ufrag"));
  send_or_refuse(desk, call, request_id,
                 link::to_json(link::Offer{request_id, session, call.who.participant_id.str(), kind,
                                           call.request.body}));
  ++desk.core.counters["shelcaster_offers_total{kind=\"" + kind + "\"}"];
  return std::nullopt;
}

}  // namespace

Answered whip_offer(Desk& desk, Call& call) {
  if (call.who.participant_id.empty()) {
    refuse(403, "publishing needs a participant's token: join the show first");
  }
  return offer(desk, call, "whip");
}

Answered whep_offer(Desk& desk, Call& call) { return offer(desk, call, "whep"); }

Answered session_patch(Desk& desk, Call& call) {
  require_type(call, "application/trickle-ice-sdpfrag");
  (void)desk.core.show(call.show_id());
  const std::string session = call.params.at(1);
  const std::string ufrag = attribute_of(call.request.body, "ice-ufrag");
  // Candidates alone: an ICE-lite server learns the peer's address from its checks.
  if (ufrag.empty() || desk.sessions.ufrag(session) == ufrag) {
    return Response{204, {}, ""};
  }
  const std::string request_id = register_exchange(desk, call, session, "");
  send_or_refuse(
      desk, call, request_id,
      link::to_json(link::IceRestart{request_id, session, if_match_of(call), call.request.body}));
  desk.sessions.put(call.show_id(), session, ufrag);
  return std::nullopt;
}

Answered session_delete(Desk& desk, Call& call) {
  (void)desk.core.show(call.show_id());
  desk.sessions.remove(call.params.at(1));
  (void)desk.core.ports.stages.send(call.show_id(), link::close_session(call.params.at(1)));
  return Response{200, {}, ""};
}

Answered session_get(Desk& desk, Call& call) {
  (void)desk.core.show(call.show_id());
  return Response{204, {}, ""};
}

void forget_ended_sessions(Desk& desk, const studio::ShowId& show, const json::object& message) {
  const std::string_view type = link::type_of(message);
  if (type == "stopped") return desk.sessions.remove_show(show);
  if (type == "sessions") {
    const auto sessions = link::parse_sessions(message);
    return desk.sessions.keep_only(show, sessions ? sessions->ids : std::vector<std::string>());
  }
  if (type != "seat") return;
  const auto seat = link::parse_seat_report(message);
  if (seat && seat->connection == "disconnected") desk.sessions.remove(seat->session_id);
}

void take_exchange_reply(Desk& desk, const json::object& message) {
  const json::value* id = message.if_contains("requestId");
  if (id == nullptr || !id->is_string()) return;
  const auto found = desk.exchanges.find(std::string(id->get_string()));
  if (found == desk.exchanges.end()) return;  // too late
  const PendingExchange exchange = std::move(found->second);
  desk.exchanges.erase(found);
  if (link::type_of(message) == "refuse") {
    const auto refused = link::parse_refuse(message);
    exchange.respond(to_response(refused
                                     ? Problem{refused->status, refused->detail}
                                     : Problem{502, "the show's stage refused without a reason"}));
    if (!exchange.location.empty()) desk.sessions.remove(exchange.session_id);
    return;
  }
  const auto answer = link::parse_answer(message);
  if (!answer) {
    exchange.respond(to_response({502, "the show's stage gave a malformed answer"}));
    return;
  }
  Response response;
  if (!answer->etag.empty()) response.headers.emplace_back("ETag", '"' + answer->etag + '"');
  response.body = answer->sdp;
  if (exchange.location.empty()) {
    response.status = answer->sdp.empty() ? 204 : 200;
    if (!answer->sdp.empty()) {
      response.headers.emplace_back("Content-Type", "application/trickle-ice-sdpfrag");
    }
  } else {
    response.status = 201;
    response.headers.emplace_back("Content-Type", "application/sdp");
    response.headers.emplace_back("Location", exchange.location);
  }
  exchange.respond(std::move(response));
}

void expire_exchanges(Desk& desk) {
  const base::Instant now = desk.core.ports.clock.now();
  std::vector<PendingExchange> late;
  std::erase_if(desk.exchanges, [&](auto& entry) {
    if (entry.second.deadline > now) return false;
    late.push_back(std::move(entry.second));
    return true;
  });
  for (const PendingExchange& exchange : late) {
    if (!exchange.location.empty()) {
      // Nobody will use the session that may yet come up.
      desk.sessions.remove(exchange.session_id);
      (void)desk.core.ports.stages.send(exchange.show_id, link::close_session(exchange.session_id));
    }
    exchange.respond(to_response({504, "the show's stage didn't answer in time: try again"}));
  }
}

}  // namespace shelcaster::control::detail
