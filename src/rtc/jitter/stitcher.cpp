#include "rtc/jitter/stitcher.hpp"

#include <algorithm>

namespace shelcaster::rtc {
namespace {

constexpr std::int64_t kFadeFromFrames = 60 * 48;
constexpr std::int64_t kFadeFrames = 60 * 48;
constexpr std::int64_t kPauseFadeFromFrames = 48'000;

}  // namespace

Stitcher::Stitcher(FrameDecoder& decoder, PcmQueue& pcm) noexcept : decoder_(decoder), pcm_(pcm) {
  pcm_.set_channels(decoder_.channels());
}

void Stitcher::restart() noexcept {
  decoder_.reset(decoder_.channels());
  is_cut_ = false;
  has_tail_ = false;
  gain_ = 0.0F;
  concealed_run_ = kInactiveFrames;
}

void Stitcher::save(base::StateWriter& to) const noexcept {
  to.put(is_cut_);
  to.put(concealed_run_);
  to.put(gain_);
}

void Stitcher::restore(base::StateReader& from) noexcept {
  from.get(is_cut_);
  from.get(concealed_run_);
  from.get(gain_);
  has_tail_ = false;
  is_bent_ = true;
}

/// The step from where the queue's last two frames lead to, to the first frame of `at`, dies away.
void Stitcher::bend_to_queue(std::span<float> at, int frames) noexcept {
  is_bent_ = false;
  if (pcm_.frames() < 2) return;
  const std::size_t channels = pcm_.samples(1);
  const std::span<const float> last =
      pcm_.all().subspan(pcm_.samples(pcm_.frames() - 2), 2 * channels);
  const int length = std::min(frames, kFadeInFrames);
  for (std::size_t c = 0; c < channels; ++c) {
    const float step = 2 * last[channels + c] - last[c] - at[c];
    for (int i = 0; i < length; ++i) {
      const float left = 1.0F - static_cast<float>(i + 1) / static_cast<float>(length);
      at[pcm_.samples(i) + c] += step * left * left;
    }
  }
}

bool Stitcher::decode(base::ByteSpan payload, int frames, int skipped) noexcept {
  if (skipped > 0) cut();
  prepare(payload);
  const std::span<float> at = pcm_.room();
  if (decoder_.decode(payload, at) != frames) {
    has_tail_ = false;
    return false;
  }
  const int kept = frames - skipped;
  std::ranges::copy(at.subspan(pcm_.samples(skipped), pcm_.samples(kept)), at.begin());
  append_received(kept);
  return true;
}

bool Stitcher::recover(base::ByteSpan next_payload, int frames, int wanted) noexcept {
  if (wanted < frames) cut();
  prepare(next_payload);
  const std::span<float> at = pcm_.room();
  if (decoder_.decode_fec(next_payload, frames, at) != frames) {
    has_tail_ = false;
    return false;
  }
  const int unwanted = frames - wanted;
  std::ranges::copy(at.subspan(pcm_.samples(unwanted), pcm_.samples(wanted)), at.begin());
  append_received(wanted);
  return true;
}

void Stitcher::prepare(base::ByteSpan payload) noexcept {
  const int channels = decoder_.channels_for(payload);
  if (channels == decoder_.channels()) {
    take_tail();
    return;
  }
  cut();
  take_tail();
  decoder_.reset(channels);
  if (has_tail_ && channels == 2) mono_to_stereo(tail_, kFadeInFrames);
  if (has_tail_ && channels == 1) stereo_to_left(tail_, kFadeInFrames);
  pcm_.set_channels(channels);
}

void Stitcher::take_tail() noexcept {
  has_tail_ = is_cut_ && is_audible() && decoder_.conceal(kFadeInFrames, tail_) == kFadeInFrames;
  if (has_tail_ && is_bent_) bend_to_queue(tail_, kFadeInFrames);
  is_cut_ = false;
}

// `frames` received ones stand behind the queue's end: fade them in over what went before.
void Stitcher::append_received(int frames) noexcept {
  const bool is_faded = has_tail_ || gain_ < 1.0F;
  const int overlap = is_faded ? std::min(kFadeInFrames, frames) : 0;
  const std::span<float> at = pcm_.room();
  const std::size_t channels = pcm_.samples(1);
  for (std::size_t k = 0; k < pcm_.samples(overlap); ++k) {
    const float weight = static_cast<float>(k / channels) / static_cast<float>(overlap);
    const float old = has_tail_ ? tail_[k] : at[k];
    at[k] = old * gain_ * (1 - weight) + at[k] * weight;
  }
  if (is_bent_) bend_to_queue(at, frames);
  has_tail_ = false;
  gain_ = 1.0F;
  concealed_run_ = 0;
  pcm_.append(frames);
}

bool Stitcher::conceal(int frames, bool is_pause) noexcept {
  const std::int64_t fade_from = is_pause ? kPauseFadeFromFrames : kFadeFromFrames;
  const std::int64_t fade_until = fade_from + kFadeFrames;
  const std::span<float> at = pcm_.room();
  const int whole = (frames + FrameDecoder::kStepFrames - 1) / FrameDecoder::kStepFrames *
                    FrameDecoder::kStepFrames;
  const bool may_be_heard = is_audible() && concealed_run_ < fade_until;
  if (!may_be_heard || decoder_.conceal(whole, at) < frames) {
    append_silence(frames);
    return false;
  }
  const bool is_whole = gain_ == 1.0F && concealed_run_ + frames <= fade_from;
  if (!is_whole) fade(at, frames, fade_from);
  if (is_bent_) bend_to_queue(at, frames);
  concealed_run_ += frames;
  pcm_.append(frames);
  return true;
}

void Stitcher::fade(std::span<float> at, int frames, std::int64_t fade_from) noexcept {
  const std::size_t channels = pcm_.samples(1);
  for (int i = 0; i < frames; ++i) {
    const std::int64_t run = concealed_run_ + i;
    if (run >= fade_from) {
      const auto left = static_cast<float>(fade_from + kFadeFrames - run);
      gain_ = std::clamp(left / static_cast<float>(kFadeFrames), 0.0F, gain_);
    }
    for (float& sample : at.subspan(pcm_.samples(i), channels)) sample *= gain_;
  }
}

void Stitcher::append_silence(int frames) noexcept {
  std::ranges::fill(pcm_.room().first(pcm_.samples(frames)), 0.0F);
  gain_ = 0.0F;
  concealed_run_ += frames;
  pcm_.append(frames);
}

}  // namespace shelcaster::rtc
