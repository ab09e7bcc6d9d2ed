#include "control/api.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "base/log.hpp"
#include "control/detail/gate.hpp"
#include "control/detail/handlers.hpp"
#include "control/detail/views.hpp"
#include "control/problem.hpp"
#include "control/routes.hpp"
#include "control/urls.hpp"

namespace shelcaster::control {

using namespace detail;
using namespace std::chrono_literals;

namespace {

constexpr base::Duration kForgetInterval = 1h;
constexpr std::int64_t kAnswerLifetimeMs = std::int64_t{24} * 3600 * 1000;

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

}  // namespace

class Api::Impl {
 public:
  Impl(ApiConfig config, ApiPorts ports) : desk(std::move(config), ports) {}

  void handle(Request, Respond);
  std::variant<BodyPolicy, Response> body_policy(const Request&);
  std::variant<SubscriptionId, Response> subscribe(Subscribe);
  void recover_imports();
  void handle_tick();
  /// Runs what isn't a request: a refusal there means that the store failed, and was logged.
  template <typename Work>
  void guarded(std::string_view what, Work work) {
    try {
      work();
    } catch (const Refusal& refusal) {
      base::log::error("control", "{}: {}", what, refusal.problem.detail);
    }
  }

  Desk desk;

 private:
  std::optional<Response> answer(Call&, const RouteMatch&);
  Response finished(std::string_view method, std::string_view route, Response response);

  std::optional<base::Instant> answers_forgotten_at_;
};

Response Api::Impl::finished(std::string_view method, std::string_view route, Response response) {
  ++desk.core.counters[fmt::format(
      "shelcaster_requests_total{{method=\"{}\",route=\"{}\",status=\"{}\"}}", method, route,
      response.status)];
  allow_all_origins(response);
  return response;
}

std::optional<Response> Api::Impl::answer(Call& call, const RouteMatch& match) {
  const Route& route = *match.route;
  call.who = asker(desk.core, route, call.request.headers);
  require_access(route, match.params, call.who, call.request);
  read_body(route, call, desk.core.config);
  call.query = query_parameters(call.request.query);
  if (auto known = replayed(desk.core, call)) return known;
  return route.handler(desk, call);
}

void Api::Impl::handle(Request request, Respond respond) {
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
    respond(finished("any", "none", std::move(response)));
    return;
  }
  const std::string_view method = match.route->method;
  const std::string_view pattern = match.route->pattern;
  Call call;
  call.params = match.params;
  call.may_wait = match.route->storing == Storing::kMayWait;
  call.request = std::move(request);
  call.respond = [this, method, pattern, respond](Response response) {
    respond(finished(method, pattern, std::move(response)));
  };
  std::optional<Response> response;
  try {
    response = answer(call, match);
  } catch (const Refusal& refusal) {
    response = to_response(refusal.problem);
  }
  if (!call.request.body_file.empty()) {
    // Nobody took the upload.
    std::error_code ignored;
    std::filesystem::remove(call.request.body_file, ignored);
  }
  if (!response) return;
  if (is_head) response->body.clear();
  call.respond(std::move(*response));
}

std::variant<BodyPolicy, Response> Api::Impl::body_policy(const Request& head) {
  const RouteMatch match = match_route(head.method, head.target_path);
  // What has no route is answered by handle(); its body isn't worth a byte more than the least.
  if (match.route == nullptr || match.route->body == BodyKind::kNone) {
    return BodyPolicy{desk.core.config.json_bytes_max, false};
  }
  try {
    const Identity who = asker(desk.core, *match.route, head.headers);
    require_access(*match.route, match.params, who, head);
    return policy_for(*match.route, head, desk.core.config);
  } catch (const Refusal& refusal) {
    return finished(match.route->method, match.route->pattern, to_response(refusal.problem));
  }
}

