#pragma once

#include <cstddef>
#include <memory>
#include <span>

struct OpusEncoder;

namespace shelcaster::codec {

/// 20 ms at 48 kHz: the only frame length that we send.
inline constexpr int kOpusEncodeFrames = 960;

struct OpusEncoderConfig {
  int channels = 2;
  int bitrate_bps = 96'000;
  /// 0–10. 5 costs 60 % of 10.
  int complexity = 5;
  /// In-band copies of the frame before. Opus has them in its speech modes alone, so `speech`
  /// decides whether there are any at more than about 32 kbit/s.
  bool fec = true;
  int expected_loss_percent = 5;
  /// Tune for speech; false for anything with music in it.
  bool speech = false;
  /// Without the speech modes, and so without the 4 ms that they would need to be changed to: sound
  /// comes 2.5 ms late instead of 6.5. Measured from 32 kbit/s a channel on: no error more, and the
  /// same processor time. Not together with `speech`.
  bool low_delay = false;
};

/// Allocates in the constructor only; not thread-safe. Aborts on a config that Opus refuses.
class OpusEncoder {
 public:
  explicit OpusEncoder(const OpusEncoderConfig& config);

  /// Encodes 960 frames, interleaved, and returns the packet's size in `out`; 0 if `samples` has
  /// another length. 1275 bytes are always enough, and a smaller `out` lowers the quality instead.
  std::size_t encode(std::span<const float> samples, std::span<std::byte> out) noexcept;

  /// 0–100: what the other side says it loses. More loss means more bits for FEC.
  void set_expected_loss_percent(int percent) noexcept;

 private:
  struct Free {
    void operator()(::OpusEncoder* encoder) const noexcept;
  };

  int channels_;
  std::unique_ptr<::OpusEncoder, Free> encoder_;
};

}  // namespace shelcaster::codec
