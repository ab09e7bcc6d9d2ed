#include "runtime/detail/http_session.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <ctime>
#include <system_error>
#include <vector>

#include "base/log.hpp"
#include "net/loopback.hpp"
#include "runtime/detail/answer.hpp"
#include "runtime/detail/body_digest.hpp"
#include "runtime/detail/body_speed.hpp"
#include "runtime/detail/request_head.hpp"
#include "runtime/system_clock.hpp"

namespace shelcaster::runtime::detail {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::size_t kChunkBytes = 64 * 1024;
constexpr std::uint64_t kRoomLookBytes = 1024 * 1024;
// A refused body up to this size is read and dropped, so that the connection can be kept.
constexpr std::uint64_t kDiscardBytesMax = 64 * 1024;
constexpr std::uint64_t kLingerBytesMax = 8 * 1024 * 1024;
constexpr std::chrono::seconds kLingerTime{3};
constexpr std::size_t kHeadReadBytes = 4 * 1024;
constexpr std::chrono::milliseconds kFirstRequestTime{1'000};

auto into(error_code& failed) { return asio::redirect_error(asio::use_awaitable, failed); }

bool has_body(const RequestParser& parser) {
  const auto length = parser.content_length();
  return parser.chunked() || (length && *length > 0);
}

// A header that our own code made of outside text must not end the head early.
bool is_header_safe(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

std::string make_head(const HttpResponse& response, bool keep_alive, bool is_tls) {
  std::string head =
      fmt::format("HTTP/1.1 {} {}\r\n", response.status, http_reason(response.status));
  for (const auto& [name, value] : response.headers) {
    if (is_header_safe(name) && is_header_safe(value)) head += name + ": " + value + "\r\n";
  }
  head += fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} GMT\r\n", fmt::gmtime(std::time(nullptr)));
  if (response.status != 204 && response.status != 304) {
    head += fmt::format("Content-Length: {}\r\n",
                        response.file ? response.file->length : response.body.size());
  }
  if (is_tls) head += "Strict-Transport-Security: max-age=31536000\r\n";
  head += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return head;
}

// Deletes a spooled body that nobody moved away.
class SpoolFile {
 public:
  SpoolFile() = default;
  SpoolFile(const SpoolFile&) = delete;
  SpoolFile& operator=(const SpoolFile&) = delete;
  ~SpoolFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  void set(std::filesystem::path path) { path_ = std::move(path); }

 private:
  std::filesystem::path path_;
};

/// A body in a file has grown by some bytes: whether that is the end of it.
std::optional<HttpResponse> no_more_room(const BodyPlan& plan, std::uint64_t before,
                                         std::uint64_t after) {
  if (!plan.has_room || before / kRoomLookBytes == after / kRoomLookBytes) return std::nullopt;
  const auto room = plan.has_room();
  if (room) return std::nullopt;
  HttpResponse full = problem_response(507, room.error().message);
  full.headers.emplace_back("Retry-After", "30");
  return full;
}

}  // namespace

HttpSession::HttpSession(SessionContext& context, asio::ip::tcp::socket socket,
                         std::string remote_address, std::shared_ptr<asio::ssl::context> tls)
    : context_(context),
      tls_(std::move(tls)),
      stream_(std::move(socket), tls_.get()),
      buffer_(context.options.head_bytes_max + kChunkBytes),
      remote_address_(std::move(remote_address)) {}

asio::awaitable<void> HttpSession::run() {
  if (stream_.tls() != nullptr) {
    stream_.tcp().expires_after(context_.options.head_timeout);
    error_code failed;
    co_await stream_.tls()->async_handshake(asio::ssl::stream_base::server, into(failed));
    if (failed) co_return;
  }
  for (;;) {
    RequestParser parser;
    const bool is_read = co_await read_head(parser);
    if (!is_read) break;
    HttpRequest request = to_request(parser);
    if (const auto fault = framing_fault(request.headers, parser.get().version() >= 11)) {
      (void)co_await refuse(400, fmt::format("not an acceptable request: {}", *fault));
      break;
    }
    warn_of_unknown_proxy(request);
    if (beast::websocket::is_upgrade(parser.get())) {
      co_await upgrade(parser, std::move(request));
      break;
    }
    const After after = co_await serve_one(parser, std::move(request));
    if (after == After::kLinger) co_await linger();
    if (after != After::kKeepAlive || context_.is_draining) break;
    has_served_ = true;
  }
  error_code ignored;
  stream_.tcp().socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

/// All people behind it share one client's limits, which nobody wants who sets up a proxy.
void HttpSession::warn_of_unknown_proxy(const HttpRequest& request) {
  if (find_header(request.headers, "x-forwarded-for").empty()) return;
  if (!net::is_loopback(remote_address_) ||
      context_.options.trusted_proxies.contains(remote_address_))
    return;
  if (context_.has_warned_of_proxy.exchange(true)) return;
  base::log::warn("http",
                  "a proxy on this machine passes requests on, but http.trusted_proxies doesn't "
                  "name it: all of its clients have the limits of one");
}

void HttpSession::drain() {
  asio::post(stream_.get_executor(), [self = shared_from_this()] {
    if (self->end_websocket_) return self->end_websocket_();
    if (!self->is_waiting_) return;
    if (self->has_served_) return self->end_wait();
    // What was accepted a moment ago has perhaps just been asked.
    auto soon =
        std::make_shared<asio::steady_timer>(self->stream_.get_executor(), kFirstRequestTime);
    soon->async_wait([self, soon](error_code) { self->end_wait(); });
  });
}

void HttpSession::end_wait() {
  if (is_waiting_) stream_.tcp().cancel();
}

asio::awaitable<bool> HttpSession::read_head(RequestParser& parser) {
  // Who was accepted as the server began to drain hasn't been seen waiting.
  stream_.tcp().expires_after(context_.is_draining ? kFirstRequestTime
                              : has_served_        ? context_.options.idle_timeout
                                                   : context_.options.head_timeout);
  RequestHead head;
  std::size_t seen = 0;
  for (;;) {
    const auto* text = static_cast<const char*>(buffer_.data().data());
    const auto state = head.feed({text + seen, buffer_.size() - seen});
    seen = buffer_.size();
    if (state == RequestHead::State::kBad) {
      co_return co_await refuse(400, fmt::format("not an HTTP request: {}", head.fault()));
    }
    if (state == RequestHead::State::kTooMany) {
      co_return co_await refuse(431,
                                fmt::format("more than {} header fields", RequestHead::kFieldsMax));
    }
    if (head.bytes() > context_.options.head_bytes_max) {
      co_return co_await refuse(431, fmt::format("the request's head is longer than {} bytes",
                                                 context_.options.head_bytes_max));
    }
    if (state == RequestHead::State::kDone) co_return co_await parse_head(parser, head.bytes());
    is_waiting_ = seen == 0;
    error_code failed;
    const std::size_t got =
        co_await stream_.async_read_some(buffer_.prepare(kHeadReadBytes), into(failed));
    is_waiting_ = false;
    if (failed) co_return false;
    buffer_.commit(got);
  }
}

asio::awaitable<bool> HttpSession::parse_head(RequestParser& parser, std::size_t bytes) {
  parser.header_limit(static_cast<std::uint32_t>(context_.options.head_bytes_max));
  parser.body_limit(boost::none);
  error_code failed;
  parser.put(asio::const_buffer(buffer_.data().data(), bytes), failed);
  buffer_.consume(bytes);
  if (failed || !parser.is_header_done()) {
    co_return co_await refuse(400, fmt::format("not an HTTP request: {}", failed.message()));
  }
  const auto target = parser.get().target();
  if (target.empty() || target.front() != '/') {
    co_return co_await refuse(400, "the request target must be a path");
  }
  // Many small chunks of a body at once.
  parser.eager(true);
  co_return true;
}

HttpRequest HttpSession::to_request(RequestParser& parser) const {
  const auto& message = parser.get();
  HttpRequest request;
  request.method =
      message.method() == http::verb::head ? "GET" : std::string(message.method_string());
  const std::string target(message.target());
  const std::size_t question = target.find('?');
  request.target_path = target.substr(0, question);
  if (question != std::string::npos) request.query = target.substr(question + 1);
  for (const auto& field : message) {
    request.headers.emplace_back(field.name_string(), field.value());
  }
  const ProxyList& proxies = context_.options.trusted_proxies;
  request.remote_address = proxies.client_of(remote_address_, request.headers);
  std::string host(find_header(request.headers, "host"));
  if (host.empty()) host = context_.options.listen.str();
  request.base_url = proxies.scheme_of(remote_address_, request.headers, tls_ ? "https" : "http") +
                     "://" + proxies.host_of(remote_address_, request.headers, host);
  return request;
}

asio::awaitable<HttpSession::After> HttpSession::serve_one(RequestParser& parser,
                                                           HttpRequest request) {
  const ClientCount counted(context_.counts, remote_address_, request.remote_address);
  if (!counted.is_in()) {
    (void)co_await write_response(too_many_from_client(), false, false);
    co_return After::kLinger;
  }
  if (const auto refusal = over_budget(request)) {
    (void)co_await write_response(*refusal, false, false);
    co_return After::kLinger;
  }
  co_return co_await answer_one(parser, std::move(request));
}

std::optional<HttpResponse> HttpSession::over_budget(const HttpRequest& request) {
  const ClientClaim claim = context_.handler->claim_of(request);
  const std::int64_t fine =
      claim.standing == Standing::kWrong ? context_.options.wrong_token_cost : 0;
  const std::int64_t cost = context_.handler->cost_of(request) + fine;
  const base::Instant now = SystemClock::now();
  if (context_.rates.take(now, request.remote_address, claim, cost)) return std::nullopt;
  ++context_.options.figures->requests_limited;
  HttpResponse refusal = problem_response(429, "too many requests; try again later");
  refusal.headers.emplace_back("Retry-After", std::to_string(context_.rates.retry_after_s(
                                                  now, request.remote_address, claim, cost)));
  return refusal;
}

asio::awaitable<HttpSession::After> HttpSession::answer_one(RequestParser& parser,
                                                            HttpRequest request) {
  const bool is_head = parser.get().method() == http::verb::head;
  bool keep_alive = parser.keep_alive();
  stream_.tcp().expires_never();

  SpoolFile spool;
  if (has_body(parser)) {
    auto decided = std::make_shared<Answer<HeadDecision>>(stream_.get_executor());
    HttpRequest head = request;
    context_.handler->handle_head(std::move(head), decided->callback());
    std::optional<HeadDecision> decision = co_await decided->wait(context_.options.answer_timeout);
    if (!decision) decision = problem_response(503, "the server is too busy; try again");
    std::optional<HttpResponse> refusal;
    if (auto* refused = std::get_if<HttpResponse>(&*decision)) {
      refusal = std::move(*refused);
      const auto length = parser.content_length();
      const bool is_small = length && *length <= kDiscardBytesMax;
      const bool expects = !find_header(request.headers, "expect").empty();
      if (is_small && !expects) {
        const bool is_gone = co_await discard_body(parser, kDiscardBytesMax);
        if (is_gone) {
          const bool is_written = co_await write_response(*refusal, is_head, keep_alive);
          co_return is_written&& keep_alive ? After::kKeepAlive : After::kClose;
        }
      }
    } else {
      const BodyPlan plan = std::get<BodyPlan>(*decision);
      refusal = co_await read_body(parser, request, plan);
      if (refusal) ++context_.options.figures->bodies_refused;
      spool.set(request.body_file);
    }
    if (refusal) {
      (void)co_await write_response(*refusal, is_head, false);
      co_return After::kLinger;
    }
  }

  auto answered = std::make_shared<Answer<HttpResponse>>(stream_.get_executor());
  const std::string client = request.remote_address;
  // What was changed is said in any case: who is told to ask again would do it twice.
  const bool is_look = request.method == "GET";
  context_.handler->handle_request(std::move(request), answered->callback());
  std::optional<HttpResponse> response = co_await answered->wait(context_.options.answer_timeout);
  if (!response) response = problem_response(503, "the server is too busy; try again");
  keep_alive = keep_alive && !context_.is_draining;
  const UnreadAnswer unread(context_.unread, client, response->body.size());
  if (is_look && !unread.is_in()) response = too_much_unread();
  const bool is_written = co_await write_response(*response, is_head, keep_alive);
  co_return is_written&& keep_alive ? After::kKeepAlive : After::kClose;
}

asio::awaitable<std::optional<HttpResponse>> HttpSession::read_body(RequestParser& parser,
                                                                    HttpRequest& request,
                                                                    const BodyPlan& plan) {
  const std::string too_large =
      fmt::format("the body is larger than {} bytes, the most that is taken here", plan.bytes_max);
  if (const auto length = parser.content_length(); length && *length > plan.bytes_max) {
    co_return problem_response(413, too_large);
  }
  error_code failed;
  if (!find_header(request.headers, "expect").empty()) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    stream_.tcp().expires_after(context_.options.body_step_timeout);
    co_await asio::async_write(stream_, asio::buffer(kContinue), into(failed));
  }
  base::UniqueFd file;
  if (plan.to_file) {
    request.body_file =
        context_.options.spool_dir /
        fmt::format("{}body-{}-{}", plan.file_prefix, ::getpid(), context_.next_spool_number++);
    file.reset(::open(request.body_file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) co_return problem_response(507, "the server can't store the body: its disk");
    // Its whole length at once, that it can be seen in the folder what is still to come.
    const std::uint64_t length = parser.content_length().value_or(0);
    (void)!::ftruncate(file.get(), static_cast<off_t>(length));
  }
  const auto started = std::chrono::steady_clock::now();
  std::vector<char> chunk(kChunkBytes);
  std::uint64_t total = 0;
  std::optional<BodyDigest> digest;
  if (plan.to_file && !find_header(request.headers, "idempotency-key").empty()) digest.emplace();
  while (!parser.is_done()) {
    const auto taken = std::chrono::steady_clock::now() - started;
    if (is_too_slow(context_.options, plan.to_file,
                    std::chrono::duration_cast<std::chrono::milliseconds>(taken), total)) {
      co_return problem_response(408, "the body came too slowly");
    }
    parser.get().body().data = chunk.data();
    parser.get().body().size = chunk.size();
    stream_.tcp().expires_after(context_.options.body_step_timeout);
    co_await http::async_read_some(stream_, buffer_, parser, into(failed));
    if (failed == http::error::need_buffer) failed = {};
    if (failed) co_return problem_response(400, "the body ended early");
    const std::size_t got = chunk.size() - parser.get().body().size;
    total += got;
    if (total > plan.bytes_max) co_return problem_response(413, too_large);
    if (digest) digest->add(chunk.data(), got);
    if (!plan.to_file) {
      request.body.append(chunk.data(), got);
    } else if (::write(file.get(), chunk.data(), got) != static_cast<ssize_t>(got)) {
      co_return problem_response(507, "the server can't store the body: its disk is full");
    }
    if (auto full = no_more_room(plan, total - got, total)) co_return full;
  }
  if (file) (void)!::ftruncate(file.get(), static_cast<off_t>(total));
  if (digest) request.body_file_sha256 = digest->hex();
  stream_.tcp().expires_never();
  co_return std::nullopt;
}

asio::awaitable<bool> HttpSession::discard_body(RequestParser& parser, std::uint64_t bytes_max) {
  std::vector<char> chunk(kChunkBytes);
  std::uint64_t total = 0;
  error_code failed;
  stream_.tcp().expires_after(context_.options.body_step_timeout);
  while (!parser.is_done() && total <= bytes_max) {
    parser.get().body().data = chunk.data();
    parser.get().body().size = chunk.size();
    co_await http::async_read_some(stream_, buffer_, parser, into(failed));
    if (failed && failed != http::error::need_buffer) co_return false;
    total += chunk.size() - parser.get().body().size;
  }
  co_return parser.is_done();
}

asio::awaitable<bool> HttpSession::write_response(const HttpResponse& response, bool is_head,
                                                  bool keep_alive) {
  const std::string head = make_head(response, keep_alive, tls_ != nullptr);
  const bool has_text =
      !is_head && !response.file && response.status != 204 && response.status != 304;
  const std::array<asio::const_buffer, 2> parts{
      asio::buffer(head), has_text ? asio::buffer(response.body) : asio::const_buffer()};
  error_code failed;
  stream_.tcp().expires_after(context_.options.body_step_timeout);
  co_await asio::async_write(stream_, parts, into(failed));
  if (failed) co_return false;
  if (response.file && !is_head) {
    const bool is_written = co_await write_file(*response.file);
    if (!is_written) co_return false;
  }
  stream_.tcp().expires_never();
  co_return true;
}

asio::awaitable<bool> HttpSession::write_file(const FileSlice& file) {
  std::vector<char> chunk(kChunkBytes);
  std::uint64_t done = 0;
  error_code failed;
  while (done < file.length) {
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), file.length - done));
    const ssize_t got =
        ::pread(file.fd->get(), chunk.data(), wanted, static_cast<off_t>(file.offset + done));
    // The file shrank under us: the promised length can't be kept, so the connection has to go.
    if (got <= 0) co_return false;
    stream_.tcp().expires_after(context_.options.body_step_timeout);
    co_await asio::async_write(stream_, asio::buffer(chunk.data(), static_cast<std::size_t>(got)),
                               into(failed));
    if (failed) co_return false;
    done += static_cast<std::uint64_t>(got);
  }
  co_return true;
}

/// Always false: there is no request to go on with.
asio::awaitable<bool> HttpSession::refuse(int status, std::string detail) {
  ++context_.options.figures->heads_refused;
  const HttpResponse response = problem_response(status, detail);
  (void)co_await write_response(response, false, false);
  co_await linger();
  co_return false;
}

// Closing with unread input makes the kernel send a reset, which can overtake the response on its
// way to the client: so say that nothing more comes and read on for a moment.
asio::awaitable<void> HttpSession::linger() {
  error_code failed;
  stream_.tcp().socket().shutdown(asio::ip::tcp::socket::shutdown_send, failed);
  if (failed) co_return;
  stream_.tcp().expires_after(kLingerTime);
  std::vector<char> chunk(kChunkBytes);
  for (std::uint64_t total = 0; total < kLingerBytesMax && !failed;) {
    total += co_await stream_.tcp().async_read_some(asio::buffer(chunk), into(failed));
  }
}

}  // namespace shelcaster::runtime::detail
