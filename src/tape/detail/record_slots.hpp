#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <span>

#include "base/bytes.hpp"
#include "tape/detail/shared_memory.hpp"

namespace shelcaster::tape::detail {

/// A record of changing size in shared memory, in two slots that are written in turn. A slot is:
/// sequence when the writing began, size, sequence when it was done, then the bytes. Record n (from
/// 1) goes to slot n % 2, so that a writer killed at any moment leaves the one before it whole.
class RecordSlots {
 public:
  static constexpr std::size_t kHeadWords = 3;
  static constexpr std::size_t words_for(std::size_t bytes_max) {
    return 2 * (kHeadWords + bytes_max / sizeof(Word));
  }

  explicit RecordSlots(std::span<Word> words) noexcept : words_(words) {}

  [[nodiscard]] std::span<std::byte> begin() noexcept {
    const Word next = newest() + 1;
    const std::span<Word> slot = slot_of(next);
    store(slot[kBeganAt], next);
    return std::as_writable_bytes(slot.subspan(kHeadWords));
  }
  void commit(std::size_t size) noexcept {
    const Word next = newest() + 1;
    const std::span<Word> slot = slot_of(next);
    store(slot[kSizeAt], size);
    store(slot[kDoneAt], next);
  }

  /// After a commit: the record before it is overwritten with zeros, for what holds keys.
  void wipe_former() noexcept {
    const std::span<Word> slot = slot_of(newest() + 1);
    const std::size_t words = (load(slot[kSizeAt]) + sizeof(Word) - 1) / sizeof(Word);
    const std::span<Word> bytes = slot.subspan(kHeadWords);
    std::ranges::fill(bytes.first(std::min(words, bytes.size())), Word{0});
    store(slot[kSizeAt], 0);
  }

  [[nodiscard]] std::optional<base::Bytes> read() const {
    const Word sequence = newest();
    if (sequence == 0) return std::nullopt;
    const std::span<Word> slot = slot_of(sequence);
    const base::ByteSpan bytes = std::as_bytes(slot.subspan(kHeadWords));
    const Word size = load(slot[kSizeAt]);
    // Else the next record but one was begun here, or somebody has damaged the memory.
    const bool is_whole = load(slot[kBeganAt]) == sequence && size <= bytes.size();
    if (!is_whole) return std::nullopt;
    return base::Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
  }

 private:
  static constexpr std::size_t kBeganAt = 0;
  static constexpr std::size_t kSizeAt = 1;
  static constexpr std::size_t kDoneAt = 2;

  [[nodiscard]] std::span<Word> slot_of(Word sequence) const noexcept {
    const std::size_t half = words_.size() / 2;
    return words_.subspan(sequence % 2 * half, half);
  }
  [[nodiscard]] Word newest() const noexcept {
    return std::max(load(slot_of(0)[kDoneAt]), load(slot_of(1)[kDoneAt]));
  }

  std::span<Word> words_;
};

}  // namespace shelcaster::tape::detail
