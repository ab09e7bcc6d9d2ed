#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "base/bytes.hpp"

// How real-time objects put their state into memory that outlives their process, and take it up
// again in the next one of the same build. Native layout: this never leaves the machine.
namespace shelcaster::base {

/// Writes into memory that the caller owns. A write past the end writes nothing and makes ok()
/// false for good. Never allocates.
class StateWriter {
 public:
  explicit StateWriter(std::span<std::byte> out) : out_(out) {}

  template <typename T>
  void put(const T& value) noexcept {
    static_assert(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>);
    copy(&value, sizeof(T));
  }
  template <typename T>
  void put_all(std::span<const T> values) noexcept {
    static_assert(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>);
    copy(values.data(), values.size_bytes());
  }
  void put_bytes(ByteSpan bytes) noexcept { copy(bytes.data(), bytes.size()); }

  /// What `fill` writes, behind its size, so that a reader may leave it out or take it by itself.
  template <typename Fill>
  void put_section(const Fill& fill) noexcept {
    const std::size_t size_at = size_;
    put(std::uint32_t{0});
    if (!ok_) return;
    StateWriter section(out_.subspan(size_));
    fill(section);
    ok_ = section.ok();
    const auto size = static_cast<std::uint32_t>(section.size());
    std::memcpy(out_.data() + size_at, &size, sizeof size);
    size_ += size;
  }

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  void copy(const void* from, std::size_t bytes) noexcept {
    if (bytes > out_.size() - size_) ok_ = false;
    if (!ok_ || bytes == 0) return;
    std::memcpy(out_.data() + size_, from, bytes);
    size_ += bytes;
  }

  std::span<std::byte> out_;
  std::size_t size_ = 0;
  bool ok_ = true;
};

/// Reads what a StateWriter wrote, in the same order. A read past the end changes nothing and makes
/// ok() false for good.
class StateReader {
 public:
  explicit StateReader(ByteSpan bytes) : rest_(bytes) {}

  template <typename T>
  void get(T& value) noexcept {
    static_assert(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>);
    copy(&value, sizeof(T));
  }
  template <typename T>
  [[nodiscard]] T take() noexcept {
    T value{};
    get(value);
    return value;
  }
  template <typename T>
  void get_all(std::span<T> values) noexcept {
    static_assert(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>);
    copy(values.data(), values.size_bytes());
  }
  [[nodiscard]] ByteSpan take_bytes(std::size_t count) noexcept {
    if (count > rest_.size()) ok_ = false;
    if (!ok_) return {};
    const ByteSpan taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  /// Of put_section(); empty if it is cut short.
  [[nodiscard]] ByteSpan take_section() noexcept { return take_bytes(take<std::uint32_t>()); }

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] std::size_t remaining() const noexcept { return rest_.size(); }

 private:
  void copy(void* to, std::size_t bytes) noexcept {
    const ByteSpan taken = take_bytes(bytes);
    if (taken.size() == bytes && bytes > 0) std::memcpy(to, taken.data(), bytes);
  }

  ByteSpan rest_;
  bool ok_ = true;
};

}  // namespace shelcaster::base
