#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <utility>

#include "runtime/detail/answer.hpp"
#include "runtime/detail/http_session.hpp"
#include "runtime/system_clock.hpp"

namespace shelcaster::runtime::detail {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;
using boost::system::error_code;

namespace {

// A client this far behind gets no levels; they are about 1 KB.
constexpr std::size_t kDroppableBytesMax = 32 * 1024;
constexpr std::chrono::seconds kCloseTime{5};
constexpr int kTooSlow = 1013;  // "try again later"

auto into(error_code& failed) { return asio::redirect_error(asio::use_awaitable, failed); }

class Connection final : public WebSocketConnection,
                         public std::enable_shared_from_this<Connection> {
 public:
  Connection(ClientStream& stream, const HttpServerOptions& options)
      : socket_(stream), wake_(stream.get_executor()), options_(options) {}

  websocket::stream<ClientStream&, false>& socket() { return socket_; }

  void send(std::shared_ptr<const std::string> text, bool droppable) override {
    sent_bytes_ += text->size();
    asio::post(wake_.get_executor(), [self = shared_from_this(), text = std::move(text),
                                      droppable] { self->do_send(text, droppable); });
  }

  [[nodiscard]] std::size_t queued_bytes() const override { return sent_bytes_; }

  void close(int code, std::string_view reason) override {
    asio::post(wake_.get_executor(), [self = shared_from_this(), code, why = std::string(reason)] {
      self->do_close(code, why);
    });
  }

  /// On the strand, for each message, ping and pong that came.
  void count_message() {
    if (!rate_.take(SystemClock::now(), options_.websocket_rate)) refuse("too many messages");
  }
  void refuse(const std::string& reason) {
    do_close(static_cast<int>(websocket::close_code::policy_error), reason);
  }
  void restart() {
    do_close(static_cast<int>(websocket::close_code::service_restart), "the server restarts");
  }

  // On the strand, when the socket has ended: the stream that socket_ refers to goes away.
  void end() {
    is_ended_ = true;
    wake_.cancel();
  }

  asio::awaitable<void> write_all() {
    error_code failed;
    while (!is_ended_ && !failed) {
      // Who is too slow still gets what is queued, so that they come back with a higher number.
      if (!queue_.empty() && (close_code_ == 0 || close_code_ == kTooSlow)) {
        const std::shared_ptr<const std::string> text = queue_.front();
        socket_.text(true);
        co_await socket_.async_write(asio::buffer(*text), into(failed));
        queued_bytes_ -= text->size();
        sent_bytes_ -= text->size();
        queue_.pop_front();
      } else if (close_code_ != 0) {
        const websocket::close_reason reason(static_cast<websocket::close_code>(close_code_),
                                             close_reason_);
        co_await socket_.async_close(reason, into(failed));
        break;
      } else {
        wake_.expires_at(asio::steady_timer::time_point::max());
        error_code woken;
        co_await wake_.async_wait(into(woken));
      }
    }
    is_writer_gone_ = true;
    wake_.cancel();
  }

  // The session may not end before the writer, which uses its stream.
  asio::awaitable<void> wait_for_writer() {
    while (!is_writer_gone_) {
      asio::steady_timer soon(wake_.get_executor(), std::chrono::milliseconds(20));
      error_code woken;
      co_await soon.async_wait(into(woken));
    }
  }

 private:
  void do_send(const std::shared_ptr<const std::string>& text, bool droppable) {
    const bool is_over = is_ended_ || close_code_ != 0;
    const bool is_dropped = droppable && queued_bytes_ > kDroppableBytesMax;
    const bool is_full =
        !queue_.empty() && queued_bytes_ + text->size() > options_.websocket_queue_bytes_max;
    if (is_over || is_dropped || is_full) {
      sent_bytes_ -= text->size();
      if (is_full && !is_over && !is_dropped)
        do_close(kTooSlow, "too slow; come back with ?after=");
      return;
    }
    queued_bytes_ += text->size();
    queue_.push_back(text);
    wake_.cancel();
  }

  void do_close(int code, const std::string& reason) {
    if (is_ended_ || close_code_ != 0) return;
    close_code_ = code;
    const bool is_refusal =
        code == kTooSlow || code == static_cast<int>(websocket::close_code::policy_error);
    if (is_refusal) ++options_.figures->websockets_ended;
    close_reason_ = reason.substr(0, 120);  // RFC 6455 section 5.5: 125 bytes with the code
    wake_.cancel();
    // A client that reads nothing would hold the closing frame back for ever.
    auto limit = std::make_shared<asio::steady_timer>(wake_.get_executor(), kCloseTime);
    limit->async_wait([self = shared_from_this(), limit](error_code) {
      if (!self->is_ended_) self->socket_.next_layer().tcp().close();
    });
  }

  websocket::stream<ClientStream&, false> socket_;
  asio::steady_timer wake_;
  const HttpServerOptions& options_;
  std::deque<std::shared_ptr<const std::string>> queue_;
  std::size_t queued_bytes_ = 0;
  std::atomic<std::size_t> sent_bytes_ = 0;  // with what is on its way to the queue
  base::RateLimit rate_;
  int close_code_ = 0;
  std::string close_reason_;
  bool is_ended_ = false;
  bool is_writer_gone_ = false;
};

}  // namespace

asio::awaitable<void> HttpSession::upgrade(RequestParser& parser, HttpRequest head) {
  stream_.tcp().expires_never();
  auto decided = std::make_shared<Answer<UpgradeDecision>>(stream_.get_executor());
  const ClientCount counted(context_.counts, remote_address_, head.remote_address);
  if (!counted.is_in()) {
    (void)co_await write_response(too_many_from_client(), false, false);
    co_return;
  }
  if (const auto refusal = over_budget(head)) {
    (void)co_await write_response(*refusal, false, false);
    co_return;
  }
  context_.handler->handle_upgrade(std::move(head), decided->callback());
  std::optional<UpgradeDecision> decision = co_await decided->wait(context_.options.answer_timeout);
  if (!decision) decision = problem_response(503, "the server is too busy; try again");
  if (const auto* refused = std::get_if<HttpResponse>(&*decision)) {
    const HttpResponse response = *refused;
    (void)co_await write_response(response, false, false);
    co_return;
  }
  const WebSocketAccept accept = std::get<WebSocketAccept>(*decision);

  auto connection = std::make_shared<Connection>(stream_, context_.options);
  auto& socket = connection->socket();
  websocket::stream_base::timeout timeouts{};
  timeouts.handshake_timeout = std::chrono::seconds(10);
  timeouts.idle_timeout = context_.options.websocket_idle_timeout;
  timeouts.keep_alive_pings = true;
  socket.set_option(timeouts);
  socket.read_message_max(context_.options.websocket_message_bytes_max);
  if (!accept.subprotocol.empty()) {
    socket.set_option(websocket::stream_base::decorator([&](websocket::response_type& response) {
      response.set(beast::http::field::sec_websocket_protocol, accept.subprotocol);
    }));
  }
  error_code failed;
  co_await socket.async_accept(parser.get(), into(failed));
  if (failed) {
    accept.listener->handle_closed();
    co_return;
  }
  socket.control_callback([&connection](websocket::frame_type kind, beast::string_view) {
    if (kind != websocket::frame_type::close) connection->count_message();
  });
  // Frames that are no messages, like empty continuations, are known to Beast alone.
  stream_.tcp().rate_policy().limit(context_.options.websocket_bytes_rate,
                                    [&connection] { connection->refuse("too many bytes"); });
  end_websocket_ = [&connection] { connection->restart(); };
  if (context_.is_draining) connection->restart();
  accept.listener->handle_open(connection);
  asio::co_spawn(
      stream_.get_executor(), [connection] { return connection->write_all(); },
      [self = shared_from_this()](std::exception_ptr) {});
  beast::flat_buffer message;
  while (!failed) {
    co_await socket.async_read(message, into(failed));
    if (failed) break;
    connection->count_message();
    if (socket.got_text()) {
      accept.listener->handle_text(
          {static_cast<const char*>(message.data().data()), message.size()});
    }
    message.clear();
  }
  end_websocket_ = nullptr;
  connection->end();
  stream_.tcp().close();
  accept.listener->handle_closed();
  co_await connection->wait_for_writer();
}

}  // namespace shelcaster::runtime::detail
