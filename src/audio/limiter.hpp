#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "audio/block.hpp"
#include "audio/detail/true_peak_detector.hpp"

namespace shelcaster::audio {

struct LimiterSettings {
  bool enabled = true;
  float ceiling_db = -1.0F;
};

enum class PeakDetection {
  kTruePeak,    // the waveform between the samples counts (ITU-R BS.1770-4 annex 2)
  kSamplePeak,  // a quarter of the work; overshoots in true peak by up to 3 dB on treble
};

/// Look-ahead limiter: nothing that it lets out is above the ceiling, and what is below passes
/// unchanged but late by latency_frames(). Both channels are turned down alike.
///
/// The gain is brought down over the look-ahead by a smooth curve that is there in time for the
/// peak, so attacks don't crackle. The release has two speeds: after a single peak the gain is back
/// to within 1 dB in a fifth of a second, while under steady limiting it rises slowly (1 s): it
/// neither pumps after a drum nor wobbles on a bass note.
///
/// Switched off it still delays. New settings hold for all that goes in afterwards. Allocates in
/// the constructor only.
class Limiter {
 public:
  /// Latency is `look_ahead_frames` (even, ≥ 16) + 32 for true peak, `look_ahead_frames` otherwise.
  Limiter(PeakDetection detection, int look_ahead_frames, const LimiterSettings& settings);

  void set(const LimiterSettings& settings) noexcept;
  void process(StereoBlock& block) noexcept;
  /// As if new, with the same settings.
  void reset() noexcept;

  [[nodiscard]] int latency_frames() const noexcept;
  /// ≥ 0, the strongest in the last block.
  [[nodiscard]] float gain_reduction_db() const noexcept;

 private:
  /// The smallest of the last `frames` values.
  class HoldMinimum {
   public:
    explicit HoldMinimum(std::size_t frames);
    float next(float value) noexcept;
    void reset() noexcept;

   private:
    struct Entry {
      std::size_t at;
      float value;
    };
    std::vector<Entry> ring_;  // rising values, a monotonic queue
    std::size_t frames_;
    std::size_t first_ = 0;
    std::size_t count_ = 0;
    std::size_t now_ = 0;
  };
  /// The mean of the last `frames` values, all ones before the first.
  class MovingMean {
   public:
    explicit MovingMean(std::size_t frames);
    float next(float value) noexcept;
    void reset() noexcept;

   private:
    std::vector<float> ring_;
    std::size_t at_ = 0;
    double sum_ = 0;
  };

  void find_peaks(const StereoBlock& block, std::span<float, kBlockFrames> peaks) noexcept;
  [[nodiscard]] float release(float held) noexcept;
  void delay(StereoBlock& block) noexcept;

  std::optional<detail::TruePeakDetector> true_peak_;
  std::size_t look_ahead_;
  bool enabled_ = true;
  float ceiling_ = 1.0F;  // linear
  HoldMinimum hold_;
  MovingMean smooth_first_;
  MovingMean smooth_second_;
  std::vector<float> delayed_;  // the last latency_frames() frames, interleaved
  std::vector<float> swap_;
  float released_ = 1.0F;
  float average_ = 1.0F;
  float lowest_ = 1.0F;
  std::size_t idle_frames_;  // since a peak was above the ceiling and the gain came back
};

}  // namespace shelcaster::audio
