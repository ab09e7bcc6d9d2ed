#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace shelcaster::base {

/// A bounded queue from one producer thread to one consumer thread. Allocates in the constructor
/// only; push and pop never block. When it is full, try_push returns false and the value stays with
/// the caller: each user states what it then does (drop, count, retry).
///
/// Popping moves the element out, so an element type that frees memory on move-assignment frees it
/// on the consumer's thread: pass raw ownership back through a second queue where that matters.
template <typename T>
class SpscQueue {
 public:
  /// Holds at least `capacity` elements (rounded up to a power of two).
  explicit SpscQueue(std::size_t capacity)
      : slots_(std::bit_ceil(capacity)), mask_(slots_.size() - 1) {}
  SpscQueue(const SpscQueue&) = delete;
  SpscQueue& operator=(const SpscQueue&) = delete;

  [[nodiscard]] bool try_push(T&& value) {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) == slots_.size()) return false;
    slots_[tail & mask_] = std::move(value);
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }
  [[nodiscard]] bool try_push(const T& value) {
    T copy = value;
    return try_push(std::move(copy));
  }

  [[nodiscard]] std::optional<T> try_pop() {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_.load(std::memory_order_acquire)) return std::nullopt;
    std::optional<T> value(std::move(slots_[head & mask_]));
    head_.store(head + 1, std::memory_order_release);
    return value;
  }

  /// Exact for the calling side's own end, a snapshot for the other.
  [[nodiscard]] std::size_t size() const {
    return tail_.load(std::memory_order_acquire) - head_.load(std::memory_order_acquire);
  }
  [[nodiscard]] std::size_t capacity() const { return slots_.size(); }

 private:
  std::vector<T> slots_;
  const std::size_t mask_;
  alignas(64) std::atomic<std::size_t> head_{0};
  alignas(64) std::atomic<std::size_t> tail_{0};
};

}  // namespace shelcaster::base
