#include "launch/program.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace shelcaster::launch {
namespace {

namespace fs = std::filesystem;

// Above the descriptors that spawn() lays out for a child.
constexpr int kLowestFd = 64;

}  // namespace

fs::path own_executable() { return "/proc/self/exe"; }

base::Result<Sibling> Sibling::open(std::string_view name) {
  std::error_code failed;
  const fs::path path = fs::read_symlink(own_executable(), failed).parent_path() / name;
  const base::UniqueFd found(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!found) {
    return base::fail(
        fmt::format("{}: {}; it belongs beside this program", path.string(), std::strerror(errno)));
  }
  base::UniqueFd held(::fcntl(found.get(), F_DUPFD_CLOEXEC, kLowestFd));
  if (!held) return base::fail(fmt::format("{}: {}", path.string(), std::strerror(errno)));
  return Sibling(std::move(held));
}

fs::path Sibling::path() const { return fmt::format("/proc/self/fd/{}", fd_.get()); }

}  // namespace shelcaster::launch
