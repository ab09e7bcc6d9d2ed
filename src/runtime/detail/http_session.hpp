#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "runtime/detail/client_rates.hpp"
#include "runtime/detail/client_stream.hpp"
#include "runtime/detail/connection_counts.hpp"
#include "runtime/detail/unread_answers.hpp"
#include "runtime/http_server.hpp"
#include "runtime/system_random.hpp"

namespace shelcaster::runtime::detail {

using RequestParser = boost::beast::http::request_parser<boost::beast::http::buffer_body>;

/// What all sessions of a server share.
struct SessionContext {
  SessionContext(HttpServerOptions wanted, std::shared_ptr<HttpHandler> handling)
      : options(std::move(wanted)),
        handler(std::move(handling)),
        counts(options.connections_max, options.connections_per_address_max),
        unread(options.unread_bytes_max, options.unread_bytes_per_address_max),
        rates(options.client_rate, options.trusts_loopback, SystemRandom().u64()) {}

  HttpServerOptions options;
  std::shared_ptr<HttpHandler> handler;
  ConnectionCounts counts;
  UnreadAnswers unread;
  ClientRates rates;
  std::atomic<std::uint64_t> next_spool_number{1};
  std::atomic<bool> is_draining{false};
  std::atomic<bool> has_warned_of_proxy{false};
};

/// One connection from accept to its end, on a strand of its own.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  /// `tls` is null for a plain connection.
  HttpSession(SessionContext& context, boost::asio::ip::tcp::socket socket,
              std::string remote_address, std::shared_ptr<boost::asio::ssl::context> tls);

  boost::asio::awaitable<void> run();
  /// No further request: ends the connection now if it waits for one. Any thread.
  void drain();

 private:
  enum class After { kKeepAlive, kClose, kLinger };

  boost::asio::awaitable<bool> read_head(RequestParser& parser);
  boost::asio::awaitable<bool> parse_head(RequestParser& parser, std::size_t bytes);
  boost::asio::awaitable<After> serve_one(RequestParser& parser, HttpRequest request);
  boost::asio::awaitable<After> answer_one(RequestParser& parser, HttpRequest request);
  boost::asio::awaitable<std::optional<HttpResponse>> read_body(RequestParser& parser,
                                                                HttpRequest& request,
                                                                const BodyPlan& plan);
  boost::asio::awaitable<bool> discard_body(RequestParser& parser, std::uint64_t bytes_max);
  boost::asio::awaitable<bool> write_response(const HttpResponse& response, bool is_head,
                                              bool keep_alive);
  boost::asio::awaitable<bool> write_file(const FileSlice& file);
  boost::asio::awaitable<bool> refuse(int status, std::string detail);
  boost::asio::awaitable<void> linger();
  /// In websocket_session.cpp.
  boost::asio::awaitable<void> upgrade(RequestParser& parser, HttpRequest head);
  HttpRequest to_request(RequestParser& parser) const;
  void end_wait();
  void warn_of_unknown_proxy(const HttpRequest& request);
  /// A 429 for a client that has used up its budget; else the request is charged.
  std::optional<HttpResponse> over_budget(const HttpRequest& request);

  SessionContext& context_;
  const std::shared_ptr<boost::asio::ssl::context> tls_;
  ClientStream stream_;
  boost::beast::flat_buffer buffer_;
  const std::string remote_address_;
  bool has_served_ = false;
  bool is_waiting_ = false;  // for the first byte of a request
  std::function<void()> end_websocket_;
};

}  // namespace shelcaster::runtime::detail
