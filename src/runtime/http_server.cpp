#include "runtime/http_server.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <thread>
#include <vector>

#include "base/log.hpp"
#include "runtime/detail/http_session.hpp"
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

base::Result<std::unique_ptr<asio::ssl::context>> load_tls(const HttpServerOptions& options) {
  if (options.tls_certificate.empty() && options.tls_key.empty()) return nullptr;
  if (options.tls_certificate.empty() || options.tls_key.empty()) {
    return base::fail("TLS needs both a certificate and a key file");
  }
  auto tls = std::make_unique<asio::ssl::context>(asio::ssl::context::tls_server);
  ::SSL_CTX_set_min_proto_version(tls->native_handle(), TLS1_2_VERSION);
  error_code failed;
  tls->use_certificate_chain_file(options.tls_certificate.string(), failed);
  if (failed) {
    return base::fail(fmt::format("{}: no usable certificate: {}", options.tls_certificate.string(),
                                  failed.message()));
  }
  tls->use_private_key_file(options.tls_key.string(), asio::ssl::context::pem, failed);
  if (failed) {
    return base::fail(
        fmt::format("{}: no usable key for it: {}", options.tls_key.string(), failed.message()));
  }
  return tls;
}

}  // namespace

class HttpServer::Core {
 public:
  Core(const HttpServerOptions& options, std::shared_ptr<HttpHandler> handler,
       std::unique_ptr<asio::ssl::context> tls)
      : context_(options, std::move(handler), std::move(tls)), acceptor_(io_) {}
  ~Core() { stop(); }

  base::Result<void> start() {
    const tcp::endpoint wanted(asio::ip::make_address(context_.options.listen.address()),
                               context_.options.listen.port());
    error_code failed;
    acceptor_.open(wanted.protocol(), failed);
    if (!failed) acceptor_.set_option(tcp::acceptor::reuse_address(true), failed);
    if (!failed) acceptor_.bind(wanted, failed);
    if (!failed) acceptor_.listen(1'024, failed);
    if (failed) {
      return base::fail(
          fmt::format("listen on {}: {}", context_.options.listen.str(), failed.message()));
    }
    local_ =
        net::Endpoint::parse(context_.options.listen.address(), acceptor_.local_endpoint().port())
            .value();
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
    std::string address = remote.address().to_string();
    const bool is_proxy = context_.options.trusted_proxies.contains(address);
    if (!context_.counts.enter(address, is_proxy)) return;  // closes it
    const auto executor = socket.get_executor();
    auto session = std::make_shared<detail::HttpSession>(context_, std::move(socket), address);
    asio::co_spawn(
        executor, [session] { return session->run(); },
        [this, session, address, is_proxy](std::exception_ptr) {
          context_.counts.leave(address, is_proxy);
        });
  }

  // Declared before io_: the sessions that io_ destroys refer to it.
  detail::SessionContext context_;
  asio::io_context io_;
  tcp::acceptor acceptor_;
  net::Endpoint local_;
  std::vector<std::thread> threads_;
};

base::Result<std::unique_ptr<HttpServer>> HttpServer::start(const HttpServerOptions& options,
                                                            std::shared_ptr<HttpHandler> handler) {
  auto tls = load_tls(options);
  if (!tls) return tl::unexpected(tls.error());
  HttpServerOptions fitted = options;
  fit_to_open_files(fitted);
  auto core = std::make_unique<Core>(fitted, std::move(handler), std::move(*tls));
  if (auto started = core->start(); !started) return tl::unexpected(started.error());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(core)));
}

HttpServer::HttpServer(std::unique_ptr<Core> core) : core_(std::move(core)) {}
HttpServer::~HttpServer() = default;
const net::Endpoint& HttpServer::local() const { return core_->local(); }
std::size_t HttpServer::connections() const { return core_->connections(); }
void HttpServer::stop() { core_->stop(); }

}  // namespace shelcaster::runtime
