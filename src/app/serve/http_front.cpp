#include "app/serve/http_front.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <charconv>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

#include "app/serve/spool_name.hpp"
#include "runtime/system_clock.hpp"

namespace shelcaster::app {

using runtime::HttpRequest;
using runtime::HttpResponse;

namespace {

constexpr std::array<std::string_view, 8> kApiRoots{"shows", "tracks", "tracklists", "sessions",
                                                    "whip",  "whep",   "healthz",    "metrics"};

// Media Source Extensions play from blob: addresses and hls.js works in a blob: worker; the API and
// the WebSocket are of the same origin.
constexpr std::string_view kPagePolicy =
    "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: "
    "blob:; media-src 'self' blob:; connect-src 'self' ws: wss: blob:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

std::string_view first_segment(std::string_view path) {
  path.remove_prefix(1);
  return path.substr(0, path.find('/'));
}

bool is_api(std::string_view root) {
  return std::find(kApiRoots.begin(), kApiRoots.end(), root) != kApiRoots.end();
}

control::Request to_control(HttpRequest request) {
  return {.method = std::move(request.method),
          .target_path = std::move(request.target_path),
          .query = std::move(request.query),
          .headers = std::move(request.headers),
          .body = std::move(request.body),
          .body_file = std::move(request.body_file),
          .body_file_sha256 = std::move(request.body_file_sha256),
          .remote_address = std::move(request.remote_address),
          .base_url = std::move(request.base_url)};
}

HttpResponse to_http(control::Response response) {
  HttpResponse result;
  result.status = response.status;
  result.headers = std::move(response.headers);
  result.body = std::move(response.body);
  if (runtime::find_header(result.headers, "cache-control").empty()) {
    result.headers.emplace_back("Cache-Control", "no-store");
  }
  result.headers.emplace_back("X-Content-Type-Options", "nosniff");
  // An address may have a token in it.
  result.headers.emplace_back("Referrer-Policy", "no-referrer");
  return result;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (pair.substr(0, equals) != name) continue;
    return runtime::percent_decode(pair.substr(std::min(equals + 1, pair.size())));
  }
  return std::nullopt;
}

// The connection of a WebSocket client as the Api sees it. The Api sends before the handshake is
// answered; until then the frames wait here.
class Sink final : public control::EventSink {
 public:
  static constexpr std::size_t kWaitingBytesMax = 8 * 1024 * 1024;

  void send(std::shared_ptr<const std::string> text, bool droppable) override {
    const std::lock_guard lock(mutex_);
    if (connection_) {
      connection_->send(std::move(text), droppable);
    } else if (!droppable && !closed_ && !is_over_) {
      waiting_bytes_ += text->size();
      waiting_.push_back(std::move(text));
      // What the Api sends at once has a limit; a handshake that isn't finished has time for more.
      if (waiting_bytes_ > kWaitingBytesMax) closed_ = {1013, "too slow; come back with ?after="};
    }
  }
  [[nodiscard]] std::size_t waiting_bytes() const override {
    const std::lock_guard lock(mutex_);
    return connection_ ? connection_->queued_bytes() : waiting_bytes_;
  }
  void close(int code, std::string_view reason) override {
    const std::lock_guard lock(mutex_);
    if (connection_) {
      connection_->close(code, reason);
    } else {
      closed_ = {code, std::string(reason)};
    }
  }
  void open(std::shared_ptr<runtime::WebSocketConnection> connection) {
    const std::lock_guard lock(mutex_);
    connection_ = std::move(connection);
    for (auto& text : waiting_) connection_->send(std::move(text), false);
    waiting_.clear();
    waiting_bytes_ = 0;
    if (closed_) connection_->close(closed_->first, closed_->second);
  }
  void end() {
    const std::lock_guard lock(mutex_);
    connection_.reset();
    waiting_.clear();
    is_over_ = true;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<runtime::WebSocketConnection> connection_;
  std::vector<std::shared_ptr<const std::string>> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool is_over_ = false;
  std::optional<std::pair<int, std::string>> closed_;
};

class Listener final : public runtime::WebSocketListener {
 public:
  Listener(std::shared_ptr<Sink> sink, std::function<void()> unsubscribe)
      : sink_(std::move(sink)), unsubscribe_(std::move(unsubscribe)) {}
  void handle_open(std::shared_ptr<runtime::WebSocketConnection> connection) override {
    sink_->open(std::move(connection));
  }
  void handle_text(std::string_view) override {}  // commands go over HTTP
  void handle_closed() override {
    sink_->end();
    unsubscribe_();
  }

