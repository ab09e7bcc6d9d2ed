#include "rtc/jitter/delay_estimator.hpp"

#include <algorithm>

#include "base/time.hpp"

namespace shelcaster::rtc {
namespace {

/// Eight seconds of 20 ms packets are 400; with shorter frames the window is shorter.
constexpr std::size_t kSamplesMax = 512;
constexpr std::int64_t kWindowTicks = 8 * base::kSampleRate;
/// 160 ms of 20 ms packets: often enough to follow, rare enough to cost nothing.
constexpr std::size_t kPacketsBetweenEstimates = 8;
constexpr std::size_t kPercentile = 98;

}  // namespace

DelayEstimator::DelayEstimator() : samples_(kSamplesMax) { sorted_.reserve(kSamplesMax); }

void DelayEstimator::reset() noexcept {
  next_ = 0;
  count_ = 0;
  since_estimate_ = 0;
  reference_ = 0;
  spread_ = 0;
}

void DelayEstimator::note(std::int64_t arrival_ticks, std::int64_t transit_ticks) noexcept {
  samples_[next_] = {.arrival = arrival_ticks, .transit = transit_ticks};
  next_ = (next_ + 1) % kSamplesMax;
  const bool is_first = count_ == 0;
  count_ = std::min(count_ + 1, kSamplesMax);
  const bool is_fastest = is_first || transit_ticks < reference_;
  if (is_fastest || ++since_estimate_ >= kPacketsBetweenEstimates) estimate(arrival_ticks);
}

void DelayEstimator::estimate(std::int64_t now_ticks) noexcept {
  since_estimate_ = 0;
  sorted_.clear();
  for (std::size_t i = 0; i < count_; ++i) {
    if (now_ticks - samples_[i].arrival <= kWindowTicks) sorted_.push_back(samples_[i].transit);
  }
  if (sorted_.empty()) return;
  reference_ = *std::min_element(sorted_.begin(), sorted_.end());
  const std::size_t rank = std::min(sorted_.size() * kPercentile / 100, sorted_.size() - 1);
  const auto at = sorted_.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(sorted_.begin(), at, sorted_.end());
  spread_ = *at - reference_;
}

}  // namespace shelcaster::rtc
