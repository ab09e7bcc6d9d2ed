// The half of JitterBuffer that makes sound: the packet that is due, or something in its place.
#include <algorithm>

#include "rtc/jitter/jitter_buffer.hpp"

namespace shelcaster::rtc {
namespace {

constexpr std::int64_t kTicksPerMs = base::kSampleRate / 1000;

/// In its first two seconds a stream that is further behind than this jumps: it is a queue that
/// built up before the line stood, and nobody is in the middle of a sentence.
constexpr int kYoungBlocks = 200;
constexpr std::int64_t kYoungExcessTicks = 60 * kTicksPerMs;
/// After that long without a packet the next ones start anew.
constexpr std::int64_t kGoneFrames = base::kSampleRate;
constexpr std::size_t kDtxPayloadBytesMax = 2;
/// So long what is made up resembles what was said.
constexpr std::int64_t kLikelyFrames = 60 * kTicksPerMs;

/// What a call of the decoder costs beside its frames, in frames.
constexpr int kCallFrames = 240;

}  // namespace

bool JitterBuffer::may_spend(int frames) noexcept {
  const int cost = frames + kCallFrames;
  if (budget_frames_ < cost) return false;
  budget_frames_ -= cost;
  return true;
}

// Adds at least one frame to pcm_, takes a packet out of the queue, or moves next_ towards it.
void JitterBuffer::produce() noexcept {
  if (!is_playing_) {
    conceal(kBlockFrames, false);
    return;
  }
  skip_to_bound();
  while (!queue_.empty() && queue_.front().time + queue_.front().frames <= next_) queue_.pop();
  if (queue_.empty()) {
    hold();
    return;
  }
  const std::int64_t gap = queue_.front().time - next_;
  if (gap > 0) {
    bridge_gap(gap);
  } else {
    decode_front();
  }
}

void JitterBuffer::skip_to_bound() noexcept {
  const std::int64_t delay = delay_of(next_);
  if (queue_.empty()) {
    if (delay > delay_ticks_max_) next_ = next_ + (delay - delay_ticks_max_);
    return;
  }
  const bool is_young = blocks_played_ < kYoungBlocks;
  const std::int64_t target = target_ticks();
  const std::int64_t bound =
      is_young ? std::min(target + kYoungExcessTicks, delay_ticks_max_) : delay_ticks_max_;
  if (delay <= bound) return;
  stats_.skipped_frames += static_cast<std::uint64_t>(delay - target);
  next_ = next_ + (delay - target);
  stitcher_.cut();
}

void JitterBuffer::decode_front() noexcept {
  const PacketQueue::Packet& packet = queue_.front();
  const int skipped = static_cast<int>(next_ - packet.time);
  const int frames = packet.frames;
  held_frames_ = 0;
  next_ = packet.time + frames;
  last_sequence_ = packet.sequence;
  if (!may_spend(frames)) {
    stats_.skipped_frames += static_cast<std::uint64_t>(frames - skipped);
    stitcher_.append_silence(frames - skipped);
  } else if (stitcher_.decode(packet.payload, frames, skipped)) {
    is_sender_silent_ = packet.payload.size() <= kDtxPayloadBytesMax;
  } else {
    ++stats_.malformed_packets;
    conceal(frames - skipped, true);
  }
  queue_.pop();
}

void JitterBuffer::bridge_gap(std::int64_t gap) noexcept {
  const PacketQueue::Packet& packet = queue_.front();
  const bool is_loss = packet.sequence != last_sequence_ + 1;
  const bool has_fec = is_loss && decoder_.has_fec(packet.payload);
  if (has_fec && gap <= packet.frames && may_spend(packet.frames) &&
      stitcher_.recover(packet.payload, packet.frames, static_cast<int>(gap))) {
    stats_.fec_frames += static_cast<std::uint64_t>(gap);
    next_ = packet.time;
    held_frames_ = 0;
    return;
  }
  if (const std::int64_t left_out = std::min(gap, may_leave_out(is_loss)); left_out > 0) {
    next_ = next_ + left_out;
    held_frames_ = std::max<std::int64_t>(held_frames_ - left_out, 0);
    stitcher_.cut();
    return;
  }
  const std::int64_t before_fec = has_fec ? gap - packet.frames : gap;
  const std::int64_t filled =
      std::min<std::int64_t>(kBlockFrames, before_fec > 0 ? before_fec : gap);
  // The decoder makes up whole steps. Half of one kept would leave it ahead of what was played, and
  // the next piece wouldn't go on from this one; so the delay changes by the millisecond instead.
  const auto steps =
      static_cast<int>((filled + FrameDecoder::kStepFrames / 2) / FrameDecoder::kStepFrames);
  if (steps > 0) conceal(steps * FrameDecoder::kStepFrames, is_loss);
  next_ = next_ + filled;
}

// Of a gap, as far as the delay is above its target: what was made up while waiting has filled that
// much of it. A pause, and what would be silence by now, may go altogether.
std::int64_t JitterBuffer::may_leave_out(bool is_loss) const noexcept {
  const bool is_filler = !is_loss || stitcher_.concealed_run_frames() > kLikelyFrames;
  return is_filler ? excess_ticks() : std::min(excess_ticks(), held_frames_);
}

// Nothing has come: next_ stays where it is, so the delay grows.
void JitterBuffer::hold() noexcept {
  if (stitcher_.concealed_run_frames() > kGoneFrames) is_playing_ = false;
  conceal(kBlockFrames, !is_sender_silent_);
  held_frames_ += kBlockFrames;
  stitcher_.cut();
}

void JitterBuffer::conceal(int frames, bool is_loss) noexcept {
  const int whole = (frames + FrameDecoder::kStepFrames - 1) / FrameDecoder::kStepFrames *
                    FrameDecoder::kStepFrames;
  if (stitcher_.is_audible() && !may_spend(whole)) {
    stitcher_.append_silence(frames);
    return;
  }
  const bool is_heard = stitcher_.conceal(frames, is_sender_silent_);
  if (is_loss && is_heard) stats_.concealed_frames += static_cast<std::uint64_t>(frames);
}

}  // namespace shelcaster::rtc
