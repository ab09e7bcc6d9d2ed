#pragma once

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
};

struct HttpServerOptions {
  net::Endpoint listen;
  /// PEM files; both or none. TLS 1.2 at least.
  std::filesystem::path tls_certificate;
  std::filesystem::path tls_key;
  std::filesystem::path spool_dir;  // for bodies that go to a file
  int threads = 2;
  std::size_t head_bytes_max = 16 * 1024;
  std::size_t connections_max = 4'096;
  std::size_t connections_per_address_max = 512;
  /// The budget of each address and of each token, in what handlers say that requests cost. Beyond
  /// it they get a 429. Requests from this machine are not limited.
  base::Rate client_rate{.per_second = 2'000, .burst = 8'000};
  /// What a 401 costs beside, so that guessing is slow.
  std::int64_t wrong_token_cost = 200;
  /// Their word on who the client is is taken, and the caps above are the client's then.
  ProxyList trusted_proxies;
  std::chrono::milliseconds head_timeout{15'000};  // the whole head; also the TLS handshake
  std::chrono::milliseconds idle_timeout{65'000};  // between requests
  std::chrono::milliseconds body_step_timeout{
      20'000};                                       // without a byte of the body, or of ours read
  std::chrono::milliseconds body_timeout{30'000};    // a whole body that isn't for a file
  std::chrono::milliseconds answer_timeout{60'000};  // for the handler
  std::size_t websocket_message_bytes_max = 64 * 1024;
  /// Messages and pings of one client; beyond it the connection is closed with 1008.
  base::Rate websocket_rate{.per_second = 20, .burst = 100};
  std::size_t websocket_queue_bytes_max = 4 * 1024 * 1024;
  std::chrono::milliseconds websocket_idle_timeout{30'000};  // a ping at half of it
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
  /// Ends the threads: no handler is called any more.
  void stop();

 private:
  class Core;
  explicit HttpServer(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace shelcaster::runtime
