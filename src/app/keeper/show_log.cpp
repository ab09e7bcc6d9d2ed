#include "app/keeper/show_log.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

#include "base/log.hpp"
#include "base/unique_fd.hpp"

namespace shelcaster::app {

namespace fs = std::filesystem;

namespace {

constexpr base::Duration kLookInterval = std::chrono::seconds(5);

}  // namespace

void ShowLog::look(base::Instant now) {
  if (now - looked_at_ < kLookInterval) return;
  looked_at_ = now;
  struct stat status {};
  if (::stat(path_.c_str(), &status) != 0) return;
  if (static_cast<std::uint64_t>(status.st_size) > bytes_max_) turn_over();
}

void ShowLog::turn_over() {
  const fs::path older = path_.string() + ".1";
  const fs::path fresh = path_.string() + ".new";
  // Made first: a disk that has no room for it keeps what there is, and is asked again later.
  const base::UniqueFd made(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
  if (!made || ::rename(path_.c_str(), older.c_str()) != 0) return;
  if (::rename(fresh.c_str(), path_.c_str()) != 0) {
    (void)::rename(older.c_str(), path_.c_str());
    return;
  }
  on_turned_(older, path_);
  base::log::info("keeper", "the log was full: what came before is in {}",
                  older.filename().string());
}

}  // namespace shelcaster::app
