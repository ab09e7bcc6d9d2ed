#include "control/detail/front.hpp"

#include <fmt/format.h>

#include <exception>
#include <filesystem>
#include <utility>

#include "base/log.hpp"
#include "control/detail/gate.hpp"
#include "control/detail/handlers.hpp"
#include "control/detail/lifecycle.hpp"
#include "control/detail/owners.hpp"
#include "control/detail/stream_places.hpp"
#include "control/problem.hpp"
#include "control/source.hpp"
#include "control/urls.hpp"

namespace shelcaster::control::detail {

namespace {

void allow_all_origins(Response& response) {
  response.headers.emplace_back("Access-Control-Allow-Origin", "*");
  response.headers.emplace_back(
      "Access-Control-Expose-Headers",
      "Location, ETag, Link, Accept-Post, Access-Control-Allow-Methods, Retry-After");
}

Response preflight(std::string_view path, const std::string& methods) {
  Response response{204,
                    {{"Access-Control-Allow-Methods", methods + ", OPTIONS"},
                     {"Access-Control-Allow-Headers",
                      "Authorization, Content-Type, If-Match, ETag, Idempotency-Key"},
                     {"Access-Control-Max-Age", "600"}},
                    ""};
  if (path.starts_with("/whip/") || path.starts_with("/whep/")) {
    response.headers.emplace_back("Accept-Post", "application/sdp");
  }
  return response;
}

Response finished(Counters& counters, std::string_view method, std::string_view route,
                  Response response) {
  ++counters[fmt::format("shelcaster_requests_total{{method=\"{}\",route=\"{}\",status=\"{}\"}}",
                         method, route, response.status)];
  allow_all_origins(response);
  return response;
}

}  // namespace

/// When somebody else's write comes in between what a handler has read and what it writes, it runs
/// again from its start. It has had no effect then: what it does besides comes after its commit.
std::optional<Response> Front::answer(Call& call, const RouteMatch& match) {
  for (int attempt = 1;; ++attempt) {
    try {
      return answer_once(call, match);
    } catch (const Conflict&) {
      if (attempt == kAttemptsMax) throw;
      call.is_again = true;
    }
  }
}

std::optional<Response> Front::answer_once(Call& call, const RouteMatch& match) {
  const Core::Step step(desk_.core);
  call.answer_key.clear();
  call.answers_with_queue_of.reset();
  const Route& route = *match.route;
  call.who = asker(desk_.core, route, call.request);
  require_access(route, match.params, call.who, call.request, desk_.core.config);
  read_body(route, call, desk_.core.config);
  call.query = query_parameters(call.request.query);
  desk_.core.begin_answer();
  if (auto known = replayed(desk_.core, call)) return known;
  return route.handler(desk_, call);
}

void Front::handle(Request request, Respond respond) {
  const bool is_head = request.method == "HEAD";
  if (is_head) request.method = "GET";
  const RouteMatch match = match_route(request.method, request.target_path);
  if (match.route == nullptr) {
    const bool is_known = !match.allowed_methods.empty();
    Response response;
    if (request.method == "OPTIONS" && is_known) {
      response = preflight(request.target_path, match.allowed_methods);
    } else if (is_known) {
      response = to_response({405,
                              "allowed here: " + match.allowed_methods,
                              {},
                              {},
                              {{"Allow", match.allowed_methods + ", OPTIONS"}}});
    } else {
      response = to_response({404, "there is nothing at this path"});
    }
    respond(finished(desk_.core.counters, "any", "none", std::move(response)));
    return;
  }
  const std::string_view method = match.route->method;
  const std::string_view pattern = match.route->pattern;
  Call call;
  call.params = match.params;
  call.may_wait = match.route->storing == Storing::kMayWait;
  call.request = std::move(request);
  call.respond = [&counters = desk_.core.counters, method, pattern, respond,
                  is_head](Response response) {
    if (is_head) response.body.clear();
    respond(finished(counters, method, pattern, std::move(response)));
  };
  std::optional<Response> response;
  try {
    response = answer(call, match);
  } catch (const Refusal& refusal) {
    response = to_response(refusal.problem);
  } catch (const std::exception& error) {
    // A stored document that no code foresaw, say: it is this request's matter only.
    base::log::error("control", "{} {}: {}", method, pattern, error.what());
    response = to_response({500, "the server has a fault here; its log says more"});
    if (!call.respond) return;
  }
  if (!call.request.body_file.empty()) {
    // Nobody took the upload.
    std::error_code ignored;
    std::filesystem::remove(call.request.body_file, ignored);
  }
  if (!response) return;
  call.respond(std::move(*response));
}

std::variant<BodyPolicy, Response> Front::body_policy(const Request& head) {
  const RouteMatch match = match_route(head.method, head.target_path);
  // What has no route is answered by handle(); its body isn't worth a byte more than the least.
  if (match.route == nullptr || match.route->body == BodyKind::kNone) {
    return BodyPolicy{desk_.core.config.json_bytes_max, false, {}};
  }
  const Core::Step step(desk_.core);
  try {
    const Identity who = asker(desk_.core, *match.route, head);
    require_access(*match.route, match.params, who, head, desk_.core.config);
    BodyPolicy policy = policy_for(*match.route, head, desk_.core.config);
    policy.owner = owner_of(who).value_or(studio::ShowId()).str();
    if (policy.to_file) require_upload_room(desk_.core, head, policy);
    return policy;
  } catch (const Refusal& refusal) {
    return finished(desk_.core.counters, match.route->method, match.route->pattern,
                    to_response(refusal.problem));
  }
}

std::variant<SubscriptionId, Response> Front::subscribe(Subscribe wanted) {
  constexpr std::string_view kPattern = "/shows/{showId}/events";
  const Route route{"GET", kPattern, Access::kParticipant, BodyKind::kNone, events_list};
  const Core::Step step(desk_.core);
  try {
    const Identity who = identify(desk_.core, wanted.token);
    require_access(route, {wanted.show_id.str()}, who, Request(), desk_.core.config);
    require_stream_place(desk_, wanted.show_id, who, wanted.remote_address);
    EventHub::Client client{wanted.show_id, who, std::move(wanted.sink)};
    client.source = source_of(wanted.remote_address);
    client.position = wanted.after.value_or(0);
    client.is_behind = wanted.after.has_value();
    EventReplay::begin(desk_, client);
    const SubscriptionId id = desk_.fan_out.hub.add(std::move(client));
    // At once, so that levels come with the first look; the end of it is noticed at a tick.
    desk_.core.ports.doorbell.ring(wanted.show_id, Changed::kWatchers);
    return id;
  } catch (const Refusal& refusal) {
    return finished(desk_.core.counters, "GET", kPattern, to_response(refusal.problem));
  }
}

bool Front::is_expected_on_air(const studio::ShowId& id) {
  bool is_expected = false;
  desk_.core.contained("a play list", [&] {
    const auto show = desk_.core.find_show(id);
    is_expected = show && is_up(*show);
  });
  return is_expected;
}

}  // namespace shelcaster::control::detail
