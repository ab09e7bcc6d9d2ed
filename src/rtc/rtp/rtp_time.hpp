#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>

namespace shelcaster::rtc {

/// Counts a number that wraps (an RTP sequence number or timestamp) on for ever. The first value is
/// itself; each later one is taken to be less than half the range away from the newest.
template <std::unsigned_integral Wrapping>
class Unwrapper {
 public:
  /// The position of `value`, older ones too. Only a newer one moves the reference.
  std::int64_t unwrap(Wrapping value) noexcept {
    const std::int64_t position = peek(value);
    if (!has_newest_ || position > newest_) newest_ = position;
    has_newest_ = true;
    return position;
  }
  /// The same without moving the reference.
  [[nodiscard]] std::int64_t peek(Wrapping value) const noexcept {
    if (!has_newest_) return static_cast<std::int64_t>(value);
    using Signed = std::make_signed_t<Wrapping>;
    const auto step =
        static_cast<Signed>(static_cast<Wrapping>(value - static_cast<Wrapping>(newest_)));
    return newest_ + step;
  }

 private:
  std::int64_t newest_ = 0;
  bool has_newest_ = false;
};

/// A position in a sender's media clock, 48 kHz for Opus (RFC 7587 §4.1), unwrapped to 64 bits.
class RtpTime {
 public:
  constexpr RtpTime() = default;
  explicit constexpr RtpTime(std::int64_t ticks) : ticks_(ticks) {}

  [[nodiscard]] constexpr std::int64_t ticks() const { return ticks_; }
  /// As it stands in a packet.
  [[nodiscard]] constexpr std::uint32_t wire() const { return static_cast<std::uint32_t>(ticks_); }

  friend constexpr auto operator<=>(RtpTime, RtpTime) = default;
  friend constexpr RtpTime operator+(RtpTime at, std::int64_t ticks) {
    return RtpTime(at.ticks_ + ticks);
  }
  friend constexpr RtpTime operator-(RtpTime at, std::int64_t ticks) {
    return RtpTime(at.ticks_ - ticks);
  }
  friend constexpr std::int64_t operator-(RtpTime a, RtpTime b) { return a.ticks_ - b.ticks_; }

 private:
  std::int64_t ticks_ = 0;
};

}  // namespace shelcaster::rtc
