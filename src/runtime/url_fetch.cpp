#include "runtime/url_fetch.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

#include "base/unique_fd.hpp"
#include "runtime/detail/curl_endpoint.hpp"
#include "runtime/fd_watch.hpp"
#include "runtime/thread.hpp"

namespace shelcaster::runtime {
namespace {

constexpr long kConnectSecondsMax = 10;
constexpr long kStallSecondsMax = 20;
constexpr long kTotalSecondsMax = 2 * 3'600;
constexpr long kRedirectsMax = 5;
/// Of all answers together, trailers among them, which libcurl 7.88 keeps without a bound.
constexpr std::size_t kHeaderBytesMax = 512 * 1024;
/// What may come on the wire beside as many bytes again as the file has: TLS, the sizes of chunks,
/// the bodies of redirects, and what the kernel holds for libcurl to read (6 MiB,
/// net.ipv4.tcp_rmem).
constexpr std::uint64_t kOverheadBytesMax = std::uint64_t{16} << 20U;

}  // namespace

// The thread and the owner share this; the thread touches nothing else, so it may outlive both.
class UrlFetch::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(boost::asio::io_context& io, UrlFetchOptions options,
       std::function<void(base::Result<void>)> on_done)
      : options_(std::move(options)), on_done_(std::move(on_done)) {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) std::abort();
    done_read_.reset(fds[0]);
    done_write_.reset(fds[1]);
    watch_ = std::make_unique<FdWatch>(io, done_read_.get(), [this] {
      const auto self = shared_from_this();
      // What makes result_ visible here: the pipe only wakes, no memory model knows of it. Woken
      // without it, the watch itself has failed.
      base::Result<void> result = base::fail("the download can't be watched: no descriptor left");
      if (is_done_.load(std::memory_order_acquire)) result = std::move(result_);
      const auto on_done_now = std::exchange(on_done_, {});
      if (on_done_now) on_done_now(std::move(result));
    });
  }

  void start() {
    std::thread([self = shared_from_this()] {
      name_thread("fetch");
      self->result_ = self->fetch();
      self->is_done_.store(true, std::memory_order_release);
      self->done_write_.reset();
    }).detach();
  }

  void cancel() {
    on_done_ = {};
    watch_.reset();
    is_cancelled_.store(true);
  }

 private:
  base::Result<void> fetch();

  static curl_socket_t open_socket(void* data, curlsocktype, curl_sockaddr* address) {
    auto& core = *static_cast<Core*>(data);
    const auto endpoint = detail::endpoint_of(*address);
    const bool is_private = !endpoint || core.options_.is_private(*endpoint);
    if (is_private && !core.options_.allow_private) {
      core.was_private_ = true;
      return CURL_SOCKET_BAD;
    }
    const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd >= 0) core.open_.push_back(fd);
    return fd;
  }

  static int close_socket(void* data, curl_socket_t fd) {
    auto& core = *static_cast<Core*>(data);
    core.closed_bytes_ += received(fd);
    std::erase(core.open_, fd);
    return ::close(fd);
  }

  /// By the kernel, whatever libcurl makes of it: it tells nobody of a chunk's extensions, say, or
  /// of what it skips.
  static std::uint64_t received(int fd) {
    tcp_info info{};
    socklen_t size = sizeof(info);
    if (::getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
    return info.tcpi_bytes_received;
  }

  [[nodiscard]] bool is_mostly_overhead() const {
    std::uint64_t wire = closed_bytes_;
    for (const int fd : open_) wire += received(fd);
    return wire > 2 * size_ + kOverheadBytesMax;
  }

  static std::size_t take_header(char*, std::size_t, std::size_t size, void* data) {
    auto& core = *static_cast<Core*>(data);
    core.header_bytes_ += size;
    core.is_overhead_ = core.is_overhead_ || core.header_bytes_ > kHeaderBytesMax;
    return core.is_overhead_ ? 0 : size;
  }

  static std::size_t write(char* bytes, std::size_t, std::size_t size, void* data) {
    auto& core = *static_cast<Core*>(data);
    if (core.is_cancelled_.load()) return 0;
    core.size_ += size;
    if (core.size_ > core.options_.bytes_max) return 0;
    return ::write(core.file_.get(), bytes, size) == static_cast<ssize_t>(size) ? size : 0;
  }

  static int watch_progress(void* data, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    auto& core = *static_cast<Core*>(data);
    core.is_overhead_ = core.is_overhead_ || core.is_mostly_overhead();
    return core.is_overhead_ || core.is_cancelled_.load() ? 1 : 0;
  }

  const UrlFetchOptions options_;
  std::function<void(base::Result<void>)> on_done_;
  std::unique_ptr<FdWatch> watch_;
  base::UniqueFd done_read_, done_write_;
  std::atomic<bool> is_cancelled_{false};
  std::atomic<bool> is_done_{false};
  // The fetching thread's until is_done_.
  base::UniqueFd file_;
  std::uint64_t size_ = 0;
  std::size_t header_bytes_ = 0;
  std::vector<int> open_;           // sockets, which are libcurl's
  std::uint64_t closed_bytes_ = 0;  // received by those that were closed
  bool is_overhead_ = false;
  bool was_private_ = false;
  base::Result<void> result_;
};

