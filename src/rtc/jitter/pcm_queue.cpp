#include "rtc/jitter/pcm_queue.hpp"

#include <algorithm>

namespace shelcaster::rtc {

void mono_to_stereo(std::span<float> samples, int frames) noexcept {
  for (auto i = static_cast<std::size_t>(frames); i-- > 0;) {
    samples[2 * i + 1] = samples[i];
    samples[2 * i] = samples[i];
  }
}

void stereo_to_left(std::span<float> samples, int frames) noexcept {
  for (std::size_t i = 0; i < static_cast<std::size_t>(frames); ++i) samples[i] = samples[2 * i];
}

void PcmQueue::set_channels(int channels) noexcept {
  if (channels == channels_) return;
  if (channels == 2) {
    mono_to_stereo(samples_, frames_);
  } else {
    stereo_to_left(samples_, frames_);
  }
  channels_ = channels;
}

void PcmQueue::drop_front(int frames) noexcept {
  const auto begin = samples_.begin();
  std::copy(begin + static_cast<std::ptrdiff_t>(samples(frames)),
            begin + static_cast<std::ptrdiff_t>(samples(frames_)), begin);
  frames_ -= frames;
}

}  // namespace shelcaster::rtc
