#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "audio/block.hpp"
#include "audio/detail/gain_curve.hpp"
#include "audio/detail/true_peak_detector.hpp"
#include "base/state_io.hpp"

namespace shelcaster::audio {

struct LimiterSettings {
  bool enabled = true;
  float ceiling_db = -1.0F;
};

enum class PeakDetection {
  kTruePeak,    // the waveform between the samples counts (ITU-R BS.1770-4 annex 2)
  kSamplePeak,  // less work; overshoots in true peak by up to 3 dB on treble
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
/// the constructor only. While nothing is near the ceiling it costs little more than its delay.
class Limiter {
 public:
  /// Latency is `look_ahead_frames` (a multiple of 4, 16 … 128) + 32 for true peak,
  /// `look_ahead_frames` otherwise.
  Limiter(PeakDetection detection, int look_ahead_frames, const LimiterSettings& settings);

  void set(const LimiterSettings& settings) noexcept;
  void process(StereoBlock& block) noexcept;
  /// As if new, with the same settings.
  void reset() noexcept;

  /// All but the settings. What restored it goes on to the same bits; `from` comes from a limiter
  /// that was made alike.
  void save(base::StateWriter& to) const noexcept;
  void restore(base::StateReader& from) noexcept;

  [[nodiscard]] int latency_frames() const noexcept;
  /// ≥ 0, the strongest in the last block.
  [[nodiscard]] float gain_reduction_db() const noexcept;
  /// True if a block of zeros would come out as zeros and change nothing.
  [[nodiscard]] bool is_silent() const noexcept { return is_delaying_silence_ && average_ == 1.0F; }

 private:
  [[nodiscard]] bool is_at_rest() const noexcept { return steps_at_rest_ >= steps_to_rest_; }
  void hold_minimum(detail::Curve& wanted) noexcept;
  void release(detail::Curve& held) noexcept;
  void smooth(detail::Curve& released) noexcept;
  void delay(StereoBlock& block) noexcept;

  std::optional<detail::TruePeakDetector> true_peak_;
  std::size_t look_ahead_;  // in steps of the gain curve, as all that follows
  std::size_t mean_first_;  // the lengths of the two means that make the gain's way down smooth
  std::size_t mean_second_;
  std::size_t steps_to_rest_;
  bool enabled_ = true;
  float ceiling_ = 1.0F;         // linear
  std::vector<float> wanted_;    // the last look_ahead_ gains that peaks asked for
  std::vector<float> released_;  // the last that the means need
  std::vector<float> delayed_;   // the last latency_frames() frames, interleaved
  std::vector<float> swap_;
  bool is_delaying_silence_ = true;
  float gain_ = 1.0F;  // in force at the end of the last block
  float average_ = 1.0F;
  float lowest_ = 1.0F;
  std::size_t steps_at_rest_ = 0;  // since a peak was above the ceiling and the gain came back
};

}  // namespace shelcaster::audio
