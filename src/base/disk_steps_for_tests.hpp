#pragma once

// For tests of what must survive the death of its process, or a full disk, in the middle of writing
// files: include it in one source of the test program. It takes the place of libc's calls for the
// whole process, shared libraries too. Each effect on a file is a step: a write is two, one for
// each half of its bytes.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdint>

namespace shelcaster::base {

/// Asked before each step. 0 lets it happen; else it has no effect and fails with this errno.
/// Another thread's steps come on that thread. nullptr: everything happens.
inline int (*disk_step)() = nullptr;

/// False: it must not happen, and errno says why.
inline bool take_disk_step() {
  const int error = disk_step == nullptr ? 0 : disk_step();
  if (error != 0) errno = error;
  return error == 0;
}

/// Half of it, then the rest. What ends between the two has written short.
template <typename WriteSome>
ssize_t write_in_two_steps(std::size_t size, WriteSome write_some) {
  if (!take_disk_step()) return -1;
  const std::size_t half = size / 2;
  if (half == 0) return write_some(0, size);
  const ssize_t put = write_some(0, half);
  if (put < static_cast<ssize_t>(half) || !take_disk_step()) return put;
  const ssize_t rest = write_some(half, size - half);
  return rest < 0 ? put : put + rest;
}

}  // namespace shelcaster::base

extern "C" {
ssize_t write(int fd, const void* bytes, std::size_t size) {
  if (shelcaster::base::disk_step == nullptr || fd <= STDERR_FILENO) {
    return syscall(SYS_write, fd, bytes, size);
  }
  return shelcaster::base::write_in_two_steps(size, [&](std::size_t from, std::size_t count) {
    return static_cast<ssize_t>(
        syscall(SYS_write, fd, static_cast<const char*>(bytes) + from, count));
  });
}
ssize_t pwrite64(int fd, const void* bytes, std::size_t size, off64_t at) {
  return shelcaster::base::write_in_two_steps(size, [&](std::size_t from, std::size_t count) {
    return static_cast<ssize_t>(syscall(SYS_pwrite64, fd, static_cast<const char*>(bytes) + from,
                                        count, at + static_cast<off64_t>(from)));
  });
}
ssize_t pwrite(int fd, const void* bytes, std::size_t size, off_t at) {
  return pwrite64(fd, bytes, size, at);
}
int ftruncate64(int fd, off64_t size) noexcept {
  if (!shelcaster::base::take_disk_step()) return -1;
  return static_cast<int>(syscall(SYS_ftruncate, fd, size));
}
/// What dies is a process, not the machine: what was written is there.
int fsync(int /*fd*/) { return shelcaster::base::take_disk_step() ? 0 : -1; }
int fdatasync(int /*fd*/) { return shelcaster::base::take_disk_step() ? 0 : -1; }
int rename(const char* from, const char* to) noexcept {
  if (!shelcaster::base::take_disk_step()) return -1;
  return static_cast<int>(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}
int renameat2(int from_dir, const char* from, int to_dir, const char* to, unsigned flags) noexcept {
  if (!shelcaster::base::take_disk_step()) return -1;
  return static_cast<int>(syscall(SYS_renameat2, from_dir, from, to_dir, to, flags));
}
int unlink(const char* path) noexcept {
  if (!shelcaster::base::take_disk_step()) return -1;
  return static_cast<int>(syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}
}
