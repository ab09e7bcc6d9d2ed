#include "runtime/http_server.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "base/log.hpp"
#include "runtime/detail/http_session.hpp"
#include "runtime/detail/tls_files.hpp"
#include "runtime/thread.hpp"

namespace shelcaster::runtime {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

/// What the rest of the process needs of its open files: the store, links, spooled bodies, files
/// being served.
constexpr std::size_t kOtherFiles = 256;

/// Takes all the open files that the process may have, and no more connections than fit: beyond
/// that it would be the store that can't open its file.
void fit_to_open_files(HttpServerOptions& options) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
  (void)getrlimit(RLIMIT_NOFILE, &limit);
  const std::size_t files = limit.rlim_cur;
  const std::size_t fit = files > 2 * kOtherFiles ? files - kOtherFiles : files / 2;
  if (options.connections_max <= fit) return;
  base::log::warn("http", "only {} open files are allowed (ulimit -n): at most {} connections",
                  files, fit);
  options.connections_max = fit;
}

}  // namespace

class HttpServer::Core {
 public:
  Core(const HttpServerOptions& options, std::shared_ptr<HttpHandler> handler)
      : context_(options, std::move(handler)), acceptor_(io_) {}
  ~Core() { stop(); }

  base::Result<void> start() {
    if (auto read = read_tls(); !read) return read;
    error_code failed;
    listen(failed);
    const tcp::endpoint local = failed ? tcp::endpoint() : acceptor_.local_endpoint(failed);
    if (failed) {
      return base::fail(
          fmt::format("listen on {}: {}", context_.options.listen.str(), failed.message()));
    }
    local_ = net::Endpoint::parse(local.address().to_string(), local.port()).value();
    context_.options.listen = local_;
    asio::co_spawn(io_, accept_all(), asio::detached);
    for (int i = 0; i < context_.options.threads; ++i) {
      threads_.emplace_back([this, i] {
        name_thread(fmt::format("http {}", i));
        io_.run();
      });
    }
    return {};
  }

  base::Result<void> reload_tls() {
    const HttpServerOptions& options = context_.options;
    if (tls_stamp_.empty() ||
        detail::stamp_of(options.tls_certificate, options.tls_key) == tls_stamp_) {
      return {};
    }
    auto read = read_tls();
    ++(read ? options.figures->tls_reloads : options.figures->tls_reload_failures);
    return read;
  }

  void drain() {
    context_.is_draining = true;
    asio::post(io_, [this] {
      error_code ignored;
      acceptor_.close(ignored);
      const std::lock_guard lock(mutex_);
      for (const auto& session : sessions_) session->drain();
    });
  }

  void stop() {
    io_.stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  [[nodiscard]] const net::Endpoint& local() const { return local_; }
  [[nodiscard]] std::size_t connections() const { return context_.counts.total(); }

 private:
  asio::awaitable<void> accept_all() {
    for (;;) {
      error_code failed;
      tcp::socket socket = co_await acceptor_.async_accept(
          asio::make_strand(io_), asio::redirect_error(asio::use_awaitable, failed));
      if (failed == asio::error::operation_aborted) co_return;
      if (failed) {  // out of descriptors, most likely: those in use will come back
        asio::steady_timer pause(io_, std::chrono::milliseconds(100));
        co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failed));
        continue;
      }
      begin(std::move(socket));
    }
  }

  void begin(tcp::socket socket) {
    error_code failed;
    const tcp::endpoint remote = socket.remote_endpoint(failed);
    if (failed) return;
    socket.set_option(tcp::no_delay(true), failed);
    // An IPv4 client of an IPv6 socket is the IPv4 client that it is.
    const auto mapped = net::Endpoint::parse(remote.address().to_string(), remote.port());
    if (!mapped) return;
    const std::string address = mapped->address();
    const bool is_proxy = context_.options.trusted_proxies.contains(address);
    if (!context_.counts.enter(address, is_proxy)) {  // closes it
      ++context_.options.figures->connections_refused;
      return;
    }
    const auto executor = socket.get_executor();
    std::shared_ptr<detail::HttpSession> session;
    {
      const std::lock_guard lock(mutex_);
      session = std::make_shared<detail::HttpSession>(context_, std::move(socket), address, tls_);
      sessions_.insert(session);
    }
    if (context_.is_draining) session->drain();
    asio::co_spawn(
        executor, [session] { return session->run(); },
        [this, session, address, is_proxy](std::exception_ptr) {
          {
            const std::lock_guard lock(mutex_);
            sessions_.erase(session);
          }
          context_.counts.leave(address, is_proxy);
        });
  }

  void listen(error_code& failed) {
    const HttpServerOptions& options = context_.options;
    const tcp::endpoint wanted(asio::ip::make_address(options.listen.address()),
                               options.listen.port());
    if (options.listen_socket) {
      const int fd = ::fcntl(options.listen_socket->get(), F_DUPFD_CLOEXEC, 0);
      sockaddr_storage own{};
      socklen_t size = sizeof own;
      if (fd < 0 || ::getsockname(fd, reinterpret_cast<sockaddr*>(&own), &size) != 0) {
        failed.assign(errno, boost::system::system_category());
        return;
      }
      acceptor_.assign(own.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), fd, failed);
      return;
    }
    acceptor_.open(wanted.protocol(), failed);
    if (!failed) acceptor_.set_option(tcp::acceptor::reuse_address(true), failed);
    if (!failed) acceptor_.bind(wanted, failed);
    if (!failed) acceptor_.listen(1'024, failed);
  }

  base::Result<void> read_tls() {
    const HttpServerOptions& options = context_.options;
    if (options.tls_certificate.empty() && options.tls_key.empty()) return {};
    if (options.tls_certificate.empty() || options.tls_key.empty()) {
      return base::fail("TLS needs both a certificate and a key file");
    }
    // Before they are read: what is written meanwhile is read once more.
    tls_stamp_ = detail::stamp_of(options.tls_certificate, options.tls_key);
    auto tls = detail::load_tls(options.tls_certificate, options.tls_key);
    if (!tls) return tl::unexpected(tls.error());
    const std::lock_guard lock(mutex_);
    tls_ = std::move(*tls);
    return {};
  }

  // Declared before io_: the sessions that io_ destroys refer to it.
  detail::SessionContext context_;
  asio::io_context io_;
  tcp::acceptor acceptor_;
  net::Endpoint local_;
  std::vector<std::thread> threads_;
  std::string tls_stamp_;  // of the files as they were read; empty: no TLS
  std::mutex mutex_;       // for what follows
  std::shared_ptr<asio::ssl::context> tls_;
  std::set<std::shared_ptr<detail::HttpSession>> sessions_;
};

base::Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpServerOptions& options,
                                                            std::shared_ptr<HttpHandler> handler) {
  HttpServerOptions fitted = options;
  fit_to_open_files(fitted);
  auto core = std::make_unique<Core>(fitted, std::move(handler));
  if (auto started = core->start(); !started) return tl::unexpected(started.error());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(core)));
}

HttpServer::HttpServer(std::unique_ptr<Core> core) : core_(std::move(core)) {}
HttpServer::~HttpServer() = default;
const net::Endpoint& HttpServer::local() const { return core_->local(); }
std::size_t HttpServer::connections() const { return core_->connections(); }
base::Result<void> HttpServer::reload_tls() { return core_->reload_tls(); }
void HttpServer::drain() { core_->drain(); }
void HttpServer::stop() { core_->stop(); }

}  // namespace shelcaster::runtime
