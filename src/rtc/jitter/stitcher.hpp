#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/state_io.hpp"
#include "rtc/jitter/frame_decoder.hpp"
#include "rtc/jitter/pcm_queue.hpp"

namespace shelcaster::rtc {

/// Makes one continuous sound of what is decoded, recovered and made up, at the end of a PcmQueue.
/// Where two pieces don't go on from each other it asks the decoder how the first would have gone
/// on, and fades that out below the second; what is made up fades to silence in the end.
class Stitcher {
 public:
  static constexpr std::int64_t kInactiveFrames = 9'600;  // 200 ms

  /// Both outlive it.
  Stitcher(FrameDecoder& decoder, PcmQueue& pcm) noexcept;

  /// What comes next doesn't go on from what came last.
  void cut() noexcept { is_cut_ = true; }
  /// The decoder forgets, and what comes next fades in from silence.
  void restart() noexcept;

  /// Appends a packet of `frames` without its first `skipped`. False: it was malformed, and nothing
  /// was appended.
  bool decode(base::ByteSpan payload, int frames, int skipped) noexcept;
  /// Appends the last `wanted` frames of the packet before `next_payload`, which lasts `frames` and
  /// has a copy of it.
  bool recover(base::ByteSpan next_payload, int frames, int wanted) noexcept;
  /// Appends something likely. It fades out after 60 ms, in a sender's pause after a second:
  /// senders in DTX tell of their background noise every 400 ms (RFC 7587 §3.1.3), and the decoder
  /// goes on with that. False: it is silence by now.
  bool conceal(int frames, bool is_pause) noexcept;
  /// Appends silence without asking the decoder.
  void append_silence(int frames) noexcept;

  /// Goes on from the end of the queue where another process was. What the decoder gives now is
  /// nearly what the one before would have given, and less so if that one had begun to make
  /// something up: the first piece is bent to the queue's end.
  void restore(base::StateReader& from) noexcept;
  void save(base::StateWriter& to) const noexcept;

  [[nodiscard]] bool is_audible() const noexcept { return gain_ > 0.0F; }
  /// Made up since the last frame that was received.
  [[nodiscard]] std::int64_t concealed_run_frames() const noexcept { return concealed_run_; }

 private:
  static constexpr int kFadeInFrames = 240;

  void prepare(base::ByteSpan payload) noexcept;
  void take_tail() noexcept;
  void append_received(int frames) noexcept;
  void bend_to_queue(std::span<float> at, int frames) noexcept;
  void fade(std::span<float> at, int frames, std::int64_t fade_from) noexcept;

  FrameDecoder& decoder_;
  PcmQueue& pcm_;
  bool is_cut_ = false;
  bool has_tail_ = false;
  bool is_bent_ = false;
  std::array<float, 2 * kFadeInFrames> tail_{};
  std::int64_t concealed_run_ = kInactiveFrames;
  float gain_ = 0.0F;
};

}  // namespace shelcaster::rtc
