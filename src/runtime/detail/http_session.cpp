#include "runtime/detail/http_session.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <ctime>
#include <system_error>
#include <vector>

#include "runtime/detail/answer.hpp"
#include "runtime/system_clock.hpp"

namespace shelcaster::runtime::detail {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::size_t kChunkBytes = 64 * 1024;
// A refused body up to this size is read and dropped, so that the connection can be kept.
constexpr std::uint64_t kDiscardBytesMax = 64 * 1024;
constexpr std::uint64_t kLingerBytesMax = 8 * 1024 * 1024;
constexpr std::chrono::seconds kLingerTime{3};

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

std::string make_head(const HttpResponse& response, bool keep_alive) {
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

}  // namespace

HttpSession::HttpSession(SessionContext& context, asio::ip::tcp::socket socket,
                         std::string remote_address)
    : context_(context),
      stream_(std::move(socket), context.tls.get()),
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
    if (beast::websocket::is_upgrade(parser.get())) {
      co_await upgrade(parser);
      break;
    }
    const After after = co_await serve_one(parser);
    if (after == After::kLinger) co_await linger();
    if (after != After::kKeepAlive) break;
    has_served_ = true;
  }
  error_code ignored;
  stream_.tcp().socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

asio::awaitable<bool> HttpSession::read_head(RequestParser& parser) {
  parser.header_limit(static_cast<std::uint32_t>(context_.options.head_bytes_max));
  parser.body_limit(boost::none);
  stream_.tcp().expires_after(has_served_ ? context_.options.idle_timeout
                                          : context_.options.head_timeout);
  error_code failed;
  co_await http::async_read_header(stream_, buffer_, parser, into(failed));
  if (!failed) {
    const auto target = parser.get().target();
    if (target.empty() || target.front() != '/') {
      co_await refuse(400, "the request target must be a path");
      co_return false;
    }
    co_return true;
  }
  if (failed == http::error::header_limit || failed == http::error::buffer_overflow) {
    co_await refuse(431, fmt::format("the request's head is longer than {} bytes",
                                     context_.options.head_bytes_max));
  } else if (failed == beast::error::timeout) {
    // Beast has closed the socket already.
  } else if (failed.category() == make_error_code(http::error::bad_method).category() &&
             failed != http::error::end_of_stream && failed != http::error::partial_message) {
    co_await refuse(400, fmt::format("not an HTTP request: {}", failed.message()));
  }
  co_return false;
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
  request.base_url =
      proxies.scheme_of(remote_address_, request.headers, context_.tls ? "https" : "http") + "://" +
      proxies.host_of(remote_address_, request.headers, host);
  return request;
}

asio::awaitable<HttpSession::After> HttpSession::serve_one(RequestParser& parser) {
  HttpRequest request = to_request(parser);
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
  const std::int64_t cost = context_.handler->cost_of(request);
  const std::string_view token = find_header(request.headers, "authorization");
  const base::Instant now = SystemClock::now();
  if (context_.rates.take(now, request.remote_address, token, cost)) return std::nullopt;
  HttpResponse refusal = problem_response(429, "too many requests; try again later");
  refusal.headers.emplace_back("Retry-After", std::to_string(context_.rates.retry_after_s(
                                                  now, request.remote_address, token, cost)));
  return refusal;
}

void HttpSession::fine_wrong_token(const std::string& address, int status) {
  if (status != 401) return;
  context_.rates.fine(SystemClock::now(), address, context_.options.wrong_token_cost);
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
      fine_wrong_token(request.remote_address, refused->status);
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
      spool.set(request.body_file);
    }
    if (refusal) {
      (void)co_await write_response(*refusal, is_head, false);
      co_return After::kLinger;
    }
  }

  const std::string address = request.remote_address;
  auto answered = std::make_shared<Answer<HttpResponse>>(stream_.get_executor());
  context_.handler->handle_request(std::move(request), answered->callback());
  std::optional<HttpResponse> response = co_await answered->wait(context_.options.answer_timeout);
  if (!response) response = problem_response(503, "the server is too busy; try again");
  fine_wrong_token(address, response->status);
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
    request.body_file = context_.options.spool_dir /
                        fmt::format("body-{}-{}", ::getpid(), context_.next_spool_number++);
    file.reset(::open(request.body_file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) co_return problem_response(507, "the server can't store the body: its disk");
  }
  const auto started = std::chrono::steady_clock::now();
  std::vector<char> chunk(kChunkBytes);
  std::uint64_t total = 0;
  while (!parser.is_done()) {
    if (!plan.to_file &&
        std::chrono::steady_clock::now() - started > context_.options.body_timeout) {
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
    if (!plan.to_file) {
      request.body.append(chunk.data(), got);
    } else if (::write(file.get(), chunk.data(), got) != static_cast<ssize_t>(got)) {
      co_return problem_response(507, "the server can't store the body: its disk is full");
    }
  }
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
  const std::string head = make_head(response, keep_alive);
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

asio::awaitable<void> HttpSession::refuse(int status, std::string_view detail) {
  const HttpResponse response = problem_response(status, detail);
  (void)co_await write_response(response, false, false);
  co_await linger();
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
