#include "launch/process_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace shelcaster::launch {
namespace {

struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

base::Result<ProcessLock> ProcessLock::take(const std::filesystem::path& file) {
  base::UniqueFd fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!fd) return base::fail(fmt::format("{}: {}", file.string(), std::strerror(errno)));
  struct flock lock = whole_file();
  if (::fcntl(fd.get(), F_SETLK, &lock) != 0) {
    return base::fail(fmt::format("{}: another process has it", file.string()));
  }
  return ProcessLock(std::move(fd));
}

std::optional<pid_t> ProcessLock::holder(const std::filesystem::path& file) {
  const base::UniqueFd fd(::open(file.c_str(), O_RDWR | O_CLOEXEC));
  struct flock lock = whole_file();
  if (!fd || ::fcntl(fd.get(), F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK) return std::nullopt;
  return lock.l_pid;
}

}  // namespace shelcaster::launch
