#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/rate_limit.hpp"
#include "base/result.hpp"
#include "base/unique_fd.hpp"
#include "net/endpoint.hpp"
#include "runtime/http_types.hpp"
#include "runtime/proxy_list.hpp"

namespace shelcaster::runtime {

/// One open WebSocket. Any thread may call; after the client has gone, calls do nothing.
class WebSocketConnection {
 public:
  virtual ~WebSocketConnection() = default;
  /// A text frame. A droppable one is left out while the client is behind. Anything else that finds
  /// the queue full closes the connection with 1013 (try again later).
  virtual void send(std::shared_ptr<const std::string> text, bool droppable) = 0;
  /// Of what was sent and isn't written yet.
  [[nodiscard]] virtual std::size_t queued_bytes() const = 0;
  virtual void close(int code, std::string_view reason) = 0;
};

/// Who listens to one WebSocket. Called on a server thread, one call at a time.
class WebSocketListener {
 public:
  virtual ~WebSocketListener() = default;
  virtual void handle_open(std::shared_ptr<WebSocketConnection> connection) = 0;
  virtual void handle_text(std::string_view text) = 0;
  /// Once, last; also when the handshake failed, then without handle_open.
  virtual void handle_closed() = 0;
};

struct WebSocketAccept {
  std::string subprotocol;  // to echo; empty = none
  std::shared_ptr<WebSocketListener> listener;
};
using UpgradeDecision = std::variant<WebSocketAccept, HttpResponse>;
using HttpUpgrade = std::function<void(UpgradeDecision)>;

/// Whom a request's token, if any, speaks for. What somebody does counts against nobody else who
/// can be told from them.
enum class Standing {
  kNobody,  // no token: counts for the address
  kWrong,   // none of ours: counts for what is wrong from that address, and costs more
  kShared,  // good, and many hold it: counts for the token at that address
  kCaller,  // good, one person's, and anybody may get more: counts for the token, and at its
            // address for all of this kind, which have several times as much
  kOwn,     // good, one person's: counts for the token, wherever it comes from
};
struct ClientClaim {
  Standing standing = Standing::kNobody;
  std::string token;
};

/// What the server serves. Called on the server's threads, several at a time: hand over to your own
/// thread and answer from there. An answer that doesn't come in time is a 503.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  /// A request that announces a body; only the head is in it.
  virtual void handle_head(HttpRequest head, HttpDecide decide) = 0;
  virtual void handle_request(HttpRequest request, HttpRespond respond) = 0;
  /// A valid WebSocket handshake.
  virtual void handle_upgrade(HttpRequest head, HttpUpgrade upgrade) = 0;
  /// What a request takes of its client's budget (HttpServerOptions::client_rate).
  [[nodiscard]] virtual std::int64_t cost_of(const HttpRequest& /*head*/) const { return 1; }
  /// Told by the token itself.
  [[nodiscard]] virtual ClientClaim claim_of(const HttpRequest& /*head*/) const { return {}; }
};

/// What the server turned away and did, since its start. Any thread.
struct HttpFigures {
  std::atomic<std::uint64_t> heads_refused{0};        // malformed or ambiguous
  std::atomic<std::uint64_t> requests_limited{0};     // 429
  std::atomic<std::uint64_t> connections_refused{0};  // closed at once: too many
  std::atomic<std::uint64_t> bodies_refused{0};       // broken off, too slow
  std::atomic<std::uint64_t> websockets_ended{0};  // by us: too much was sent, or too little read
  std::atomic<std::uint64_t> tls_reloads{0};
  std::atomic<std::uint64_t> tls_reload_failures{0};
};

struct HttpServerOptions {
  net::Endpoint listen;
  /// A socket that listens already, instead; it isn't closed for others who have it too.
  std::shared_ptr<base::UniqueFd> listen_socket;
  /// PEM files; both or none. TLS 1.2 at least.
  std::filesystem::path tls_certificate;
  std::filesystem::path tls_key;
  std::filesystem::path spool_dir;  // for bodies that go to a file
  int threads = 2;
  std::size_t head_bytes_max = 16 * 1024;
  std::size_t connections_max = 4'096;
  std::size_t connections_per_address_max = 512;
  /// The budget of each address and of each token, in what handlers say that requests cost. Beyond
  /// it they get a 429.
  base::Rate client_rate{.per_second = 2'000, .burst = 8'000};
  /// No budget for requests from this machine.
  bool trusts_loopback = false;
  /// What a wrong token costs beside, so that guessing is slow.
  std::int64_t wrong_token_cost = 200;
  /// Their word on who the client is is taken, and the caps above are the client's then.
  ProxyList trusted_proxies;
  std::chrono::milliseconds head_timeout{15'000};  // the whole head; also the TLS handshake
  std::chrono::milliseconds idle_timeout{65'000};  // between requests
  std::chrono::milliseconds body_step_timeout{
      20'000};                                     // without a byte of the body, or of ours read
  std::chrono::milliseconds body_timeout{30'000};  // a whole body that isn't for a file
  /// One for a file: all of it, and how slowly it may come once the first half minute is over.
  std::chrono::milliseconds file_body_timeout{2 * 3'600'000};
  std::uint64_t file_body_bytes_per_second_min = 8 * 1024;
  /// So long it may take at that; what is longer has to come at half a Mbit/s beside.
  std::chrono::milliseconds file_body_grace{5 * 60'000};
  std::uint64_t long_file_bytes_per_second_min = 64 * 1024;
  std::chrono::milliseconds answer_timeout{60'000};  // for the handler
  /// Of answers that clients haven't read yet, in all and for one address; then 503.
  std::size_t unread_bytes_max = std::size_t{64} * 1024 * 1024;
  std::size_t unread_bytes_per_address_max = std::size_t{8} * 1024 * 1024;
  std::size_t websocket_message_bytes_max = 4 * 1024;
  /// Messages, pings and pongs of one client, and its bytes, whatever frames they are. Beyond it
  /// the connection is closed with 1008.
  base::Rate websocket_rate{.per_second = 20, .burst = 100};
  base::Rate websocket_bytes_rate{.per_second = 4 * 1024, .burst = 16 * 1024};
  std::size_t websocket_queue_bytes_max = 4 * 1024 * 1024;
  std::chrono::milliseconds websocket_idle_timeout{30'000};  // a ping at half of it
  std::shared_ptr<HttpFigures> figures = std::make_shared<HttpFigures>();
};

/// HTTP/1.1 and WebSocket on threads of its own. Destroying it closes every connection and joins
/// the threads; answers may be given until then, so destroy it after whoever answers.
class HttpServer {
 public:
  static base::Result<std::unique_ptr<HttpServer>> start(const HttpServerOptions& options,
                                                         std::shared_ptr<HttpHandler> handler);
  ~HttpServer();

  /// With the real port.
  [[nodiscard]] const net::Endpoint& local() const;
  [[nodiscard]] std::size_t connections() const;
  /// For new connections, if the files were written or replaced since they were last read. What
  /// can't be used is told, and what was in use before stays.
  base::Result<void> reload_tls();
  /// Takes no new connection, ends those that wait and answers what was asked; WebSockets are
  /// closed with 1012. Over when connections() is 0. The handler is still needed.
  void drain();
  /// Ends the threads: no handler is called any more.
  void stop();

 private:
  class Core;
  explicit HttpServer(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace shelcaster::runtime
