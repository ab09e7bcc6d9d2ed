#include "rtc/jitter/pcm_queue.hpp"

#include <algorithm>
#include <array>

namespace shelcaster::rtc {

// From the end, since it is done in place; by eight, which the compiler does at once.
void mono_to_stereo(std::span<float> samples, int frames) noexcept {
  constexpr std::size_t kRun = 8;
  auto i = static_cast<std::size_t>(frames);
  for (; i % kRun != 0; --i) samples[2 * i - 1] = samples[2 * i - 2] = samples[i - 1];
  for (; i > 0; i -= kRun) {
    std::array<float, kRun> mono;
    std::copy_n(samples.begin() + static_cast<std::ptrdiff_t>(i - kRun), kRun, mono.begin());
    float* const to = samples.data() + 2 * (i - kRun);
    for (std::size_t k = 0; k < kRun; ++k) to[2 * k] = to[2 * k + 1] = mono[k];
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
