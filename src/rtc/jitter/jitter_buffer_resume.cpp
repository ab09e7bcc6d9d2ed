// The part of JitterBuffer that puts its state down, and takes it up in another process.
#include <algorithm>

#include "rtc/jitter/jitter_buffer.hpp"

namespace shelcaster::rtc {
namespace {

/// After so much Opus is where it would have been within −35 dB in its speech modes, and closer in
/// its transform mode.
constexpr std::int64_t kWarmUpTicks = 200 * base::kSampleRate / 1000;
/// No bound on the work: it isn't done on the audio thread.
constexpr int kWarmUpBudgetFrames = 1 << 20;
/// Of what is decoded and waits. Only packets of 60 ms and more make it longer; the rest of them is
/// then decoded once more.
constexpr int kPcmFramesMax = 3'840;

}  // namespace

void JitterBuffer::save(base::StateWriter& to) const noexcept {
  to.put(timestamps_);
  to.put(sequences_);
  to.put(newest_sequence_);
  estimator_.save(to);
  to.put(drift_.ppm());
  to.put(steering_);
  resampler_.save(to);
  to.put(is_playing_);
  to.put(is_idle_);
  to.put(is_sender_silent_);
  to.put(blocks_played_);
  to.put(now_ticks_);
  to.put(last_sequence_);
  to.put(held_frames_);
  to.put(stats_);
  const int kept = std::min(pcm_.frames(), kPcmFramesMax);
  to.put(next_ - (pcm_.frames() - kept));
  to.put(pcm_.channels());
  to.put(kept);
  to.put_all(pcm_.all().first(pcm_.samples(kept)));
  stitcher_.save(to);
}

void JitterBuffer::restore(base::StateReader& from,
                           std::span<const InsertedPacket> packets) noexcept {
  from.get(timestamps_);
  from.get(sequences_);
  from.get(newest_sequence_);
  estimator_.restore(from);
  drift_.restart_with(from.take<double>());
  from.get(steering_);
  resampler_.restore(from);
  from.get(is_playing_);
  from.get(is_idle_);
  from.get(is_sender_silent_);
  from.get(blocks_played_);
  from.get(now_ticks_);
  from.get(last_sequence_);
  const auto held_frames = from.take<std::int64_t>();
  from.get(stats_);
  from.get(next_);
  const int channels = from.take<int>();
  const int kept = from.take<int>();
  if (!from.ok() || kept < 0 || kept > kPcmFramesMax) return;
  for (const InsertedPacket& packet : packets) {
    const RtpTime time(timestamps_.unwrap(packet.timestamp));
    const int frames = decoder_.frames(packet.payload);
    if (frames <= 0 || packet.payload.size() > PacketQueue::kPayloadBytesMax) continue;
    const std::int64_t sequence = sequences_.unwrap(packet.sequence);
    const bool is_over =
        is_playing_ ? time + frames <= next_ - kWarmUpTicks : sequence <= last_sequence_;
    if (is_over) continue;
    (void)queue_.insert(
        {.time = time, .sequence = sequence, .frames = frames, .payload = packet.payload});
  }
  if (is_playing_) warm_up();
  pcm_.set_channels(channels);
  from.get_all(pcm_.all().first(pcm_.samples(kept)));
  pcm_.set_frames(kept);
  stitcher_.restore(from);
  held_frames_ = held_frames;
}

/// What was decoded already is decoded once more and thrown away, so that the decoder knows how the
/// sound went until next_.
void JitterBuffer::warm_up() noexcept {
  const RtpTime next = next_;
  const std::int64_t last_sequence = last_sequence_;
  budget_frames_ = kWarmUpBudgetFrames;
  while (!queue_.empty() && queue_.front().time + queue_.front().frames <= next) {
    next_ = queue_.front().time;
    decode_front();
    pcm_.clear();
  }
  next_ = next;
  last_sequence_ = last_sequence;
}

}  // namespace shelcaster::rtc
