#include "app/mix/deck/standby_bed.hpp"

#include <algorithm>

#include "base/time.hpp"

namespace shelcaster::app {
namespace {

constexpr std::uint64_t kSeed = 7;
constexpr std::int64_t kLoopBlocks = 6'000;  // a minute
constexpr std::int64_t kLoopFrames = kLoopBlocks * audio::kBlockFrames;
constexpr std::int64_t kFadeInFrames = base::kSampleRate / 2;
constexpr std::int64_t kFadeOutFrames = 2 * base::kSampleRate;

constexpr std::int64_t kSectionBlocks = 500;
/// Before its section, so that what rings by then is what would have rung all along.
constexpr std::int64_t kWarmUpBlocks = 300;
constexpr std::int64_t kCrossFadeBlocks = 10;
constexpr std::int64_t kCrossFadeFrames = kCrossFadeBlocks * audio::kBlockFrames;

float part_of(std::int64_t frames, std::int64_t whole) {
  return static_cast<float>(frames) / static_cast<float>(whole);
}

float gain_at(std::int64_t frame) {
  return std::min(
      {1.0F, part_of(frame, kFadeInFrames), part_of(kLoopFrames - frame, kFadeOutFrames)});
}

}  // namespace

const audio::StereoBlock& StandbyBed::take(std::int64_t section, std::int64_t block) {
  std::optional<Section>& kept = sections_[static_cast<std::size_t>(section % 2)];
  if (!kept || kept->number != section || kept->next_block > block + 1) {
    const std::int64_t first = std::max<std::int64_t>(0, section * kSectionBlocks - kWarmUpBlocks);
    kept.emplace(Section{.number = section,
                         .next_block = first,
                         .music = audio::GeneratedMusic(kSeed, first * audio::kBlockFrames)});
  }
  for (; kept->next_block <= block; ++kept->next_block) kept->music.fill(kept->block);
  return kept->block;
}

int StandbyBed::read(std::int64_t at, audio::StereoBlock& to) {
  const std::int64_t frame = at % kLoopFrames;
  const std::int64_t block = frame / audio::kBlockFrames;
  const std::int64_t section = block / kSectionBlocks;
  const audio::StereoBlock& now = take(section, block);
  const bool is_cross_fade = section > 0 && block % kSectionBlocks < kCrossFadeBlocks;
  const audio::StereoBlock& before = is_cross_fade ? take(section - 1, block) : now;
  const auto first = static_cast<int>(frame % audio::kBlockFrames);
  const int frames = audio::kBlockFrames - first;
  for (int i = 0; i < frames; ++i) {
    const float gain = gain_at(frame + i);
    const std::int64_t since = (frame + i) % (kSectionBlocks * audio::kBlockFrames);
    const float share = is_cross_fade ? part_of(since, kCrossFadeFrames) : 1.0F;
    for (int channel = 0; channel < audio::kChannels; ++channel) {
      const auto from = static_cast<std::size_t>((first + i) * audio::kChannels + channel);
      to[static_cast<std::size_t>(i * audio::kChannels + channel)] =
          gain * (share * now[from] + (1.0F - share) * before[from]);
    }
  }
  return frames;
}

}  // namespace shelcaster::app
