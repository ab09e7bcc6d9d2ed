#include "runtime/handed_socket.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace shelcaster::runtime {
namespace {

constexpr int kFirstFd = 3;  // SD_LISTEN_FDS_START

std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string text = value != nullptr ? value : "";
  ::unsetenv(name);
  return text;
}

int option_of(int fd, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

}  // namespace

base::Result<std::optional<base::UniqueFd>> take_handed_socket() {
  const std::string count = take_variable("LISTEN_FDS");
  const std::string pid = take_variable("LISTEN_PID");
  (void)take_variable("LISTEN_FDNAMES");
  if (count.empty() || pid != std::to_string(::getpid())) return std::nullopt;
  if (count != "1") {
    return base::fail(fmt::format("LISTEN_FDS: one socket is taken (got {})", count));
  }
  const int domain = option_of(kFirstFd, SO_DOMAIN);
  const bool is_tcp =
      option_of(kFirstFd, SO_TYPE) == SOCK_STREAM && (domain == AF_INET || domain == AF_INET6);
  if (!is_tcp || option_of(kFirstFd, SO_ACCEPTCONN) != 1) {
    return base::fail("LISTEN_FDS: descriptor 3 is no listening TCP socket");
  }
  ::fcntl(kFirstFd, F_SETFD, FD_CLOEXEC);
  return base::UniqueFd(kFirstFd);
}

}  // namespace shelcaster::runtime
