#include "audio/level_meter.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "audio/db.hpp"

namespace shelcaster::audio {
namespace {

constexpr float kPeakFallPerBlock = 0.9772372F;  // −0.2 dB each 10 ms
constexpr float kPeakFloor = 1e-6F;
constexpr int kClipHoldBlocks = 100;

}  // namespace

void LevelMeter::process(const StereoBlock& block) noexcept {
  // Four lanes of two frames, so that the compiler can use vector instructions without being
  // allowed to reorder a sum.
  std::array<float, 4> peaks{};
  std::array<float, 4> powers{};
  for (std::size_t i = 0; i < block.size(); i += 4) {
    for (std::size_t lane = 0; lane < 4; ++lane) {
      const float sample = block[i + lane];
      const float magnitude = std::fabs(sample);
      peaks[lane] = magnitude > peaks[lane] ? magnitude : peaks[lane];
      powers[lane] += sample * sample;
    }
  }
  constexpr float kPerFrame = 1.0F / kBlockFrames;
  advance(std::max(std::max(peaks[0], peaks[1]), std::max(peaks[2], peaks[3])),
          (powers[0] + powers[2]) * kPerFrame, (powers[1] + powers[3]) * kPerFrame);
}

void LevelMeter::process_silence() noexcept { advance(0.0F, 0.0F, 0.0F); }

void LevelMeter::advance(float peak, float left_power, float right_power) noexcept {
  const float fallen = peak_ * kPeakFallPerBlock;
  peak_ = std::max(peak, fallen < kPeakFloor ? 0.0F : fallen);
  if (peak >= 1.0F) {
    clip_blocks_left_ = kClipHoldBlocks;
  } else if (clip_blocks_left_ > 0) {
    --clip_blocks_left_;
  }
  left_power_[next_] = left_power;
  right_power_[next_] = right_power;
  next_ = (next_ + 1) % kWindowBlocks;
}

float LevelMeter::peak_db() const noexcept { return linear_to_db(peak_); }

float LevelMeter::rms_db() const noexcept {
  const float left = std::accumulate(left_power_.begin(), left_power_.end(), 0.0F);
  const float right = std::accumulate(right_power_.begin(), right_power_.end(), 0.0F);
  return power_to_db(static_cast<double>(std::max(left, right)) / kWindowBlocks);
}

}  // namespace shelcaster::audio
