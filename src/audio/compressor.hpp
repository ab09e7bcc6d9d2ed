#pragma once

#include "audio/block.hpp"
#include "audio/detail/gain_curve.hpp"

namespace shelcaster::audio {

struct CompressorSettings {
  bool enabled = true;
  float threshold_db = -20.0F;  // of sample peaks, dBFS
  float ratio = 4.0F;           // ≥ 1
};

/// Feed-forward compressor: soft knee of 6 dB, attack 10 ms, release 150 ms, both channels turned
/// down alike by the louder one, no make-up gain, no latency. The gain reduction is smoothed in dB
/// (the smooth, decoupled peak detector of Giannoulis, Massberg and Reiss, "Digital Dynamic Range
/// Compressor Design", JAES 2012), so switching it on or off or moving a setting makes no click.
class Compressor {
 public:
  explicit Compressor(const CompressorSettings& settings = {}) noexcept { set(settings); }

  void set(const CompressorSettings& settings) noexcept;
  void process(StereoBlock& block) noexcept;

  /// True if it would leave silence, or anything below the knee, as it is.
  [[nodiscard]] bool is_at_rest() const noexcept {
    return held_db_ == 0.0F && smoothed_db_ == 0.0F;
  }
  /// ≥ 0, at the end of the last block.
  [[nodiscard]] float gain_reduction_db() const noexcept { return smoothed_db_; }

 private:
  void want_reduction(detail::Curve& curve) const noexcept;

  CompressorSettings settings_;
  float knee_start_ = 1.0F;  // linear level below which nothing happens
  float slope_ = 0.0F;       // dB of reduction per dB over the threshold
  float held_db_ = 0.0F;     // after the release stage
  float smoothed_db_ = 0.0F;
  float gain_ = 1.0F;  // in force at the end of the last block
};

}  // namespace shelcaster::audio
