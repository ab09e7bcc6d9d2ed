#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

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

  /// What is known from the slots, and from which of them; not the others.
  void save(base::StateWriter& to) const noexcept;
  /// What was saved is forgotten when it would have been.
  void restore(base::StateReader& from) noexcept;

  [[nodiscard]] bool has_reference() const noexcept { return count_ > 0; }
  /// Packets since the start.
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  /// The least transit in the window; 0 if there is no reference.
  [[nodiscard]] std::int64_t reference_ticks() const noexcept {
    forget_old();
    return rough_reference_ticks();
  }
  [[nodiscard]] std::int64_t lateness_ticks() const noexcept {
    forget_old();
    return greatest_.back().number < 0 ? 0 : greatest_.back().transit - least_.transit;
  }
  /// The reference when somebody last asked for it, or a transit below it since then.
  [[nodiscard]] std::int64_t rough_reference_ticks() const noexcept {
    return has_reference() ? least_.transit : 0;
  }

 private:
  struct Slot {
    std::int64_t number = -1;
    std::int64_t least = 0;
    std::int64_t greatest = 0;
  };
  /// A transit and the slot that has it.
  struct Seen {
    std::int64_t number;
    std::int64_t transit;
  };
  static constexpr std::size_t kRank = 4;
  static constexpr Seen kNoLeast{.number = -1, .transit = std::numeric_limits<std::int64_t>::max()};
  static constexpr Seen kNoGreatest{.number = -1,
                                    .transit = std::numeric_limits<std::int64_t>::min()};

  void note_in_slot(std::int64_t number, std::int64_t transit_ticks) noexcept;
  void take(const Slot& slot) const noexcept;
  /// When one of what is known has left the window it is found anew, once somebody asks: what
  /// nobody hears has no delay to steer.
  void forget_old() const noexcept;
  [[nodiscard]] std::int64_t first_slot() const noexcept {
    return std::max<std::int64_t>(newest_ + 1 - static_cast<std::int64_t>(slots_.size()), 0);
  }

  std::array<Slot, 250> slots_{};
  std::int64_t newest_ = 0;
  std::size_t count_ = 0;
  mutable Seen least_ = kNoLeast;
  /// The greatest first.
  mutable std::array<Seen, kRank> greatest_{kNoGreatest, kNoGreatest, kNoGreatest, kNoGreatest};
};

}  // namespace shelcaster::rtc
