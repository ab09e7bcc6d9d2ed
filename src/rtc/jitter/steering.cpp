#include "rtc/jitter/steering.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/time.hpp"
#include "rtc/jitter/time_scale.hpp"

namespace shelcaster::rtc {
namespace {

constexpr std::int64_t kTicksPerMs = base::kSampleRate / 1000;

/// Between the two nothing is cut or put in, or every flutter of the target would be.
constexpr std::int64_t kExcessTicksMin = 8 * kTicksPerMs;
constexpr std::int64_t kDeficitTicksMin = 5 * kTicksPerMs;

constexpr int kOverlapFrames = 480;
constexpr int kShortOverlapFrames = 240;
constexpr int kPauseCutFramesMax = 1440;
static_assert(kPauseCutFramesMax + kOverlapFrames <= Steering::kAheadFramesMax);

/// A pause is 32 dB below what was loud lately, or below −60 dBFS.
constexpr float kPauseShare = 0.00063F;
constexpr float kSilentMeanSquare = 1e-6F;
constexpr float kLoudnessFall = 0.9977F;

/// How bold to be.
struct Manner {
  std::int64_t excess_min;
  float correlation_min;
  int blocks_between;
  /// After so many blocks without a good place any will do.
  int patience_blocks;
};
constexpr Manner kManners[] = {
    {150 * kTicksPerMs, 0.4F, 2, 30},
    {60 * kTicksPerMs, 0.75F, 3, 100},
    {25 * kTicksPerMs, 0.88F, 5, 1'000'000},
    {0, 0.93F, 8, 1'000'000},
};

const Manner& manner_for(std::int64_t excess) noexcept {
  return *std::find_if(std::begin(kManners), std::end(kManners) - 1,
                       [&](const Manner& m) { return excess >= m.excess_min; });
}

/// In eight sums, so that the compiler may use the processor's wide registers.
float mean_square(std::span<const float> samples) noexcept {
  std::array<float, 8> sums{};
  std::size_t i = 0;
  for (; i + sums.size() <= samples.size(); i += sums.size()) {
    for (std::size_t lane = 0; lane < sums.size(); ++lane) {
      sums[lane] += samples[i + lane] * samples[i + lane];
    }
  }
  float sum = 0;
  for (; i < samples.size(); ++i) sum += samples[i] * samples[i];
  for (const float lane : sums) sum += lane;
  return sum / static_cast<float>(std::max<std::size_t>(samples.size(), 1));
}

}  // namespace

void Steering::note_block(PcmQueue& pcm, int frames) noexcept {
  const float now = mean_square(pcm.all().first(pcm.samples(frames)));
  loudness_ = std::max(now, loudness_ * kLoudnessFall);
  ++blocks_since_change_;
}

bool Steering::is_pause(PcmQueue& pcm, int frames) const noexcept {
  constexpr int kPieceFrames = 120;
  const float quiet = std::max(kSilentMeanSquare, loudness_ * kPauseShare);
  for (int at = 0; at < frames; at += kPieceFrames) {
    const int piece = std::min(kPieceFrames, frames - at);
    if (mean_square(pcm.all().subspan(pcm.samples(at), pcm.samples(piece))) > quiet) return false;
  }
  return true;
}

int Steering::frames_to_shorten(std::int64_t excess) const noexcept {
  if (excess <= kExcessTicksMin) return 0;
  const auto wanted = static_cast<int>(std::min<std::int64_t>(excess, kPauseCutFramesMax));
  return std::max(wanted, kLagFramesMax) + kOverlapFrames;
}

int Steering::shorten(std::int64_t excess, int frames_min, PcmQueue& pcm) noexcept {
  const int most = static_cast<int>(
      std::min<std::int64_t>(excess, pcm.frames() - std::max(frames_min, kOverlapFrames)));
  if (most < kLagFramesMin) return 0;
  const auto cut = [&](int lag) {
    pcm.set_frames(remove_lag(pcm.all(), pcm.channels(), pcm.frames(), lag, kOverlapFrames));
    blocks_since_change_ = 0;
    return lag;
  };
  const int pause_cut = std::min(most, kPauseCutFramesMax);
  if (is_pause(pcm, pause_cut + kOverlapFrames)) return cut(pause_cut);

  const Manner& manner = manner_for(excess);
  if (blocks_since_change_ < manner.blocks_between) return 0;
  const Likeness likeness =
      find_lag(pcm.all(), pcm.channels(), std::min(most, kLagFramesMax), kOverlapFrames);
  const bool is_alike = likeness.correlation >= manner.correlation_min ||
                        blocks_since_change_ > manner.patience_blocks;
  return likeness.lag > 0 && is_alike ? cut(likeness.lag) : 0;
}

int Steering::lengthen(std::int64_t excess, PcmQueue& pcm) noexcept {
  constexpr float kCorrelationMin = 0.7F;
  constexpr std::int64_t kFarTicks = 20 * kTicksPerMs;
  if (excess >= -kDeficitTicksMin) return 0;
  if (blocks_since_change_ < (excess < -kFarTicks ? 3 : 8)) return 0;
  const auto wanted = std::max<std::int64_t>(-excess, std::int64_t{2} * kLagFramesMin);
  const int most = static_cast<int>(
      std::min<std::int64_t>({kLagFramesMax, wanted, pcm.frames() - kShortOverlapFrames}));
  if (most < kLagFramesMin) return 0;
  const Likeness likeness = find_lag(pcm.all(), pcm.channels(), most, kShortOverlapFrames);
  const bool is_alike =
      likeness.correlation >= kCorrelationMin || is_pause(pcm, most + kShortOverlapFrames);
  if (likeness.lag == 0 || !is_alike) return 0;
  pcm.set_frames(
      insert_lag(pcm.all(), pcm.channels(), pcm.frames(), likeness.lag, kShortOverlapFrames));
  blocks_since_change_ = 0;
  return likeness.lag;
}

double Steering::speed_ppm(std::int64_t excess) noexcept {
  constexpr double kAimMs = 2;
  constexpr double kBeginMs = 4;
  constexpr double kEndMs = 0.5;
  constexpr double kPpmPerMs = 60;
  constexpr double kPpmMax = 500;
  const double off_ms = static_cast<double>(excess) / kTicksPerMs - kAimMs;
  is_nudging_ = std::abs(off_ms) > (is_nudging_ ? kEndMs : kBeginMs);
  return is_nudging_ ? std::clamp(off_ms * kPpmPerMs, -kPpmMax, kPpmMax) : 0.0;
}

}  // namespace shelcaster::rtc
