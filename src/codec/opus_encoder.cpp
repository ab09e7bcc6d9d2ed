#include "codec/opus_encoder.hpp"

#include <opus.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "base/time.hpp"

namespace shelcaster::codec {

void OpusEncoder::Free::operator()(::OpusEncoder* encoder) const noexcept {
  opus_encoder_destroy(encoder);
}

OpusEncoder::OpusEncoder(const OpusEncoderConfig& config) : channels_(config.channels) {
  int error = OPUS_OK;
  if (config.speech && config.low_delay) std::abort();
  const int application = config.low_delay ? OPUS_APPLICATION_RESTRICTED_LOWDELAY
                          : config.speech  ? OPUS_APPLICATION_VOIP
                                           : OPUS_APPLICATION_AUDIO;
  encoder_.reset(opus_encoder_create(base::kSampleRate, config.channels, application, &error));
  if (error != OPUS_OK) std::abort();

  ::OpusEncoder* encoder = encoder_.get();
  const int signal = config.speech ? OPUS_SIGNAL_VOICE : OPUS_AUTO;
  const bool accepted =
      opus_encoder_ctl(encoder, OPUS_SET_BITRATE(config.bitrate_bps)) == OPUS_OK &&
      opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(config.complexity)) == OPUS_OK &&
      opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(config.fec ? 1 : 0)) == OPUS_OK &&
      opus_encoder_ctl(encoder, OPUS_SET_PACKET_LOSS_PERC(config.expected_loss_percent)) ==
          OPUS_OK &&
      opus_encoder_ctl(encoder, OPUS_SET_SIGNAL(signal)) == OPUS_OK;
  if (!accepted) std::abort();
}

std::size_t OpusEncoder::encode(std::span<const float> samples, std::span<std::byte> out) noexcept {
  if (samples.size() != static_cast<std::size_t>(kOpusEncodeFrames * channels_)) return 0;
  constexpr std::size_t kBytesMax = std::numeric_limits<opus_int32>::max();
  const auto room = static_cast<opus_int32>(std::min(out.size(), kBytesMax));
  const opus_int32 size = opus_encode_float(encoder_.get(), samples.data(), kOpusEncodeFrames,
                                            reinterpret_cast<unsigned char*>(out.data()), room);
  return size > 0 ? static_cast<std::size_t>(size) : 0;
}

void OpusEncoder::set_expected_loss_percent(int percent) noexcept {
  opus_encoder_ctl(encoder_.get(), OPUS_SET_PACKET_LOSS_PERC(std::clamp(percent, 0, 100)));
}

}  // namespace shelcaster::codec
