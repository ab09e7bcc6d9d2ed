#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/state_io.hpp"

namespace shelcaster::rtc {

/// How late packets come, and how long to wait for them. For every packet it takes the transit
/// (arrival less timestamp, both in ticks of 48 kHz, so with an unknown constant in it) and keeps,
/// for every 20 ms of the last five seconds, the least and the greatest. The least of all is the
/// reference: what the fastest packets need.
///
/// lateness() is the fourth greatest above the reference. That is where 1 ms more of delay for all
/// would save as much as it costs, if one second made up in five seconds is worth 250 ms of delay:
/// every 20 ms with a packet later than the delay cost that lateness once, however many packets
/// were held up together. So a few outliers move nothing, a stall is one of them, and a
/// network that is often late is waited for.
class DelayEstimator {
 public:
  void note(std::int64_t arrival_ticks, std::int64_t transit_ticks) noexcept;
  /// A lost packet was given back by the one after it, at its arrival: the transit that it had by
  /// that.
  void note_recovered(std::int64_t arrival_ticks, std::int64_t transit_ticks) noexcept;
  void reset() noexcept;

  /// What has been learnt, without the slots that it was learnt from.
  void save(base::StateWriter& to) const noexcept;
  /// Begins with what was saved as if it had just been seen; it is forgotten like anything else.
  void restore(base::StateReader& from) noexcept;

  [[nodiscard]] bool has_reference() const noexcept { return count_ > 0; }
  /// Packets since the start.
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  /// The least transit in the window.
  [[nodiscard]] std::int64_t reference_ticks() const noexcept {
    if (is_stale_) estimate();
    return reference_;
  }
  [[nodiscard]] std::int64_t lateness_ticks() const noexcept {
    if (is_stale_) estimate();
    return lateness_;
  }
  /// The reference when somebody last asked for it, or a transit below it since then.
  [[nodiscard]] std::int64_t rough_reference_ticks() const noexcept { return reference_; }

 private:
  struct Slot {
    std::int64_t number = -1;
    std::int64_t least = 0;
    std::int64_t greatest = 0;
  };
  [[nodiscard]] Slot& slot_at(std::int64_t arrival_ticks, std::int64_t transit_ticks) noexcept;
  /// Put off until somebody asks: what nobody hears has no delay to steer.
  void estimate() const noexcept;

  std::array<Slot, 250> slots_{};
  std::int64_t newest_ = 0;
  std::size_t count_ = 0;
  mutable std::int64_t reference_ = 0;
  mutable std::int64_t lateness_ = 0;
  mutable bool is_stale_ = false;
};

}  // namespace shelcaster::rtc
