#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace shelcaster::rtc {

/// Which packet indices were used (RFC 3711 §3.3.2): every index once, none that is older than the
/// window. Asked before a packet is authenticated, told after.
class ReplayWindow {
 public:
  /// At 50 packets a second this is 20 s: more than any reordering, far less than 2^15.
  static constexpr std::uint64_t kPacketsMax = 1024;

  [[nodiscard]] bool is_fresh(std::uint64_t index) const noexcept {
    if (!has_newest_ || index > newest_) return true;
    return newest_ - index < kPacketsMax && !seen_.test(index % kPacketsMax);
  }
  void note(std::uint64_t index) noexcept {
    if (!has_newest_ || index > newest_) {
      const std::uint64_t steps = has_newest_ ? index - newest_ : kPacketsMax;
      if (steps >= kPacketsMax) {
        seen_.reset();
      } else {
        for (std::uint64_t i = 1; i <= steps; ++i) seen_[(newest_ + i) % kPacketsMax] = false;
      }
      newest_ = index;
      has_newest_ = true;
    }
    seen_[index % kPacketsMax] = true;
  }
  /// As if every index up to this one had been used.
  void resume(std::uint64_t newest) noexcept {
    seen_.set();
    newest_ = newest;
    has_newest_ = true;
  }
  [[nodiscard]] bool has_newest() const noexcept { return has_newest_; }
  [[nodiscard]] std::uint64_t newest() const noexcept { return newest_; }

 private:
  std::bitset<kPacketsMax> seen_;
  std::uint64_t newest_ = 0;
  bool has_newest_ = false;
};

/// The 48-bit index of an RTP packet, 2^16 × rollover counter + sequence number, guessed as in RFC
/// 3711 §3.3.1: the one nearest to the newest that was authenticated.
class RtpIndex {
 public:
  RtpIndex() = default;
  explicit RtpIndex(std::uint32_t rollover_counter) : first_rollover_counter_(rollover_counter) {}

  /// nullopt: it would lie before the first or beyond the last index there is.
  [[nodiscard]] std::optional<std::uint64_t> guess(std::uint16_t sequence) const noexcept {
    constexpr std::int64_t kIndicesMax = std::int64_t{1} << 48U;
    if (!window_.has_newest()) return std::uint64_t{first_rollover_counter_} << 16U | sequence;
    const auto newest = static_cast<std::int64_t>(window_.newest());
    const auto step = static_cast<std::int16_t>(
        static_cast<std::uint16_t>(sequence - static_cast<std::uint16_t>(newest)));
    const std::int64_t index = newest + step;
    if (index < 0 || index >= kIndicesMax) return std::nullopt;
    return static_cast<std::uint64_t>(index);
  }
  [[nodiscard]] bool is_fresh(std::uint64_t index) const noexcept {
    return window_.is_fresh(index);
  }
  void note(std::uint64_t index) noexcept { window_.note(index); }
  [[nodiscard]] const ReplayWindow& window() const noexcept { return window_; }
  [[nodiscard]] std::uint64_t newest() const noexcept { return window_.newest(); }
  void resume(std::uint64_t newest) noexcept { window_.resume(newest); }

 private:
  std::uint32_t first_rollover_counter_ = 0;
  ReplayWindow window_;
};

}  // namespace shelcaster::rtc
