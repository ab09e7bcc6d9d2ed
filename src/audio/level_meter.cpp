#include "audio/level_meter.hpp"

#include <algorithm>
#include <cmath>

#include "audio/db.hpp"
#include "audio/detail/lanes.hpp"

namespace shelcaster::audio {
namespace {

constexpr float kPeakFallPerBlock = 0.9772372F;  // −0.2 dB each 10 ms
constexpr float kPeakFloor = 1e-6F;
constexpr int kClipHoldBlocks = 100;

}  // namespace

BlockLevel measure(const StereoBlock& block) noexcept {
  using detail::kLanes;
  using detail::Lanes;
  // Four sums, so that none waits for the one before.
  constexpr std::size_t kSums = 4;
  static_assert(kBlockSamples % (kSums * kLanes) == 0);
  Lanes peaks[kSums] = {};
  Lanes powers[kSums] = {};
  for (std::size_t i = 0; i < block.size(); i += kSums * kLanes) {
    for (std::size_t k = 0; k < kSums; ++k) {
      const Lanes samples = detail::load(block.data() + i + k * kLanes);
      peaks[k] = detail::larger(detail::magnitude(samples), peaks[k]);
      powers[k] += samples * samples;
    }
  }
  const Lanes peak =
      detail::larger(detail::larger(peaks[0], peaks[1]), detail::larger(peaks[2], peaks[3]));
  const Lanes power = (powers[0] + powers[1]) + (powers[2] + powers[3]);
  constexpr float kPerFrame = 1.0F / kBlockFrames;
  return {.peak = detail::largest(peak),
          .left_power = (power[0] + power[2]) * kPerFrame,
          .right_power = (power[1] + power[3]) * kPerFrame};
}

void LevelMeter::process(const BlockLevel& level) noexcept {
  const float fallen = peak_ * kPeakFallPerBlock;
  peak_ = std::max(level.peak, fallen < kPeakFloor ? 0.0F : fallen);
  if (level.peak >= 1.0F) {
    clip_blocks_left_ = kClipHoldBlocks;
  } else if (clip_blocks_left_ > 0) {
    --clip_blocks_left_;
  }
  silent_blocks_ = level.peak == 0.0F ? silent_blocks_ + 1 : 0;
  powers_[kChannels * next_] = level.left_power;
  powers_[kChannels * next_ + 1] = level.right_power;
  next_ = (next_ + 1) % kWindowBlocks;
}

void LevelMeter::process_silence() noexcept {
  if (!is_at_rest()) process(BlockLevel{});
}

float LevelMeter::peak_db() const noexcept { return linear_to_db(peak_); }

float LevelMeter::rms_db() const noexcept {
  detail::Lanes sum{};
  for (std::size_t i = 0; i < powers_.size(); i += detail::kLanes) {
    sum += detail::load(powers_.data() + i);
  }
  const float louder = std::max(sum[0] + sum[2], sum[1] + sum[3]);
  return power_to_db(static_cast<double>(louder) / kWindowBlocks);
}

}  // namespace shelcaster::audio
