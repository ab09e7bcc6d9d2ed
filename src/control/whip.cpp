#include <utility>

#include "base/utf8.hpp"
#include "control/detail/handlers.hpp"
#include "control/detail/own_changes.hpp"
#include "control/detail/seating.hpp"
#include "control/detail/views.hpp"
#include "control/source.hpp"
#include "control/urls.hpp"
#include "net/loopback.hpp"

// WHIP (RFC 9725) and WHEP. The stage speaks WebRTC; this carries offers and answers between HTTP
// and the show's keeper. A session URL is a capability: its last segment can't be guessed, and many
// clients send no Authorization with PATCH and DELETE.
namespace shelcaster::control::detail {

namespace json = boost::json;

namespace {

constexpr std::size_t kSessionIdChars = 24;  // 143 bits
constexpr std::size_t kEntityTagMax = 128;

/// In lower case: types are the same in any (RFC 9110 section 8.3.1).
std::string without_parameters(std::string_view given) {
  std::string type(given.substr(0, given.find(';')));
  while (type.ends_with(' ') || type.ends_with('\t')) type.pop_back();
  for (char& c : type) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return type;
}

void require_type(const Call& call, std::string_view wanted) {
  if (without_parameters(header_of(call.request.headers, "Content-Type")) != wanted) {
    refuse(415, "Content-Type must be " + std::string(wanted));
  }
  if (!base::is_utf8(call.request.body)) refuse(400, "the body is not UTF-8");
}

/// `"abc"`, `abc`, `*`, `"*"` → the bare value, "*" for any; empty if nothing was said. Refuses
/// what no entity tag can be (RFC 9110 §8.8.3, without its bytes beyond ASCII, which ours never
/// have).
std::string if_match_of(const Call& call) {
  std::string_view value = header_of(call.request.headers, "If-Match");
  // Some clients send the ETag back under its own name.
  if (value.empty()) value = header_of(call.request.headers, "ETag");
  if (value.starts_with("W/")) value.remove_prefix(2);
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  const auto is_of_a_tag = [](char c) { return c > ' ' && c < '\x7f' && c != '"'; };
  if (!std::all_of(value.begin(), value.end(), is_of_a_tag) || value.size() > kEntityTagMax) {
    refuse(400, "If-Match: must be an entity tag that this server gave, or *");
  }
  return std::string(value);
}

/// By what a listener is counted; empty where this machine's own are not.
std::string listener_source(const Desk& desk, const Call& call) {
  const std::string& address = call.request.remote_address;
  const bool is_trusted = desk.core.config.trusts_loopback && net::is_loopback(address);
  return is_trusted || !call.who.participant_id.empty() ? std::string() : source_of(address);
}

/// Whoever needs no token may ask as often as one who listens would.
void require_rate(Desk& desk, const std::string& source) {
  const base::Instant now = desk.core.ports.clock.now();
  if (source.empty() || desk.limits.listener_offers.take(source, now)) return;
  throw Refusal{{429,
                 "too many WebRTC listeners begin at this address: use the HLS address, or wait",
                 {},
                 {},
                 {{"Retry-After", "10"}}}};
}

/// Answers with what the stage says. `location`: of the session that an offer is to make; empty:
/// this is an ICE restart.
void answer(const Respond& respond, const std::string& location, const link::Answer& answered) {
  Response response;
  if (!answered.etag.empty()) response.headers.emplace_back("ETag", '"' + answered.etag + '"');
  response.body = answered.sdp;
  if (location.empty()) {
    response.status = answered.sdp.empty() ? 204 : 200;
    if (!answered.sdp.empty()) {
      response.headers.emplace_back("Content-Type", "application/trickle-ice-sdpfrag");
    }
  } else {
    response.status = 201;
    response.headers.emplace_back("Content-Type", "application/sdp");
    response.headers.emplace_back("Location", location);
  }
  respond(std::move(response));
}

Response refused_by_stage(const link::Refuse& refused) {
  Problem problem{refused.status, refused.detail};
  if (!refused.reason.empty()) problem.more = {{"reason", refused.reason}};
  if (problem.status == 429 || problem.status == 503) problem.headers = {{"Retry-After", "2"}};
  return to_response(problem);
}

Response no_reply(const Reply& reply) {
  if (std::holds_alternative<TooLate>(reply)) {
    return to_response({504, "the show's stage didn't answer in time: try again"});
  }
  return to_response({503,
                      "the show's stage can't be reached now, or too many want to: try again",
                      {},
                      {},
                      {{"Retry-After", "1"}}});
}

/// `what`: an Offer or an IceRestart, whose request id is made here.
template <typename Message>
void ask_stage(Desk& desk, Call& call, Message what, const std::string& location) {
  what.request_id = "req-" + desk.core.ports.random.token(12);
  const Question question{what.request_id, call.show_id(), what, desk.core.config.offer_timeout};
  desk.ask.ask(question, [respond = std::move(call.respond), location](const Reply& reply) {
    if (const auto* answered = std::get_if<link::Answer>(&reply)) {
      answer(respond, location, *answered);
    } else if (const auto* refused = std::get_if<link::Refuse>(&reply)) {
      respond(refused_by_stage(*refused));
    } else {
      respond(no_reply(reply));
    }
  });
}

/// Whoever has taken somebody's seat over keeps it: of two pages of one person the one that is left
/// behind learns that it is, and doesn't take it back unasked.
void refuse_replaced(Desk& desk, const Call& call, const std::string& session) {
  const LiveShow* live = desk.board.find(call.show_id());
  if (session.empty() || live == nullptr || !live->replaced.contains(session)) return;
  throw Refusal{
      {410,
       "the person takes part by another connection now, which has taken this one's place",
       {},
       {{"reason", "replaced"}}}};
}

/// `?replaces=`: the session that a client comes back from.
std::string replaced_by(const Call& call) {
  const auto found = call.query.find("replaces");
  return found == call.query.end() ? std::string() : found->second;
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
  const std::string source = listener_source(desk, call);
  if (!call.is_again) require_rate(desk, source);
  const std::string replaces = replaced_by(call);
  refuse_replaced(desk, call, replaces);
  if (!call.request.body.starts_with("v=0")) refuse(400, "the body is not an SDP offer");
  if (!call.who.participant_id.empty()) {
    const bool is_whip = kind == "whip";
    require_own_offer(desk, call, is_whip);
    if (is_whip) note_network(desk, call);
    take_place(desk, show, call.who.participant_id);
  }
  const std::string session = "sess-" + desk.core.ports.random.token(kSessionIdChars);
  ask_stage(desk, call,
            link::Offer{"", session, call.who.participant_id.str(), kind, call.request.body, source,
                        replaces},
            "/" + kind + "/" + show.id.str() + "/" + session);
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
  const studio::Show show = desk.core.show(call.show_id());
  const std::string session = call.params.at(1);
  refuse_replaced(desk, call, session);
  const std::string ufrag = ice_ufrag_of(call.request.body);
  const std::string if_match = if_match_of(call);
  // Candidates alone: an ICE-lite server learns the peer's address from its checks. But "*" with a
  // generation that is known may ask again for the answer to a restart, and the stage has it.
  const LiveShow* live = desk.board.find(show.id);
  const bool is_known = live != nullptr && live->sessions.ufrag(session) == ufrag;
  if (ufrag.empty() || (is_known && if_match != "*")) return Response{204, {}, ""};
  // To come back later doesn't help where there is no stage that could know the session.
  if (show.status != studio::ShowStatus::kLive) {
    refuse(404, "there is no such session: the show is not on the air");
  }
  if (!desk.limits.restarts.take(session, desk.core.ports.clock.now())) {
    throw Refusal{
        {429, "this session restarts ICE too often: wait", {}, {}, {{"Retry-After", "2"}}}};
  }
  ask_stage(desk, call, link::IceRestart{"", session, if_match, call.request.body}, "");
  return std::nullopt;
}

Answered session_delete(Desk& desk, Call& call) {
  (void)desk.core.show(call.show_id());
  refuse_replaced(desk, call, call.params.at(1));
  desk.ask.ask({"", call.show_id(), link::CloseSession{call.params.at(1)}}, {});
  return Response{200, {}, ""};
}

Answered session_get(Desk& desk, Call& call) {
  (void)desk.core.show(call.show_id());
  refuse_replaced(desk, call, call.params.at(1));
  return Response{204, {}, ""};
}

}  // namespace shelcaster::control::detail
