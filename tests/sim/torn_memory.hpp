#pragma once

#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

namespace shelcaster::sim {

/// A checkpoint as plain memory, to bring about what a mixer leaves that dies in the middle of
/// writing a record into it: the record is begun, some of its bytes are there, and it doesn't
/// count.
class TornMemory {
 public:
  /// Before the record is written.
  explicit TornMemory(int fd) {
    struct stat info {};
    if (fstat(fd, &info) != 0) throw std::runtime_error("no checkpoint");
    bytes_ = static_cast<std::size_t>(info.st_size);
    memory_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory_ == MAP_FAILED) throw std::runtime_error("no memory for the checkpoint");
    before_.assign(words().begin(), words().end());
  }
  ~TornMemory() { munmap(memory_, bytes_); }
  TornMemory(const TornMemory&) = delete;
  TornMemory& operator=(const TornMemory&) = delete;

  /// After it was written: takes back all but the first of it, `share` of 1, and what makes it
  /// count. A slot begins with three words (tape/detail/record_slots.hpp): that it was begun, the
  /// record's size, and that it is done. Nothing else is changed by what writes a record, but for
  /// one that `wipes_former`: when it is done, and so never here, the one before it becomes zeros,
  /// and what it is itself written over has become zeros in the same way.
  /// `is_believed`: it counts all the same.
  void tear(double share, bool is_believed, bool wipes_former) {
    std::vector<std::size_t> changed;
    for (std::size_t i = 0; i < before_.size(); ++i) {
      if (words()[i] == before_[i]) continue;
      if (wipes_former && words()[i] == 0) {
        words()[i] = before_[i];
      } else {
        changed.push_back(i);
      }
    }
    if (changed.empty()) return;
    const std::size_t kept =
        changed.front() +
        static_cast<std::size_t>(share * static_cast<double>(changed.back() - changed.front()));
    for (const std::size_t i : changed) {
      const bool is_size_or_done =
          !is_believed && (i == changed.front() + 1 || i == changed.front() + 2);
      const bool is_lost = i > std::max(kept, changed.front() + 2);
      if (is_size_or_done || is_lost) words()[i] = before_[i];
    }
  }

 private:
  [[nodiscard]] std::span<std::uint64_t> words() const {
    return {static_cast<std::uint64_t*>(memory_), bytes_ / sizeof(std::uint64_t)};
  }

  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
  std::vector<std::uint64_t> before_;
};

}  // namespace shelcaster::sim
