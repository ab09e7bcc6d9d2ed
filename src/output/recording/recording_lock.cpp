#include "output/recording/recording_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <system_error>

#include "output/recording/detail/append_file.hpp"

namespace shelcaster::output {

namespace fs = std::filesystem;

namespace {

constexpr const char* kLockFile = ".lock";

}  // namespace

base::Result<base::UniqueFd> lock_recordings(const fs::path& dir) {
  std::error_code failed;
  fs::create_directories(dir, failed);
  if (failed) {
    return base::fail(fmt::format("can't make the folder {}: {}", dir.string(), failed.message()));
  }
  const fs::path path = dir / kLockFile;
  base::UniqueFd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640));
  if (!lock) return tl::unexpected(detail::write_error(path));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return base::UniqueFd();
  return lock;
}

bool are_recordings_locked(const fs::path& dir) {
  const base::UniqueFd lock(::open((dir / kLockFile).c_str(), O_RDONLY | O_CLOEXEC));
  return lock && ::flock(lock.get(), LOCK_SH | LOCK_NB) != 0;
}

}  // namespace shelcaster::output
