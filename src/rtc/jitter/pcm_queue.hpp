#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace shelcaster::rtc {

/// Decoded sound that waits to be played, interleaved, of one or two channels. Allocates in the
/// constructor only.
class PcmQueue {
 public:
  explicit PcmQueue(int frames_max) : samples_(2 * static_cast<std::size_t>(frames_max)) {}

  [[nodiscard]] int frames() const noexcept { return frames_; }
  [[nodiscard]] int channels() const noexcept { return channels_; }
  /// What `frames` of them are in samples.
  [[nodiscard]] std::size_t samples(int frames) const noexcept {
    return static_cast<std::size_t>(frames) * static_cast<std::size_t>(channels_);
  }

  /// Everything, first what waits and then the room after it.
  [[nodiscard]] std::span<float> all() noexcept { return samples_; }
  [[nodiscard]] std::span<const float> all() const noexcept { return samples_; }
  /// Behind the last frame: write there, then append().
  [[nodiscard]] std::span<float> room() noexcept {
    return std::span(samples_).subspan(samples(frames_));
  }
  void append(int frames) noexcept { frames_ += frames; }
  /// After all() was made shorter or longer in its place.
  void set_frames(int frames) noexcept { frames_ = frames; }

  /// What waits is kept: one channel is doubled, of two the left one stays.
  void set_channels(int channels) noexcept;

  void drop_front(int frames) noexcept;
  void clear() noexcept { frames_ = 0; }

 private:
  std::vector<float> samples_;
  int frames_ = 0;
  int channels_ = 1;
};

/// In place, `samples` being 2 × `frames`: one channel becomes two that are the same.
void mono_to_stereo(std::span<float> samples, int frames) noexcept;
/// In place: of two channels the left one is kept.
void stereo_to_left(std::span<float> samples, int frames) noexcept;

}  // namespace shelcaster::rtc
