#include "output/hls/detail/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "base/unique_fd.hpp"

namespace shelcaster::output::detail {

base::Result<void> write_atomically(const std::filesystem::path& path, base::ByteSpan bytes) {
  const std::filesystem::path beside = path.string() + kUnfinishedExtension;
  base::UniqueFd fd(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  while (fd && !bytes.empty()) {
    const ssize_t put = ::write(fd.get(), bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) break;
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  if (!fd || !bytes.empty() || ::rename(beside.c_str(), path.c_str()) != 0) {
    return base::fail(
        fmt::format("can't write {}: {}", path.filename().string(), std::strerror(errno)));
  }
  return {};
}

}  // namespace shelcaster::output::detail
