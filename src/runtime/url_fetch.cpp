#include "runtime/url_fetch.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <thread>
#include <utility>

#include "base/unique_fd.hpp"
#include "runtime/fd_watch.hpp"
#include "runtime/thread.hpp"

namespace shelcaster::runtime {
namespace {

constexpr long kConnectSecondsMax = 10;
constexpr long kStallSecondsMax = 20;
constexpr long kTotalSecondsMax = 2 * 3'600;
constexpr long kRedirectsMax = 5;

bool is_private_v4(const std::uint8_t* a) {
  return a[0] == 0 || a[0] == 10 || a[0] == 127 || a[0] >= 224 ||
         (a[0] == 100 && (a[1] & 0xc0U) == 64) ||                   // 100.64/10
         (a[0] == 169 && a[1] == 254) ||                            // link-local
         (a[0] == 172 && (a[1] & 0xf0U) == 16) ||                   // 172.16/12
         (a[0] == 192 && a[1] == 168) ||                            //
         (a[0] == 192 && a[1] == 0 && (a[2] == 0 || a[2] == 2)) ||  // IETF, TEST-NET-1
         (a[0] == 198 && (a[1] & 0xfeU) == 18) ||                   // benchmarks
         (a[0] == 198 && a[1] == 51 && a[2] == 100) ||              // TEST-NET-2
         (a[0] == 203 && a[1] == 0 && a[2] == 113);                 // TEST-NET-3
}

bool is_private_v6(const std::uint8_t* a) {
  const bool has_zero_start = std::all_of(a, a + 10, [](std::uint8_t b) { return b == 0; });
  if (has_zero_start && a[10] == 0xff && a[11] == 0xff) return is_private_v4(a + 12);  // mapped
  if (has_zero_start && a[10] == 0 && a[11] == 0) return true;  // ::, ::1, v4-compatible
  // NAT64 (64:ff9b::/96) and 6to4 (2002::/16) lead to an IPv4 address inside them.
  if (a[0] == 0 && a[1] == 0x64 && a[2] == 0xff && a[3] == 0x9b) return is_private_v4(a + 12);
  if (a[0] == 0x20 && a[1] == 0x02) return is_private_v4(a + 2);
  return (a[0] & 0xfeU) == 0xfc ||                    // unique local
         (a[0] == 0xfe && (a[1] & 0x80U) == 0x80) ||  // link-local and site-local
         a[0] == 0xff ||                              // multicast
         (a[0] == 0x20 && a[1] == 0x01 && a[2] == 0x0d && a[3] == 0xb8);  // documentation
}

}  // namespace

bool is_private_address(const std::uint8_t* bytes, std::size_t size) {
  return size == 4 ? is_private_v4(bytes) : is_private_v6(bytes);
}

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
    bool is_private = true;
    if (address->family == AF_INET) {
      sockaddr_in v4{};
      std::memcpy(&v4, &address->addr, sizeof(v4));
      is_private = core.options_.is_private(reinterpret_cast<const std::uint8_t*>(&v4.sin_addr), 4);
    } else if (address->family == AF_INET6) {
      sockaddr_in6 v6{};
      std::memcpy(&v6, &address->addr, sizeof(v6));
      is_private = core.options_.is_private(v6.sin6_addr.s6_addr, 16);
    }
    if (is_private && !core.options_.allow_private) {
      core.was_private_ = true;
      return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }

  static std::size_t write(char* bytes, std::size_t, std::size_t size, void* data) {
    auto& core = *static_cast<Core*>(data);
    core.size_ += size;
    if (core.size_ > core.options_.bytes_max) return 0;
    return ::write(core.file_.get(), bytes, size) == static_cast<ssize_t>(size) ? size : 0;
  }

  static int watch_progress(void* data, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Core*>(data)->is_cancelled_.load() ? 1 : 0;
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
  ::curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail.data());
  ::curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, &Core::open_socket);
  ::curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, this);
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