 private:
  const std::shared_ptr<Sink> sink_;
  const std::function<void()> unsubscribe_;
};

constexpr std::string_view kBearerProtocol = "bearer.";

// The subprotocol that carries a token, out of "a, bearer.TOKEN".
std::string bearer_protocol(std::string_view offered) {
  while (!offered.empty()) {
    const std::size_t end = std::min(offered.find(','), offered.size());
    std::string_view one = offered.substr(0, end);
    offered.remove_prefix(std::min(end + 1, offered.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (one.starts_with(kBearerProtocol)) return std::string(one);
  }
  return {};
}

std::string token_of(const HttpRequest& request, std::string_view protocol) {
  const std::string_view authorization = runtime::find_header(request.headers, "authorization");
  constexpr std::string_view kScheme = "bearer ";
  if (authorization.size() > kScheme.size() &&
      std::equal(kScheme.begin(), kScheme.end(), authorization.begin(),
                 [](char want, char have) { return want == (have | ' '); })) {
    return std::string(authorization.substr(kScheme.size()));
  }
  if (!protocol.empty()) return std::string(protocol.substr(kBearerProtocol.size()));
  return query_value(request.query, "token").value_or("");
}

// "/shows/{id}/events" → id, of "/events".
std::optional<std::string> show_of(std::string_view path, std::string_view end) {
  static constexpr std::string_view kStart = "/shows/";
  if (!path.starts_with(kStart) || !path.ends_with(end)) return std::nullopt;
  path.remove_prefix(kStart.size());
  if (path.size() <= end.size()) return std::nullopt;
  path.remove_suffix(end.size());
  if (path.find('/') != path.npos) return std::nullopt;
  return std::string(path);
}

/// The show whose play list it is: "/live/{id}/master.m3u8" or "/live/{id}/index.m3u8".
std::optional<std::string> listed_show(std::string_view path) {
  static constexpr std::string_view kStart = "/live/";
  if (!path.starts_with(kStart) || !path.ends_with(".m3u8")) return std::nullopt;
  path.remove_prefix(kStart.size());
  const std::size_t slash = path.find('/');
  const std::string_view name = path.substr(std::min(slash + 1, path.size()));
  if (slash == path.npos || (name != "master.m3u8" && name != "index.m3u8")) return std::nullopt;
  return runtime::percent_decode(path.substr(0, slash));
}

std::string metrics_of(const runtime::HttpFigures& figures) {
  const std::pair<std::string_view, std::uint64_t> counters[] = {
      {"shelcaster_http_heads_refused_total", figures.heads_refused},
      {"shelcaster_http_bodies_refused_total", figures.bodies_refused},
      {"shelcaster_http_requests_limited_total", figures.requests_limited},
      {"shelcaster_http_connections_refused_total", figures.connections_refused},
      {"shelcaster_http_websockets_ended_total", figures.websockets_ended},
      {"shelcaster_http_tls_reloads_total", figures.tls_reloads},
      {"shelcaster_http_tls_reload_failures_total", figures.tls_reload_failures}};
  std::string text;
  for (const auto& [name, value] : counters) {
    text += fmt::format("# TYPE {} counter\n{} {}\n", name, name, value);
  }
  return text;
}

}  // namespace

HttpFront::HttpFront(boost::asio::io_context& control, control::Api& api,
                     control::TokenJudge tokens, ViewerWindow& viewers,
                     std::filesystem::path ui_dir, const std::filesystem::path& data_dir,
                     DiskRoom room, DiskThread& recordings_disk,
                     std::shared_ptr<const runtime::HttpFigures> figures,
                     const control::Clock& clock)
    : control_(control),
      api_(api),
      tokens_(std::move(tokens)),
      viewers_(viewers),
      ui_(std::move(ui_dir)),
      hls_(data_dir / "hls"),
      covers_(data_dir / "covers"),
      recordings_(std::make_shared<const runtime::StaticFiles>(data_dir / "recordings")),
      recordings_disk_(recordings_disk),
      room_(std::make_shared<const DiskRoom>(std::move(room))),
      figures_(std::move(figures)),
      held_(control, clock, data_dir / "hls", [&api](const std::string& show) {
        return api.is_expected_on_air(studio::ShowId(show));
      }) {}

void HttpFront::handle_head(HttpRequest head, runtime::HttpDecide decide) {
  boost::asio::post(control_,
                    [this, head = to_control(std::move(head)), decide = std::move(decide)] {
                      auto policy = api_.body_policy(head);
                      if (auto* refusal = std::get_if<control::Response>(&policy)) {
                        return decide(to_http(std::move(*refusal)));
                      }
                      const auto& accepted = std::get<control::BodyPolicy>(policy);
                      decide(runtime::BodyPlan{.bytes_max = accepted.bytes_max,
                                               .to_file = accepted.to_file,
                                               .file_prefix = upload_prefix(accepted.owner),
                                               .has_room = [room = room_, owner = accepted.owner] {
                                                 return room->for_more_of(owner);
                                               }});
                    });
}

void HttpFront::handle_request(HttpRequest request, runtime::HttpRespond respond) {
  if (hold_if_early(request, respond)) return;
  if (auto response = from_files(request)) return respond(std::move(*response));
  const bool is_metrics = request.target_path == "/metrics";
  boost::asio::post(control_, [this, is_metrics, request = to_control(std::move(request)),
                               respond = std::move(respond)]() mutable {
    control::Headers headers = request.headers;
    api_.handle(std::move(request), [this, is_metrics, headers = std::move(headers),
                                     respond = std::move(respond)](control::Response response) {
      if (!response.file.empty()) {
        return respond_with_recording(std::move(response), headers, respond);
      }
      if (is_metrics && response.status == 200) response.body += metrics_of(*figures_);
      respond(to_http(std::move(response)));
    });
  });
}

void HttpFront::handle_upgrade(HttpRequest head, runtime::HttpUpgrade upgrade) {
  const auto show = show_of(head.target_path, "/events");
  if (!show) return upgrade(runtime::problem_response(404, "there is no WebSocket here"));
  const std::string protocol =
      bearer_protocol(runtime::find_header(head.headers, "sec-websocket-protocol"));
  auto sink = std::make_shared<Sink>();
  control::Subscribe subscribe{.show_id = studio::ShowId(*show),
                               .token = token_of(head, protocol),
                               .after = std::nullopt,
                               .sink = sink,
                               .remote_address = head.remote_address};
  if (const auto after = query_value(head.query, "after")) {
    std::uint64_t number = 0;
    const auto [end, failed] =
        std::from_chars(after->data(), after->data() + after->size(), number);
    if (failed != std::errc() || end != after->data() + after->size()) {
      return upgrade(runtime::problem_response(422, "after: must be the number of an event"));
    }
    subscribe.after = number;
  }
  boost::asio::post(control_, [this, sink, protocol, subscribe = std::move(subscribe),
                               upgrade = std::move(upgrade)] {
    auto subscribed = api_.subscribe(subscribe);
    if (auto* refusal = std::get_if<control::Response>(&subscribed)) {
      return upgrade(to_http(std::move(*refusal)));
    }
    const auto id = std::get<control::SubscriptionId>(subscribed);
    upgrade(runtime::WebSocketAccept{.subprotocol = protocol,
                                     .listener = std::make_shared<Listener>(sink, [this, id] {
                                       boost::asio::post(control_,
                                                         [this, id] { api_.unsubscribe(id); });
                                     })});
  });
}

std::int64_t HttpFront::cost_of(const HttpRequest& head) const {
  const std::string_view root = first_segment(head.target_path);
  const bool is_session =
      (root == "whip" || root == "whep") && (head.method == "POST" || head.method == "PATCH");
  if (is_session) return kSessionCost;
  // A play list that isn't ready is asked of the control thread, too.
  const auto show = listed_show(head.target_path);
  if (show && !held_.is_ready(*show)) return kApiCost;
  const bool is_list = head.target_path == "/tracks" || head.target_path == "/tracklists" ||
                       show_of(head.target_path, "/recordings");
  if (is_list && (head.method == "GET" || head.method == "HEAD")) return kListCost;
  return is_api(root) ? kApiCost : 1;
}

runtime::ClientClaim HttpFront::claim_of(const HttpRequest& head) const {
  using runtime::Standing;
  if (!is_api(first_segment(head.target_path))) return {};
  std::string token =
      token_of(head, bearer_protocol(runtime::find_header(head.headers, "sec-websocket-protocol")));
  if (token.empty()) return {};
  const control::Scope scope = tokens_.scope_of(token, runtime::SystemClock::wall());
  const Standing standing = scope == control::Scope::kNone         ? Standing::kWrong
                            : scope == control::Scope::kInvitation ? Standing::kShared
                            : scope == control::Scope::kCaller || scope == control::Scope::kDownload
                                ? Standing::kCaller
                                : Standing::kOwn;
  return {standing, std::move(token)};
}

std::optional<HttpResponse> HttpFront::from_files(const HttpRequest& request) {
  const std::string_view path = request.target_path;
  const std::string_view root = first_segment(path);
  const bool is_live = root == "live";
  if (!is_live && is_api(root)) return std::nullopt;
  if (is_live && request.method == "OPTIONS") {
    return HttpResponse{.status = 204,
                        .headers = {{"Access-Control-Allow-Origin", "*"},
                                    {"Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"},
                                    {"Access-Control-Allow-Headers", "Range"},
                                    {"Access-Control-Max-Age", "86400"}},
                        .body = {},
                        .file = {}};
  }
  if (request.method != "GET") {
    HttpResponse refused = runtime::problem_response(405, "only GET and HEAD work here");
    refused.headers.emplace_back("Allow", "GET, HEAD");
    return refused;
  }
  if (path == "/podcast" || path == "/podcast/") {
    HttpResponse moved;
    moved.status = 307;
    moved.headers = {{"Location", "/"}};
    return moved;
  }
  static constexpr std::string_view kCovers = "/covers/";
  if (path.starts_with(kCovers)) return cover(request, path.substr(kCovers.size()));
  return is_live ? live(request) : page(request, path.substr(1));
}

bool HttpFront::hold_if_early(const HttpRequest& request, const runtime::HttpRespond& respond) {
  const auto show = listed_show(request.target_path);
  if (!show || request.method != "GET" || held_.is_ready(*show)) return false;
  boost::asio::post(control_, [this, show = *show, request, respond] {
    held_.hold(
        show, request.remote_address, [this, request] { return live(request); }, respond);
  });
  return true;
}

HttpResponse HttpFront::live(const HttpRequest& request) {
  std::string_view path = request.target_path;
  path.remove_prefix(std::min(path.size(), std::string_view("/live/").size()));
  const bool is_list = path.ends_with(".m3u8");
  const bool is_media = path.ends_with(".m4s") || path.ends_with(".mp4");
  HttpResponse response = is_list || is_media
                              ? hls_.get(path, request.headers)
                              : runtime::problem_response(404, "there is nothing here");
  if (is_list && response.status < 400) {
    viewers_.note(std::string(path.substr(0, path.find('/'))), request.remote_address,
                  runtime::find_header(request.headers, "user-agent"));
  }
  if (response.status < 400) {
    response.headers.emplace_back("Cache-Control",
                                  is_list ? "no-cache" : "public, max-age=86400, immutable");
    response.headers.emplace_back("Access-Control-Allow-Origin", "*");
    response.headers.emplace_back("Access-Control-Expose-Headers",
                                  "Content-Length, Content-Range, Date, ETag");
    response.headers.emplace_back("Cross-Origin-Resource-Policy", "cross-origin");
  }
  return response;
}

void HttpFront::respond_with_recording(control::Response response, control::Headers request,
                                       const runtime::HttpRespond& respond) {
  const bool is_posted =
      recordings_disk_.post([files = recordings_, response = std::move(response),
                             request = std::move(request), respond]() -> DiskThread::Done {
        HttpResponse file = files->get(response.file, request);
        if (file.status < 400 || file.status == 416) {
          file.headers.insert(file.headers.end(), response.headers.begin(), response.headers.end());
          file.headers.emplace_back("Referrer-Policy", "no-referrer");
        }
        respond(std::move(file));
        return {};
      });
  if (!is_posted) {
    respond(runtime::problem_response(503, "the disk of the recordings doesn't answer"));
  }
}

HttpResponse HttpFront::cover(const HttpRequest& request, std::string_view name) const {
  // One that is being written has no extension yet, so that its type is no picture's.
  const bool is_picture = name.ends_with(".jpg") || name.ends_with(".png");
  if (!is_picture) return runtime::problem_response(404, "there is nothing here");
  HttpResponse response = covers_.get(name, request.headers);
  if (response.status >= 400) return response;
  response.headers.emplace_back("Cache-Control", "public, max-age=86400, immutable");
  response.headers.emplace_back("Content-Security-Policy", "default-src 'none'; sandbox");
  response.headers.emplace_back("Access-Control-Allow-Origin", "*");
  response.headers.emplace_back("Cross-Origin-Resource-Policy", "cross-origin");
  return response;
}

HttpResponse HttpFront::page(const HttpRequest& request, std::string_view path) const {
  const std::string_view root = path.substr(0, path.find('/'));
  const bool is_page = path.empty() || root == "studio" || root == "join" || root == "listen";
  const bool is_docs = path == "docs" || path == "docs/";
  HttpResponse response = ui_.get(is_page   ? "index.html"
                                  : is_docs ? "docs/index.html"
                                            : path,
                                  request.headers);
  if (is_page && response.status == 404) {
    return runtime::problem_response(
        503, "the pages are not built: run script/build, or give their folder by --ui");
  }
  if (response.status >= 400) return response;
  response.headers.emplace_back(
      "Cache-Control", root == "assets" ? "public, max-age=31536000, immutable" : "no-cache");
  response.headers.emplace_back("Content-Security-Policy", std::string(kPagePolicy));
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  response.headers.emplace_back("X-Frame-Options", "DENY");
  response.headers.emplace_back("Permissions-Policy",
                                "microphone=(self), camera=(), geolocation=()");
  return response;
}

}  // namespace shelcaster::app
