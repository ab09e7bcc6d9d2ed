#include "runtime/own_output.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/unique_fd.hpp"

namespace shelcaster::runtime {
namespace {

/// Whether it is the file of this name, or one whose name another file has taken since: who was
/// held up may have missed a turn.
bool was_log(int fd, const std::filesystem::path& before) {
  struct stat own = {};
  struct stat named = {};
  if (::fstat(fd, &own) != 0 || !S_ISREG(own.st_mode)) return false;
  if (own.st_nlink == 0) return true;
  return ::stat(before.c_str(), &named) == 0 && own.st_dev == named.st_dev &&
         own.st_ino == named.st_ino;
}

}  // namespace

void follow_log(int fd, const std::filesystem::path& before, const std::filesystem::path& now) {
  if (!was_log(fd, before)) return;
  const base::UniqueFd opened(::open(now.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (opened) (void)::dup2(opened.get(), fd);
}

void follow_own_log(const std::filesystem::path& before, const std::filesystem::path& now) {
  follow_log(STDOUT_FILENO, before, now);
  follow_log(STDERR_FILENO, before, now);
}

}  // namespace shelcaster::runtime
