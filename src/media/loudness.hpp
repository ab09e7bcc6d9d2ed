#pragma once

#include <memory>
#include <optional>
#include <span>

namespace shelcaster::media {

/// Integrated loudness and true peak of 48 kHz stereo (EBU R128, ITU-R BS.1770-4), by libebur128.
class LoudnessMeasurement {
 public:
  enum class Peak { kTrue, kNone };  // the true peak is most of the work

  explicit LoudnessMeasurement(Peak peak = Peak::kTrue);
  LoudnessMeasurement(LoudnessMeasurement&&) noexcept;
  LoudnessMeasurement& operator=(LoudnessMeasurement&&) noexcept;
  ~LoudnessMeasurement();

  void add(std::span<const float> interleaved);
  /// Nothing when all was below the gate (−70 LUFS) or shorter than 400 ms.
  [[nodiscard]] std::optional<double> integrated_lufs() const;
  /// The higher channel's; at least −120, which is also what is said with Peak::kNone.
  [[nodiscard]] double true_peak_db() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shelcaster::media
