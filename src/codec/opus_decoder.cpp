#include "codec/opus_decoder.hpp"

#include <opus.h>

#include <array>
#include <cstdlib>

#include "base/time.hpp"

namespace shelcaster::codec {
namespace {

constexpr int kConcealStepFrames = 120;

const unsigned char* data_of(base::ByteSpan payload) {
  return reinterpret_cast<const unsigned char*>(payload.data());
}

opus_int32 size_of(base::ByteSpan payload) { return static_cast<opus_int32>(payload.size()); }

}  // namespace

int opus_frames(base::ByteSpan payload) noexcept {
  if (payload.empty()) return 0;
  const int frames =
      opus_packet_get_nb_samples(data_of(payload), size_of(payload), base::kSampleRate);
  return frames > 0 && frames <= kOpusFramesMax ? frames : 0;
}

int opus_channels(base::ByteSpan payload) noexcept {
  return payload.empty() ? 0 : opus_packet_get_nb_channels(data_of(payload));
}

bool opus_has_fec(base::ByteSpan payload) noexcept {
  if (payload.empty()) return false;
  const auto toc = std::to_integer<unsigned>(payload[0]);
  const bool is_celt_only = (toc & 0x80U) != 0;
  if (is_celt_only) return false;

  std::array<const unsigned char*, 48> frames{};
  std::array<opus_int16, 48> sizes{};
  const int count = opus_packet_parse(data_of(payload), size_of(payload), nullptr, frames.data(),
                                      sizes.data(), nullptr);
  if (count <= 0 || sizes[0] == 0) return false;

  // A SILK frame starts with one voice-activity bit for each 20 ms, then the LBRR flag; the side
  // channel of a stereo packet repeats both (RFC 6716 §4.2.3).
  const int frame_samples = opus_packet_get_samples_per_frame(data_of(payload), base::kSampleRate);
  const int silk_frames = frame_samples > 960 ? frame_samples / 960 : 1;
  const unsigned first = frames[0][0];
  bool has_lbrr = (first >> (7 - silk_frames) & 1U) != 0;
  if (opus_packet_get_nb_channels(data_of(payload)) == 2) {
    has_lbrr = has_lbrr || (first >> (6 - 2 * silk_frames) & 1U) != 0;
  }
  return has_lbrr;
}

OpusDecoder::OpusDecoder(int channels)
    : channels_(channels),
      memory_((static_cast<std::size_t>(opus_decoder_get_size(2)) + sizeof(std::max_align_t) - 1) /
              sizeof(std::max_align_t)),
      decoder_(reinterpret_cast<::OpusDecoder*>(memory_.data())) {
  set_channels(channels);
}

void OpusDecoder::set_channels(int channels) noexcept {
  channels_ = channels;
  if (opus_decoder_init(decoder_, base::kSampleRate, channels) != OPUS_OK) std::abort();
}

bool OpusDecoder::fits(int frames, std::span<float> out) const noexcept {
  return frames > 0 && frames <= kOpusFramesMax && frames % kConcealStepFrames == 0 &&
         static_cast<std::size_t>(frames * channels_) <= out.size();
}

int OpusDecoder::decode(base::ByteSpan payload, std::span<float> out) noexcept {
  const int frames = opus_frames(payload);
  if (frames == 0 || static_cast<std::size_t>(frames * channels_) > out.size()) return 0;
  const int decoded =
      opus_decode_float(decoder_, data_of(payload), size_of(payload), out.data(), frames, 0);
  return decoded > 0 ? decoded : 0;
}

int OpusDecoder::decode_fec(base::ByteSpan next_payload, int frames,
                            std::span<float> out) noexcept {
  if (!fits(frames, out)) return 0;
  if (opus_frames(next_payload) == 0) return conceal(frames, out);
  const int decoded = opus_decode_float(decoder_, data_of(next_payload), size_of(next_payload),
                                        out.data(), frames, 1);
  return decoded > 0 ? decoded : conceal(frames, out);
}

int OpusDecoder::conceal(int frames, std::span<float> out) noexcept {
  if (!fits(frames, out)) return 0;
  const int decoded = opus_decode_float(decoder_, nullptr, 0, out.data(), frames, 0);
  return decoded > 0 ? decoded : 0;
}

void OpusDecoder::reset() noexcept { opus_decoder_ctl(decoder_, OPUS_RESET_STATE); }

}  // namespace shelcaster::codec
