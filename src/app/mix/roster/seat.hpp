#pragma once

#include <array>
#include <cstddef>

#include "app/config/show_settings.hpp"
#include "audio/block.hpp"
#include "base/bytes.hpp"
#include "codec/opus_encoder.hpp"

namespace shelcaster::app {

/// Below so much, Opus' speech modes are worth their 4 ms of delay.
inline constexpr int kLowDelayBitrateBpsMin = 32'000;

/// Of the programme's return and of each person's own: there may be music in it.
inline codec::OpusEncoderConfig encoder_config(const ShowSettings& settings) {
  const auto channels = static_cast<int>(settings.returns_channels);
  const auto bitrate_bps = static_cast<int>(settings.returns_bitrate_bps);
  return {.channels = channels,
          .bitrate_bps = bitrate_bps,
          .complexity = static_cast<int>(settings.returns_complexity),
          .fec = true,
          .expected_loss_percent = 5,
          .speech = false,
          .low_delay = bitrate_bps >= kLowDelayBitrateBpsMin * channels};
}

/// One encoded frame; size 0: not encoded yet.
struct OpusPayload {
  std::array<std::byte, 1276> bytes;
  std::size_t size = 0;
  [[nodiscard]] base::ByteSpan span() const noexcept { return base::ByteSpan(bytes).first(size); }
};

/// What the floor keeps for one person: the encoder of their own return and the 20 ms of it that
/// are being gathered. Built and destroyed on the stage thread.
struct Seat {
  explicit Seat(const ShowSettings& settings) : encoder(encoder_config(settings)) {}

  codec::OpusEncoder encoder;
  std::array<float, 2 * audio::kBlockSamples> pcm{};  // two blocks; mono or interleaved stereo
  OpusPayload payload;
  /// The line whose microphone this seat hears; kNoLine while there is none.
  int microphone = -1;
  bool is_muted = false;
  bool is_faded_out = false;  // the personal fader is at zero
  /// For how many blocks nobody has been meant to hear it; until a fade is over somebody does.
  int unheard_blocks = 0;
  /// Decided once a frame of 20 ms, so that no packet mixes two returns.
  bool hears_own_return = false;
};

}  // namespace shelcaster::app