base::Result<void> UrlFetch::Core::fetch() {
  static const CURLcode kReady = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  file_.reset(::open(options_.file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  if (!file_)
    return base::fail(fmt::format("{}: {}", options_.file.string(), std::strerror(errno)));
  const std::unique_ptr<CURL, decltype(&::curl_easy_cleanup)> easy(::curl_easy_init(),
                                                                   &::curl_easy_cleanup);
  if (kReady != CURLE_OK || !easy) return base::fail("the downloader can't start");
  std::array<char, CURL_ERROR_SIZE> detail{};
  CURL* curl = easy.get();
  ::curl_easy_setopt(curl, CURLOPT_URL, options_.url.c_str());
  ::curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  ::curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  ::curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  ::curl_easy_setopt(curl, CURLOPT_MAXREDIRS, kRedirectsMax);
  ::curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
  ::curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  // A proxy would connect on our behalf, to addresses that we don't see.
  ::curl_easy_setopt(curl, CURLOPT_PROXY, "");
  ::curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSecondsMax);
  ::curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1'024L);
  ::curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, kStallSecondsMax);
  ::curl_easy_setopt(curl, CURLOPT_TIMEOUT, kTotalSecondsMax);
  ::curl_easy_setopt(curl, CURLOPT_USERAGENT, "shelcaster");
  // Music doesn't shrink; but what is packed all the same is unpacked, and counted as that.
  ::curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "identity, gzip;q=0.5, deflate;q=0.5");
  // As radio servers of the first kind answer.
  const std::unique_ptr<curl_slist, decltype(&::curl_slist_free_all)> aliases(
      ::curl_slist_append(nullptr, "ICY 200 OK"), &::curl_slist_free_all);
  ::curl_easy_setopt(curl, CURLOPT_HTTP200ALIASES, aliases.get());
  ::curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail.data());
  ::curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &Core::open_socket);
  ::curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, this);
  ::curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, &Core::close_socket);
  ::curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, this);
  ::curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &Core::take_header);
  ::curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
  ::curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Core::write);
  ::curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
  ::curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  ::curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &Core::watch_progress);
  ::curl_easy_setopt(curl, CURLOPT_XFERINFODATA, this);
  ::curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(options_.bytes_max));
  const CURLcode code = ::curl_easy_perform(curl);
  file_.reset();
  if (code == CURLE_OK) return {};
  if (was_private_) {
    return base::fail(
        "the URL leads to a private or local address, which media.allow_private_urls forbids");
  }
  if (size_ > options_.bytes_max || code == CURLE_FILESIZE_EXCEEDED) {
    return base::fail(fmt::format("the file is larger than {} bytes", options_.bytes_max));
  }
  if (is_overhead_) {
    return base::fail("the URL's server sends much that isn't the file, without end");
  }
  return base::fail(fmt::format("the URL can't be fetched: {}",
                                detail[0] != '\0' ? detail.data() : ::curl_easy_strerror(code)));
}

UrlFetch::UrlFetch(boost::asio::io_context& io, const UrlFetchOptions& options,
                   std::function<void(base::Result<void>)> on_done)
    : core_(std::make_shared<Core>(io, options, std::move(on_done))) {
  core_->start();
}

UrlFetch::~UrlFetch() { core_->cancel(); }

}  // namespace shelcaster::runtime
