#include "app/mix/standby_bed.hpp"

#include <algorithm>

#include "base/time.hpp"

namespace shelcaster::app {
namespace {

constexpr std::uint64_t kSeed = 7;
constexpr std::int64_t kLoopBlocks = 6'000;  // a minute
constexpr std::int64_t kLoopFrames = kLoopBlocks * audio::kBlockFrames;
constexpr std::int64_t kFadeInFrames = base::kSampleRate / 2;
constexpr std::int64_t kFadeOutFrames = 2 * base::kSampleRate;

float gain_at(std::int64_t frame) {
  const float in = static_cast<float>(frame) / static_cast<float>(kFadeInFrames);
  const float out = static_cast<float>(kLoopFrames - frame) / static_cast<float>(kFadeOutFrames);
  return std::min({1.0F, in, out});
}

}  // namespace

int StandbyBed::read(std::int64_t at, audio::StereoBlock& to) {
  const std::int64_t frame = at % kLoopFrames;
  const std::int64_t wanted = frame / audio::kBlockFrames;
  if (!music_ || next_block_ > wanted + 1) {
    music_.emplace(kSeed);
    next_block_ = 0;
  }
  for (; next_block_ <= wanted; ++next_block_) music_->fill(block_);
  const auto first = static_cast<int>(frame % audio::kBlockFrames);
  const int frames = audio::kBlockFrames - first;
  for (int i = 0; i < frames; ++i) {
    const float gain = gain_at(frame + i);
    for (int channel = 0; channel < audio::kChannels; ++channel) {
      to[static_cast<std::size_t>(i * audio::kChannels + channel)] =
          gain * block_[static_cast<std::size_t>((first + i) * audio::kChannels + channel)];
    }
  }
  return frames;
}

}  // namespace shelcaster::app
