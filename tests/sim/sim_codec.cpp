// The codec of the simulated world: it defines the classes of src/codec, and is linked in their
// place. Real Opus costs 100 µs a frame and a two-hour show of ten people has four million of them;
// this one costs about one. What it sends looks like Opus from outside (table-of-contents byte,
// 20 ms, a copy of the frame before for FEC, packets of one byte in a pause), inside are samples
// at 8 kHz: sound up to 3 kHz comes through, in mono.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>

#include "codec/opus_decoder.hpp"
#include "codec/opus_encoder.hpp"

namespace {

constexpr std::size_t kStep = 6;  // 48 kHz to 8 kHz
constexpr std::size_t kLowFrames = 960 / kStep;
constexpr std::size_t kFecFrames = kLowFrames / 2;
constexpr std::size_t kHeaderBytes = 2;
constexpr std::size_t kPlainBytes = kHeaderBytes + 2 * kLowFrames;
constexpr std::size_t kFecBytes = kPlainBytes + 2 * kFecFrames;
// RFC 6716 §3.1: SILK-only, wide band, 20 ms, one frame; the third bit is for stereo.
constexpr unsigned kTableOfContents = 0x48;
constexpr unsigned kStereoBit = 0x04;
constexpr float kFullScale = 32'767.0F;
// Per 20 ms of concealment; below the floor it is silence.
constexpr float kConcealFade = 0.7F;
constexpr float kConcealFloor = 0.02F;

using LowFrame = std::array<std::int16_t, kLowFrames>;

std::int16_t quantised(float sample) {
  const float scaled = std::clamp(sample, -1.0F, 1.0F) * kFullScale;
  return static_cast<std::int16_t>(scaled + std::copysign(0.5F, scaled));
}

}  // namespace

struct OpusEncoder {
  int channels = 1;
  bool has_fec = false;
  LowFrame before{};
};

struct OpusDecoder {
  int channels = 2;
  LowFrame last{};
  /// What is being made up when it isn't the last frame to its end.
  bool is_making_up = false;
  std::size_t repeat_at = 0;
  float gain = 0.0F;
  std::array<float, 3> history{};

  /// 6 × low.size() frames, by cubic interpolation through the samples (Catmull and Rom), while the
  /// gain goes evenly to `to`.
  void play(std::span<const float> low, float to, std::span<float> out);
};
static_assert(std::is_trivially_destructible_v<OpusDecoder>, "it lives in plain memory");

/// What of each of four samples is in the six that stand from the second on (and in two more, for
/// the width of the processor's registers).
constexpr auto kSpline = [] {
  std::array<std::array<float, 8>, 4> weights{};
  for (std::size_t phase = 0; phase < 8; ++phase) {
    const float x = static_cast<float>(phase) / static_cast<float>(kStep);
    weights[0][phase] = x * (-0.5F + x * (1.0F - 0.5F * x));
    weights[1][phase] = 1.0F + x * x * (-2.5F + 1.5F * x);
    weights[2][phase] = x * (0.5F + x * (2.0F - 1.5F * x));
    weights[3][phase] = x * x * (-0.5F + 0.5F * x);
  }
  return weights;
}();

void OpusDecoder::play(std::span<const float> low, float to, std::span<float> out) {
  const float gain_step = (to - gain) / static_cast<float>(low.size());
  std::array<float, 8> run;
  float* at = out.data();
  for (const float next : low) {
    gain += gain_step;
    const float last_in = next * gain;
    const auto [a, b, c] = history;
    for (std::size_t k = 0; k < run.size(); ++k) {
      run[k] = a * kSpline[0][k] + b * kSpline[1][k] + c * kSpline[2][k] + last_in * kSpline[3][k];
    }
    for (std::size_t phase = 0; phase < kStep; ++phase) {
      *at++ = run[phase];
      if (channels == 2) *at++ = run[phase];
    }
    history = {b, c, last_in};
  }
  gain = to;
}

