#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "base/result.hpp"

namespace shelcaster::tape::detail {

using Word = std::uint64_t;
static_assert(std::atomic_ref<Word>::is_always_lock_free,
              "the tape is shared between processes: its words must be lock-free");

/// Another process may change any word at any time, so every access is atomic. Stores release and
/// loads acquire: whoever sees a word also sees everything that its writer stored before it, which
/// is what makes the validation after a copy sound without fences (ThreadSanitizer knows none).
inline void store(Word& word, Word value) noexcept {
  std::atomic_ref<Word>(word).store(value, std::memory_order_release);
}
inline Word load(const Word& word) noexcept {
  return std::atomic_ref<Word>(const_cast<Word&>(word)).load(std::memory_order_acquire);
}

/// Anonymous memory shared with child processes by file descriptor (memfd_create(2)). Its size is
/// sealed, so that no holder of the descriptor can make another one fault by truncating it.
class SharedMemory {
 public:
  /// Zero-filled. `name` is seen in /proc only. Owns the descriptor, which is close-on-exec.
  static base::Result<SharedMemory> create(const char* name, std::size_t bytes);
  /// Maps a descriptor that somebody else owns and may close afterwards. Refuses what isn't a memfd
  /// with a sealed size between `bytes_min` and `bytes_max`.
  static base::Result<SharedMemory> attach(int fd, std::size_t bytes_min, std::size_t bytes_max);

  SharedMemory(SharedMemory&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), words_(std::exchange(other.words_, {})) {}
  SharedMemory& operator=(SharedMemory&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(words_, other.words_);
    return *this;
  }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  ~SharedMemory();

  /// -1 when attached.
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] std::span<Word> words() const { return words_; }

 private:
  SharedMemory(int fd, std::span<Word> words) : fd_(fd), words_(words) {}

  int fd_ = -1;
  std::span<Word> words_;
};

}  // namespace shelcaster::tape::detail
