#include "rtc/jitter/delay_estimator.hpp"

#include <algorithm>
#include <span>

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
}

void DelayEstimator::note_in_slot(std::int64_t number, std::int64_t transit_ticks) noexcept {
  Slot& slot = slots_[static_cast<std::size_t>(number) % slots_.size()];
  if (slot.number != number) {
    slot = {.number = number, .least = transit_ticks, .greatest = transit_ticks};
  }
  slot.least = std::min(slot.least, transit_ticks);
  slot.greatest = std::max(slot.greatest, transit_ticks);
  newest_ = std::max(newest_, number);
  take(slot);
}

void DelayEstimator::take(const Slot& slot) const noexcept {
  if (slot.least <= least_.transit) least_ = {.number = slot.number, .transit = slot.least};
  const auto known = std::ranges::find(greatest_, slot.number, &Seen::number);
  const auto place = known == greatest_.end() ? greatest_.end() - 1 : known;
  if (slot.greatest < place->transit) return;
  *place = {.number = slot.number, .transit = slot.greatest};
  for (auto at = place; at != greatest_.begin() && at->transit >= (at - 1)->transit; --at) {
    std::iter_swap(at, at - 1);
  }
}

void DelayEstimator::note(std::int64_t arrival_ticks, std::int64_t transit_ticks) noexcept {
  note_in_slot(slot_number(arrival_ticks), transit_ticks);
  ++count_;
}

void DelayEstimator::note_recovered(std::int64_t arrival_ticks,
                                    std::int64_t transit_ticks) noexcept {
  note_in_slot(slot_number(arrival_ticks), transit_ticks);
}

void DelayEstimator::forget_old() const noexcept {
  const auto is_known = [first = first_slot()](const Seen& seen) { return seen.number >= first; };
  if (is_known(least_) && std::ranges::all_of(greatest_, is_known)) return;
  least_ = kNoLeast;
  greatest_.fill(kNoGreatest);
  // In the order of their times: of equal ones the newest stays, which is known for longest.
  const std::span<const Slot> slots = slots_;
  const std::size_t oldest = static_cast<std::size_t>(newest_ + 1) % slots.size();
  const auto take_known = [this](const Slot& slot) {
    if (slot.number >= first_slot()) take(slot);
  };
  std::ranges::for_each(slots.subspan(oldest), take_known);
  std::ranges::for_each(slots.first(oldest), take_known);
}

}  // namespace shelcaster::rtc
