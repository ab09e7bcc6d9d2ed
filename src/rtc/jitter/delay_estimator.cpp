#include "rtc/jitter/delay_estimator.hpp"

#include <algorithm>
#include <limits>
#include <span>
#include <utility>

namespace shelcaster::rtc {
namespace {

constexpr std::int64_t kSlotTicks = 960;

std::int64_t slot_number(std::int64_t arrival_ticks) {
  return std::max<std::int64_t>(arrival_ticks / kSlotTicks, 0);
}

}  // namespace

void DelayEstimator::reset() noexcept { *this = {}; }

void DelayEstimator::save(base::StateWriter& to) const noexcept {
  to.put(newest_);
  to.put(count_);
  to.put(least_);
  to.put(greatest_);
}

void DelayEstimator::restore(base::StateReader& from) noexcept {
  from.get(newest_);
  from.get(count_);
  const auto least = from.take<Seen>();
  const auto greatest = from.take<std::array<Seen, kRank>>();
  if (!from.ok() || count_ == 0 || least.number < 0) return reset();
  note_in_slot(std::min(least.number, newest_), least.transit);
  for (const Seen& seen : greatest) {
    if (seen.number >= 0) note_in_slot(std::min(seen.number, newest_), seen.transit);
  }
  is_stale_ = true;
}

void DelayEstimator::note_in_slot(std::int64_t number, std::int64_t transit_ticks) noexcept {
  Slot& slot = slots_[static_cast<std::size_t>(number) % slots_.size()];
  if (slot.number != number) {
    slot = {.number = number, .least = transit_ticks, .greatest = transit_ticks};
  }
  slot.least = std::min(slot.least, transit_ticks);
  slot.greatest = std::max(slot.greatest, transit_ticks);
  newest_ = std::max(newest_, number);
}

void DelayEstimator::note(std::int64_t arrival_ticks, std::int64_t transit_ticks) noexcept {
  const std::int64_t before = newest_;
  const std::int64_t number = slot_number(arrival_ticks);
  note_in_slot(number, transit_ticks);
  const bool is_fastest = count_++ == 0 || transit_ticks < least_.transit;
  if (is_fastest) least_ = {.number = number, .transit = transit_ticks};
  is_stale_ = is_stale_ || is_fastest || newest_ != before;
}

void DelayEstimator::note_recovered(std::int64_t arrival_ticks,
                                    std::int64_t transit_ticks) noexcept {
  note_in_slot(slot_number(arrival_ticks), transit_ticks);
}

void DelayEstimator::estimate() const noexcept {
  is_stale_ = false;
  least_ = {.number = -1, .transit = std::numeric_limits<std::int64_t>::max()};
  greatest_.fill({.number = -1, .transit = std::numeric_limits<std::int64_t>::min()});
  const std::int64_t first = newest_ - static_cast<std::int64_t>(slots_.size()) + 1;
  const auto take = [&](const Slot& slot) {
    if (slot.number < std::max<std::int64_t>(first, 0)) return;
    if (slot.least <= least_.transit) least_ = {.number = slot.number, .transit = slot.least};
    if (slot.greatest < greatest_.back().transit) return;
    greatest_.back() = {.number = slot.number, .transit = slot.greatest};
    for (std::size_t i = kRank - 1; i > 0 && greatest_[i].transit >= greatest_[i - 1].transit;
         --i) {
      std::swap(greatest_[i], greatest_[i - 1]);
    }
  };
  // In the order of their times: of equal ones the newest stays, which is known for longest.
  const std::span<const Slot> slots = slots_;
  const std::size_t oldest = static_cast<std::size_t>(newest_ + 1) % slots.size();
  for (const Slot& slot : slots.subspan(oldest)) take(slot);
  for (const Slot& slot : slots.first(oldest)) take(slot);
}

}  // namespace shelcaster::rtc
