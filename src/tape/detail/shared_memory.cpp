#include "tape/detail/shared_memory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace shelcaster::tape::detail {
namespace {

base::Result<std::span<Word>> map(int fd, std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) {
    return base::fail(
        fmt::format("shared memory: can't map {} bytes: {}", bytes, std::strerror(errno)));
  }
  // Some of it holds keys. Processes that may be dumped have no part in it; this is for a mistake.
  madvise(memory, bytes, MADV_DONTDUMP);
  return std::span<Word>(static_cast<Word*>(memory), bytes / sizeof(Word));
}

}  // namespace

base::Result<SharedMemory> SharedMemory::create(const char* name, std::size_t bytes) {
  const int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) {
    return base::fail(fmt::format("shared memory \"{}\": {}", name, std::strerror(errno)));
  }
  if (ftruncate(fd, static_cast<off_t>(bytes)) != 0 ||
      fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    const int error = errno;
    close(fd);
    return base::fail(fmt::format("shared memory \"{}\": can't make {} bytes: {}", name, bytes,
                                  std::strerror(error)));
  }
  auto words = map(fd, bytes);
  if (!words) {
    close(fd);
    return tl::unexpected(words.error());
  }
  return SharedMemory(fd, *words);
}

base::Result<SharedMemory> SharedMemory::attach(int fd, std::size_t bytes_min,
                                                std::size_t bytes_max) {
  struct stat status {};
  if (fstat(fd, &status) != 0) {
    return base::fail(fmt::format("shared memory: descriptor {}: {}", fd, std::strerror(errno)));
  }
  const int seals = fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & F_SEAL_SHRINK) == 0) {
    return base::fail(fmt::format("shared memory: descriptor {} is no memfd of sealed size", fd));
  }
  const auto bytes = static_cast<std::size_t>(status.st_size);
  if (bytes < bytes_min || bytes > bytes_max) {
    return base::fail(fmt::format("shared memory: descriptor {} has {} bytes, not {} to {}", fd,
                                  bytes, bytes_min, bytes_max));
  }
  auto words = map(fd, bytes);
  if (!words) return tl::unexpected(words.error());
  return SharedMemory(-1, *words);
}

SharedMemory::~SharedMemory() {
  if (!words_.empty()) munmap(words_.data(), words_.size_bytes());
  if (fd_ >= 0) close(fd_);
}

}  // namespace shelcaster::tape::detail
