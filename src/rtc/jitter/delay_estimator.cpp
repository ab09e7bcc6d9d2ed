#include "rtc/jitter/delay_estimator.hpp"

#include <algorithm>
#include <limits>

namespace shelcaster::rtc {
namespace {

constexpr std::int64_t kSlotTicks = 960;
/// Five seconds of slots, and how many of them may be later than what is waited for, less one.
constexpr std::size_t kRank = 4;

}  // namespace

void DelayEstimator::reset() noexcept { *this = {}; }

void DelayEstimator::save(base::StateWriter& to) const noexcept {
  to.put(newest_);
  to.put(count_);
  to.put(reference_);
  to.put(lateness_);
}

void DelayEstimator::restore(base::StateReader& from) noexcept {
  const auto newest = from.take<std::int64_t>();
  from.get(count_);
  const auto reference = from.take<std::int64_t>();
  const auto lateness = from.take<std::int64_t>();
  if (!from.ok() || count_ == 0) return;
  // As many slots as it takes for a lateness to count.
  for (std::size_t i = 0; i < kRank; ++i) {
    const auto arrival = (newest - static_cast<std::int64_t>(i)) * kSlotTicks;
    Slot& slot = slot_at(arrival, reference);
    slot.greatest = reference + lateness;
  }
  is_stale_ = true;
}

DelayEstimator::Slot& DelayEstimator::slot_at(std::int64_t arrival_ticks,
                                              std::int64_t transit_ticks) noexcept {
  const std::int64_t number = std::max<std::int64_t>(arrival_ticks / kSlotTicks, 0);
  Slot& slot = slots_[static_cast<std::size_t>(number) % slots_.size()];
  if (slot.number != number) {
    slot = {.number = number, .least = transit_ticks, .greatest = transit_ticks};
  }
  newest_ = std::max(newest_, number);
  return slot;
}

void DelayEstimator::note(std::int64_t arrival_ticks, std::int64_t transit_ticks) noexcept {
  const std::int64_t before = newest_;
  Slot& slot = slot_at(arrival_ticks, transit_ticks);
  slot.least = std::min(slot.least, transit_ticks);
  slot.greatest = std::max(slot.greatest, transit_ticks);
  const bool is_fastest = count_++ == 0 || transit_ticks < reference_;
  if (is_fastest) reference_ = transit_ticks;
  is_stale_ = is_stale_ || is_fastest || newest_ != before;
}

void DelayEstimator::note_recovered(std::int64_t arrival_ticks,
                                    std::int64_t transit_ticks) noexcept {
  Slot& slot = slot_at(arrival_ticks, transit_ticks);
  slot.greatest = std::max(slot.greatest, transit_ticks);
}

void DelayEstimator::estimate() const noexcept {
  is_stale_ = false;
  constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();
  std::array<std::int64_t, kRank> greatest;
  greatest.fill(kNone);
  reference_ = std::numeric_limits<std::int64_t>::max();
  for (const Slot& slot : slots_) {
    if (slot.number < 0 || newest_ - slot.number >= static_cast<std::int64_t>(slots_.size())) {
      continue;
    }
    reference_ = std::min(reference_, slot.least);
    if (slot.greatest <= greatest.back()) continue;
    greatest.back() = slot.greatest;
    for (std::size_t i = kRank - 1; i > 0 && greatest[i] > greatest[i - 1]; --i) {
      std::swap(greatest[i], greatest[i - 1]);
    }
  }
  lateness_ = greatest.back() == kNone ? 0 : greatest.back() - reference_;
}

}  // namespace shelcaster::rtc