std::variant<SubscriptionId, Response> Api::Impl::subscribe(Subscribe wanted) {
  constexpr std::size_t kPage = 1000;
  constexpr std::string_view kPattern = "/shows/{showId}/events";
  const Route route{"GET", kPattern, Access::kParticipant, BodyKind::kNone, events_list};
  try {
    const Identity who = identify(desk.core, wanted.token);
    require_access(route, {wanted.show_id.str()}, who, Request());
    if (desk.core.hub.size(wanted.show_id) >= desk.core.config.subscriptions_max) {
      throw Refusal{
          {503, "too many event streams of this show are open", {}, {}, {{"Retry-After", "10"}}}};
    }
    wanted.sink->send(boost::json::serialize(state_frame(desk, wanted.show_id, who)), false);
    while (wanted.after) {
      const auto events = desk.core.ports.store.events(wanted.show_id.str(), *wanted.after, kPage);
      if (!events) refuse(503, "the event log can't be read now");
      for (const store::Event& event : *events) {
        if (!EventHub::may_see(who, event)) continue;
        wanted.sink->send(boost::json::serialize(EventHub::frame_of(event)), false);
      }
      if (events->size() < kPage) break;
      wanted.after = events->back().number;
    }
    const SubscriptionId id = desk.core.hub.add(wanted.show_id, who, std::move(wanted.sink));
    // At once, so that levels come with the first look; the end of it is noticed at a tick.
    desk.runner.tell_watching();
    return id;
  } catch (const Refusal& refusal) {
    return finished("GET", kPattern, to_response(refusal.problem));
  }
}

void Api::Impl::recover_imports() {
  for (const studio::Track& track : desk.core.tracks()) {
    if (track.status != studio::TrackStatus::kImporting) continue;
    if (track.source != "upload") {
      start_fetch(desk, track);
      continue;
    }
    ImportProgress lost;
    lost.track_id = track.id;
    lost.state = ImportProgress::State::kFailed;
    lost.error = "the server was restarted during the import: upload the file again";
    take_import_progress(desk, lost);
  }
}

void Api::Impl::handle_tick() {
  desk.core.write_waiting();
  desk.runner.handle_tick();
  expire_exchanges(desk);
  desk.core.hub.close_expired(desk.core.wall());
  desk.status_feed.handle_tick(desk);
  desk.alerts.handle_tick(desk.core, desk.runner);
  const base::Instant now = desk.core.ports.clock.now();
  if (answers_forgotten_at_ && now - *answers_forgotten_at_ < kForgetInterval) return;
  answers_forgotten_at_ = now;
  (void)desk.core.ports.store.forget_answers(
      base::WallTime::from_unix_ms(desk.core.wall().unix_ms() - kAnswerLifetimeMs));
}

Api::Api(ApiConfig config, ApiPorts ports)
    : impl_(std::make_unique<Impl>(std::move(config), ports)) {}
Api::~Api() = default;

void Api::recover() {
  impl_->guarded("recover", [&] {
    impl_->desk.runner.recover();
    impl_->desk.alerts.recover(impl_->desk.core);
    impl_->recover_imports();
  });
}

std::variant<BodyPolicy, Response> Api::body_policy(const Request& head) {
  return impl_->body_policy(head);
}

void Api::handle(Request request, Respond respond) {
  impl_->handle(std::move(request), std::move(respond));
}

std::variant<SubscriptionId, Response> Api::subscribe(Subscribe wanted) {
  return impl_->subscribe(std::move(wanted));
}

void Api::unsubscribe(SubscriptionId id) { impl_->desk.core.hub.remove(id); }

void Api::handle_link(const studio::ShowId& show, const boost::json::object& message) {
  impl_->guarded("link", [&] {
    const std::string_view type = link::type_of(message);
    if (type == "answer" || type == "refuse") {
      take_exchange_reply(impl_->desk, message);
    } else {
      forget_ended_sessions(impl_->desk, show, message);
      impl_->desk.runner.handle_link(show, message);
    }
  });
}

void Api::handle_link_closed(const studio::ShowId& show) {
  impl_->guarded("link closed", [&] { impl_->desk.runner.handle_link_closed(show); });
}

void Api::handle_stage_exit(const studio::ShowId& show, std::string_view detail) {
  impl_->guarded("stage exit", [&] {
    impl_->desk.sessions.remove_show(show);
    impl_->desk.runner.handle_stage_exit(show, detail);
  });
}

void Api::handle_import(const ImportProgress& progress) {
  impl_->guarded("import", [&] { take_import_progress(impl_->desk, progress); });
}

void Api::handle_tick() {
  impl_->guarded("tick", [&] { impl_->handle_tick(); });
}

}  // namespace shelcaster::control
