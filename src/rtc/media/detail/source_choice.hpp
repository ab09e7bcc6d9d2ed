#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/bytes.hpp"
#include "base/state_io.hpp"
#include "base/time.hpp"
#include "codec/opus_decoder.hpp"

namespace shelcaster::rtc {

/// Which of a peer's sources (SSRC) is its microphone: the one that was announced or, without that,
/// the first. Another takes over when it sends and the one before has missed three packets, so that
/// a source beside the microphone disturbs nothing and a page that was loaded anew is heard at
/// once. The announced one takes it back as soon as it flows, for a bad network may have lost its
/// three packets beside another source.
class SourceChoice {
 public:
  static constexpr int kMissedPackets = 3;

  explicit SourceChoice(std::optional<std::uint32_t> announced)
      : announced_(announced), current_(announced) {}

  [[nodiscard]] const std::optional<std::uint32_t>& current() const noexcept { return current_; }

  /// Before the packet of the current source is played.
  void note_current(base::Instant arrival, base::ByteSpan payload) noexcept {
    using std::chrono::milliseconds;
    constexpr std::size_t kPauseBytesMax = 2;
    constexpr auto kPauseInterval = milliseconds(400);  // RFC 7587 section 3.1.3
    constexpr base::Duration kIntervalMin = milliseconds(20);
    heard_at_ = std::max(heard_at_, arrival);
    others_since_ = 0;
    interval_ = payload.size() <= kPauseBytesMax
                    ? kPauseInterval
                    : std::max(base::to_duration(codec::opus_frames(payload)), kIntervalMin);
  }
  /// An authentic packet of another source, with sound. True: it is the current one from now on.
  bool take_other(base::Instant arrival, std::uint32_t ssrc) noexcept {
    others_since_ = std::min(others_since_ + 1, kMissedPackets);
    const bool has_missed =
        others_since_ == kMissedPackets && arrival - heard_at_ >= kMissedPackets * interval_;
    const bool is_back = ssrc == announced_ && announced_flows(arrival);
    if (current_ && !has_missed && !is_back) return false;
    current_ = ssrc;
    others_since_ = announced_run_ = 0;
    heard_at_ = arrival;
    return true;
  }

  void save(base::StateWriter& to) const noexcept {
    to.put(current_.has_value());
    to.put(current_.value_or(0));
    to.put(heard_at_);
    to.put(interval_);
  }
  void restore(base::StateReader& from) noexcept {
    const bool is_there = from.take<bool>();
    const auto ssrc = from.take<std::uint32_t>();
    current_ = is_there ? std::optional(ssrc) : std::nullopt;
    from.get(heard_at_);
    from.get(interval_);
  }

 private:
  [[nodiscard]] bool announced_flows(base::Instant arrival) noexcept {
    constexpr auto kFlowing = std::chrono::milliseconds(100);
    announced_run_ = arrival - announced_at_ <= kFlowing ? announced_run_ + 1 : 1;
    announced_at_ = arrival;
    return announced_run_ >= kMissedPackets;
  }

  std::optional<std::uint32_t> announced_;
  base::Instant announced_at_;
  int announced_run_ = 0;
  std::optional<std::uint32_t> current_;
  base::Instant heard_at_;
  base::Duration interval_{};
  int others_since_ = 0;
};

}  // namespace shelcaster::rtc
