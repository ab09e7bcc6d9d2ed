#include "output/hls/detail/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <system_error>

#include "base/unique_fd.hpp"

namespace shelcaster::output::detail {

namespace {

std::string beside(const std::filesystem::path& path) {
  return path.string() + kUnfinishedExtension;
}

base::Result<void> failed(const std::filesystem::path& path) {
  return base::fail(
      fmt::format("can't write {}: {}", path.filename().string(), std::strerror(errno)));
}

/// What is in it already is written over and cut off. False: errno says why.
bool fill(const std::string& path, base::ByteSpan bytes) {
  const auto size = static_cast<off_t>(bytes.size());
  const base::UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  while (fd && !bytes.empty()) {
    const ssize_t put = ::write(fd.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return fd && ::ftruncate(fd.get(), size) == 0;
}

}  // namespace

base::Result<void> write_atomically(const std::filesystem::path& path, base::ByteSpan bytes) {
  const std::string unfinished = beside(path);
  if (!fill(unfinished, bytes) || ::rename(unfinished.c_str(), path.c_str()) != 0) {
    return failed(path);
  }
  return {};
}

base::Result<void> write_recycled(const std::filesystem::path& path,
                                  const std::filesystem::path& spare, base::ByteSpan bytes) {
  (void)::rename(spare.c_str(), beside(path).c_str());
  return write_atomically(path, bytes);
}

base::Result<void> write_in_turn(const std::filesystem::path& path, base::ByteSpan bytes) {
  const std::string unfinished = beside(path);
  if (!fill(unfinished, bytes)) return failed(path);
  if (::renameat2(AT_FDCWD, unfinished.c_str(), AT_FDCWD, path.c_str(), RENAME_EXCHANGE) == 0) {
    return {};
  }
  // There is no such file yet, or the file system can't do that.
  return ::rename(unfinished.c_str(), path.c_str()) == 0 ? base::Result<void>() : failed(path);
}

void forget_turn(const std::filesystem::path& path) { (void)::unlink(beside(path).c_str()); }

}  // namespace shelcaster::output::detail
