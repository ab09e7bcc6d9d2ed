#pragma once

#include "audio/block.hpp"

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

  /// ≥ 0, at the end of the last block.
  [[nodiscard]] float gain_reduction_db() const noexcept { return smoothed_db_; }

 private:
  [[nodiscard]] float wanted_reduction_db(float level) const noexcept;

  CompressorSettings settings_;
  float knee_start_ = 1.0F;  // linear level below which nothing happens
  float slope_ = 0.0F;       // dB of reduction per dB over the threshold
  float held_db_ = 0.0F;     // after the release stage
  float smoothed_db_ = 0.0F;
};

}  // namespace shelcaster::audio
