#include "runtime/outbound_stream.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <utility>

#include "net/private_address.hpp"
#include "runtime/detail/curl_endpoint.hpp"

namespace shelcaster::runtime {
namespace {

constexpr long kConnectMsMax = 10'000;

bool is_private(const curl_sockaddr& address) {
  const auto endpoint = detail::endpoint_of(address);
  return !endpoint || net::is_private(*endpoint);
}

}  // namespace

struct OutboundStream::State {
  ~State() {
    if (easy != nullptr) ::curl_easy_cleanup(easy);
  }

  CURL* easy = nullptr;
  int fd = -1;
  OutboundTarget target;
  const std::function<bool()>* is_aborted = nullptr;  // while connecting
  bool was_private = false;
  bool is_closed = false;

  static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* address) {
    auto& state = *static_cast<State*>(self);
    if (!state.target.is_private_allowed && is_private(*address)) {
      state.was_private = true;
      return CURL_SOCKET_BAD;
    }
    const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    // What waits in the kernel is delay: little of it.
    (void)::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &state.target.send_buffer_bytes, sizeof(int));
    return fd;
  }

  static int look(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return (*static_cast<State*>(self)->is_aborted)() ? 1 : 0;
  }
};

namespace {

/// libcurl's words have the host's name in them, which may be private: ours don't.
OutboundFailure failure_of(CURLcode code, CURL* easy, const char* detail) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {OutboundProblem::kUnknownHost, "the name of its host can't be found"};
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_ABORTED_BY_CALLBACK:
      return {OutboundProblem::kTimedOut, "it doesn't answer"};
    case CURLE_PEER_FAILED_VERIFICATION: {
      const std::string_view said(detail);
      constexpr std::string_view kProblem = "SSL certificate problem: ";
      const std::size_t at = said.find(kProblem);
      return {OutboundProblem::kCertificate,
              at == std::string_view::npos ? std::string("its certificate is for another name")
                                           : fmt::format("its certificate is not valid: {}",
                                                         said.substr(at + kProblem.size()))};
    }
    case CURLE_SSL_CACERT_BADFILE:
      return {OutboundProblem::kCertificate,
              "the file of authorities (shows.rtmps_ca_file) can't be read"};
    case CURLE_SSL_CONNECT_ERROR:
      return {OutboundProblem::kCertificate, "what answers there speaks no TLS that we can"};
    case CURLE_COULDNT_CONNECT: {
      long error = 0;
      ::curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
      return {OutboundProblem::kUnreachable,
              error == 0
                  ? std::string("it can't be reached")
                  : fmt::format("it can't be reached: {}", std::strerror(static_cast<int>(error)))};
    }
    default:
      return {OutboundProblem::kBroken, ::curl_easy_strerror(code)};
  }
}

}  // namespace

OutboundStream::OutboundStream(std::unique_ptr<State> state) : state_(std::move(state)) {}
OutboundStream::~OutboundStream() = default;

OutboundStream::Outcome<std::unique_ptr<OutboundStream>> OutboundStream::open(
    const OutboundTarget& target, const std::function<bool()>& is_aborted) {
  static const CURLcode kReady = ::curl_global_init(CURL_GLOBAL_DEFAULT);
  auto state = std::make_unique<State>();
  state->target = target;
  state->is_aborted = &is_aborted;
  state->easy = ::curl_easy_init();
  if (kReady != CURLE_OK || state->easy == nullptr) {
    return tl::unexpected(OutboundFailure{OutboundProblem::kBroken, "libcurl can't start"});
  }
  CURL* easy = state->easy;
  const bool is_v6 = target.host.find(':') != std::string::npos;
  const std::string url = fmt::format("{}://{}{}{}:{}/", target.is_tls ? "https" : "http",
                                      is_v6 ? "[" : "", target.host, is_v6 ? "]" : "", target.port);
  std::array<char, CURL_ERROR_SIZE> detail{};
  ::curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  ::curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
  ::curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  ::curl_easy_setopt(easy, CURLOPT_SSL_ENABLE_ALPN, 0L);
  ::curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // A proxy would connect on our behalf, to addresses that we don't see.
  ::curl_easy_setopt(easy, CURLOPT_PROXY, "");
  ::curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectMsMax);
  ::curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail.data());
  ::curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &State::open_socket);
  ::curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, state.get());
  ::curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
  ::curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &State::look);
  ::curl_easy_setopt(easy, CURLOPT_XFERINFODATA, state.get());
  if (!target.ca_file.empty()) {
    ::curl_easy_setopt(easy, CURLOPT_CAINFO, target.ca_file.c_str());
    ::curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
  const CURLcode code = ::curl_easy_perform(easy);
  ::curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, nullptr);
  state->is_aborted = nullptr;
  if (state->was_private && code != CURLE_OK) {
    return tl::unexpected(OutboundFailure{OutboundProblem::kPrivateAddress,
                                          "it leads to a private or local address, which "
                                          "outputs.allow_private_destinations = true would allow"});
  }
  if (code != CURLE_OK) return tl::unexpected(failure_of(code, easy, detail.data()));
  curl_socket_t fd = CURL_SOCKET_BAD;
  ::curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd);
  state->fd = fd;
  return std::unique_ptr<OutboundStream>(new OutboundStream(std::move(state)));
}

OutboundStream::Outcome<std::size_t> OutboundStream::send(base::ByteSpan bytes) {
  std::size_t sent = 0;
  const CURLcode code = ::curl_easy_send(state_->easy, bytes.data(), bytes.size(), &sent);
  if (code == CURLE_AGAIN) return std::size_t{0};
  if (code == CURLE_OK) return sent;
  return tl::unexpected(OutboundFailure{OutboundProblem::kBroken, "the connection broke"});
}

OutboundStream::Outcome<std::size_t> OutboundStream::receive(std::span<std::byte> out) {
  if (state_->is_closed) return std::size_t{0};
  std::size_t got = 0;
  const CURLcode code = ::curl_easy_recv(state_->easy, out.data(), out.size(), &got);
  if (code == CURLE_AGAIN) return std::size_t{0};
  // A connection that was reset is as closed as one that was ended; TLS tells no more either.
  state_->is_closed = code != CURLE_OK || got == 0;
  return got;
}

bool OutboundStream::is_closed_by_peer() const { return state_->is_closed; }

std::size_t OutboundStream::unacknowledged() const {
  int bytes = 0;
  return ::ioctl(state_->fd, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? static_cast<std::size_t>(bytes)
                                                                 : 0;
}

}  // namespace shelcaster::runtime
