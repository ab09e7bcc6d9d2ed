#include "media/aac_fill.hpp"

#include <algorithm>
#include <bit>

namespace shelcaster::media {
namespace {

constexpr unsigned kIdFill = 6;
constexpr unsigned kIdEnd = 7;
/// A count of 15 is followed by a byte with what is above 14.
constexpr std::size_t kFillBytesMax = 14 + 255;

class BitWriter {
 public:
  BitWriter(base::ByteSpan begin, std::size_t bits) : bytes_(begin.begin(), begin.end()) {
    bytes_.resize((bits + 7) / 8);
    free_ = static_cast<unsigned>(8 * bytes_.size() - bits);
    if (free_ > 0) bytes_.back() &= static_cast<std::byte>(0xffU << free_ & 0xffU);
  }
  void put(unsigned value, unsigned bits) {
    while (bits > 0) {
      if (free_ == 0) {
        bytes_.push_back(std::byte{0});
        free_ = 8;
      }
      const unsigned now = std::min(bits, free_);
      bits -= now;
      free_ -= now;
      bytes_.back() |= static_cast<std::byte>((value >> bits & ((1U << now) - 1)) << free_);
    }
  }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  [[nodiscard]] base::Bytes take() { return std::move(bytes_); }

 private:
  base::Bytes bytes_;
  unsigned free_ = 0;  // bits of the last byte
};

/// Bits before the end mark, three ones that only zeros follow. Nothing if there is none.
std::size_t bits_before_end(base::ByteSpan frame) {
  std::size_t size = frame.size();
  while (size > 0 && frame[size - 1] == std::byte{0}) --size;
  if (size == 0) return 0;
  const auto zeros =
      static_cast<std::size_t>(std::countr_zero(std::to_integer<unsigned>(frame[size - 1])));
  const std::size_t bits = 8 * size - zeros;
  return bits < 3 ? 0 : bits - 3;
}

}  // namespace

base::Bytes filled_aac(base::ByteSpan frame, std::size_t bytes_min) {
  const std::size_t bits = bits_before_end(frame);
  if (frame.size() >= bytes_min || bits == 0) return {frame.begin(), frame.end()};
  BitWriter out(frame, bits);
  while (out.size() + 1 < bytes_min) {
    // The element's own head has seven bits, or 15 with the longer count.
    const std::size_t count = std::min(bytes_min - out.size() - 1, kFillBytesMax);
    out.put(kIdFill, 3);
    if (count < 15) {
      out.put(static_cast<unsigned>(count), 4);
    } else {
      out.put(15, 4);
      out.put(static_cast<unsigned>(count - 14), 8);
    }
    // extension_type 0 (EXT_FILL), then anything.
    for (std::size_t i = 0; i < count; ++i) out.put(0, 8);
  }
  out.put(kIdEnd, 3);
  return out.take();
}

}  // namespace shelcaster::media
