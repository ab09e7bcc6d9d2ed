#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shelcaster::base {

using Bytes = std::vector<std::byte>;
using ByteSpan = std::span<const std::byte>;

inline ByteSpan as_bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
inline std::string_view as_text(ByteSpan bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A number of so many bytes, big-endian.
inline void append(Bytes& out, std::uint64_t value, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::byte>(value >> static_cast<unsigned>(shift) & 0xffU));
  }
}
inline void append(Bytes& out, ByteSpan bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// Reads big-endian fields. A read past the end returns zero and makes ok() false for good, so that
/// a parser may read a whole header and check once.
class ByteReader {
 public:
  explicit ByteReader(ByteSpan bytes) : rest_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t remaining() const { return rest_.size(); }
  [[nodiscard]] ByteSpan rest() const { return rest_; }

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u24() { return static_cast<std::uint32_t>(number(3)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  std::uint64_t u64() { return number(8); }
  ByteSpan take(std::size_t count) {
    if (count > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const ByteSpan taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  void skip(std::size_t count) { (void)take(count); }

 private:
  std::uint64_t number(std::size_t count) {
    std::uint64_t value = 0;
    for (const std::byte b : take(count)) value = value << 8U | std::to_integer<std::uint64_t>(b);
    return value;
  }

  ByteSpan rest_;
  bool ok_ = true;
};

/// Writes big-endian fields into memory that the caller owns. A write past the end writes nothing
/// and makes ok() false for good. Never allocates.
class ByteWriter {
 public:
  explicit ByteWriter(std::span<std::byte> out) : out_(out) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] ByteSpan written() const { return ByteSpan(out_).first(size_); }

  void u8(std::uint8_t value) { number(value, 1); }
  void u16(std::uint16_t value) { number(value, 2); }
  void u24(std::uint32_t value) { number(value, 3); }
  void u32(std::uint32_t value) { number(value, 4); }
  void u64(std::uint64_t value) { number(value, 8); }
  void bytes(ByteSpan bytes) {
    if (std::byte* at = reserve(bytes.size()); at != nullptr && !bytes.empty()) {
      std::memcpy(at, bytes.data(), bytes.size());
    }
  }
  void zeros(std::size_t count) {
    if (std::byte* at = reserve(count); at != nullptr && count > 0) std::memset(at, 0, count);
  }
  /// Overwrites two bytes written before, for lengths that are known late.
  void patch_u16(std::size_t at, std::uint16_t value) {
    if (at + 2 > size_) {
      ok_ = false;
      return;
    }
    out_[at] = static_cast<std::byte>(value >> 8U);
    out_[at + 1] = static_cast<std::byte>(value & 0xffU);
  }

 private:
  std::byte* reserve(std::size_t count) {
    if (!ok_ || count > out_.size() - size_) {
      ok_ = false;
      return nullptr;
    }
    std::byte* at = out_.data() + size_;
    size_ += count;
    return at;
  }
  void number(std::uint64_t value, std::size_t count) {
    if (std::byte* at = reserve(count); at != nullptr) {
      for (std::size_t i = 0; i < count; ++i) {
        at[i] = static_cast<std::byte>(value >> (8 * (count - 1 - i)) & 0xffU);
      }
    }
  }

  std::span<std::byte> out_;
  std::size_t size_ = 0;
  bool ok_ = true;
};

}  // namespace shelcaster::base