namespace shelcaster::codec {
namespace {

void read_low(base::ByteSpan bytes, std::span<std::int16_t> out) {
  std::memcpy(out.data(), bytes.data(), out.size_bytes());
}

/// Plays `frame` from `from` on. After something that was made up it comes in over 5 ms, since its
/// phase is another one: Opus is as gentle.
void play_frame(::OpusDecoder& decoder, const LowFrame& frame, std::size_t from,
                std::span<float> out) {
  constexpr std::size_t kBlend = 40;
  std::array<float, kLowFrames> low{};
  for (std::size_t i = from; i < kLowFrames; ++i) {
    low[i - from] = static_cast<float>(frame[i]) / kFullScale;
  }
  for (std::size_t i = 0; decoder.is_making_up && i < std::min(kBlend, kLowFrames - from); ++i) {
    const float weight = static_cast<float>(i) / static_cast<float>(kBlend);
    const float old =
        static_cast<float>(decoder.last[(decoder.repeat_at + i) % kLowFrames]) / kFullScale;
    low[i] = weight * low[i] + (1 - weight) * old;
  }
  decoder.last = frame;
  decoder.repeat_at = 0;
  decoder.is_making_up = false;
  decoder.play(std::span(low).first(kLowFrames - from), 1.0F, out);
}

bool is_pause(base::ByteSpan payload) { return payload.size() <= kHeaderBytes; }

}  // namespace

int opus_frames(base::ByteSpan payload) noexcept {
  const bool has_size =
      payload.size() == kPlainBytes || payload.size() == kFecBytes || payload.size() == 1;
  if (!has_size) return 0;
  const auto toc = std::to_integer<unsigned>(payload[0]);
  return (toc & ~kStereoBit) == kTableOfContents ? kOpusEncodeFrames : 0;
}

bool opus_has_fec(base::ByteSpan payload) noexcept { return payload.size() == kFecBytes; }

int opus_channels(base::ByteSpan payload) noexcept {
  if (payload.empty()) return 0;
  return (std::to_integer<unsigned>(payload[0]) & kStereoBit) != 0 ? 2 : 1;
}

OpusDecoder::OpusDecoder(int channels)
    : channels_(channels),
      memory_((sizeof(::OpusDecoder) + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t)),
      decoder_(new (memory_.data())::OpusDecoder) {
  decoder_->channels = channels;
}

void OpusDecoder::set_channels(int channels) noexcept {
  channels_ = channels;
  *decoder_ = {};
  decoder_->channels = channels;
}

bool OpusDecoder::fits(int frames, std::span<float> out) const noexcept {
  return frames > 0 && frames <= kOpusFramesMax && frames % 120 == 0 &&
         static_cast<std::size_t>(frames * channels_) <= out.size();
}

int OpusDecoder::decode(base::ByteSpan payload, std::span<float> out) noexcept {
  const int frames = opus_frames(payload);
  if (frames == 0 || static_cast<std::size_t>(frames * channels_) > out.size()) return 0;
  LowFrame frame{};
  if (!is_pause(payload)) read_low(payload.subspan(kHeaderBytes), frame);
  play_frame(*decoder_, frame, 0, out);
  return frames;
}

int OpusDecoder::decode_fec(base::ByteSpan next_payload, int frames,
                            std::span<float> out) noexcept {
  if (!fits(frames, out)) return 0;
  if (!opus_has_fec(next_payload)) return conceal(frames, out);
  int made_up = 0;
  if (frames > kOpusEncodeFrames) {
    made_up = frames - kOpusEncodeFrames;
    (void)conceal(made_up, out);
    out = out.subspan(static_cast<std::size_t>(made_up * channels_));
  }
  std::array<std::int16_t, kFecFrames> copy{};
  read_low(next_payload.subspan(kPlainBytes), copy);
  LowFrame frame{};
  for (std::size_t i = 0; i < kLowFrames; ++i) {
    const int a = copy[i / 2];
    const int b = copy[std::min(i / 2 + 1, kFecFrames - 1)];
    frame[i] = static_cast<std::int16_t>(i % 2 == 0 ? a : (a + b) / 2);
  }
  const auto wanted = static_cast<std::size_t>(frames - made_up) / kStep;
  play_frame(*decoder_, frame, kLowFrames - wanted, out);
  return frames;
}

int OpusDecoder::conceal(int frames, std::span<float> out) noexcept {
  if (!fits(frames, out)) return 0;
  decoder_->is_making_up = true;
  std::array<float, 120 / kStep> low{};
  for (int done = 0; done < frames; done += 120) {
    for (float& sample : low) {
      sample = static_cast<float>(decoder_->last[decoder_->repeat_at]) / kFullScale;
      decoder_->repeat_at = (decoder_->repeat_at + 1) % kLowFrames;
    }
    const float faded = decoder_->gain * (1.0F - (1.0F - kConcealFade) / 8.0F);
    decoder_->play(low, faded < kConcealFloor ? 0.0F : faded,
                   out.subspan(static_cast<std::size_t>(done * channels_)));
  }
  return frames;
}

void OpusDecoder::reset() noexcept { set_channels(channels_); }

void OpusEncoder::Free::operator()(::OpusEncoder* encoder) const noexcept { delete encoder; }

OpusEncoder::OpusEncoder(const OpusEncoderConfig& config)
    : channels_(config.channels), encoder_(new ::OpusEncoder) {
  encoder_->channels = config.channels;
  // As Opus does: copies are a matter of its speech modes.
  encoder_->has_fec = config.fec && config.speech && config.expected_loss_percent > 0;
}

std::size_t OpusEncoder::encode(std::span<const float> samples, std::span<std::byte> out) noexcept {
  if (samples.size() != static_cast<std::size_t>(kOpusEncodeFrames * channels_)) return 0;
  const std::size_t size = encoder_->has_fec ? kFecBytes : kPlainBytes;
  if (out.size() < size) return 0;
  LowFrame low;
  for (std::size_t i = 0; i < kLowFrames; ++i) {
    const std::size_t at = i * kStep * static_cast<std::size_t>(channels_);
    low[i] = quantised(channels_ == 2 ? 0.5F * (samples[at] + samples[at + 1]) : samples[at]);
  }
  out[0] = static_cast<std::byte>(kTableOfContents | (channels_ == 2 ? kStereoBit : 0U));
  out[1] = std::byte{0};
  std::memcpy(&out[kHeaderBytes], low.data(), sizeof(low));
  if (encoder_->has_fec) {
    std::array<std::int16_t, kFecFrames> copy{};
    for (std::size_t i = 0; i < kFecFrames; ++i) copy[i] = encoder_->before[2 * i];
    std::memcpy(&out[kPlainBytes], copy.data(), sizeof(copy));
  }
  encoder_->before = low;
  return size;
}

void OpusEncoder::set_expected_loss_percent(int) noexcept {}

}  // namespace shelcaster::codec
