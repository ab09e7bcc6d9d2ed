// The part of JitterBuffer that puts its state down, and takes it up in another process.
#include "rtc/jitter/jitter_buffer.hpp"

namespace shelcaster::rtc {
namespace {

/// Opus has forgotten what was before so much (CELT converges in 80 ms, RFC 6716 §4.4 is about the
/// same for losses).
constexpr std::int64_t kWarmUpTicks = 100 * base::kSampleRate / 1000;
/// No bound on the work: it isn't done on the audio thread.
constexpr int kWarmUpBudgetFrames = 1 << 20;

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
  to.put(position());
  to.put(last_sequence_);
  to.put(held_frames_);
  to.put(stats_);
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
  const auto position = from.take<RtpTime>();
  from.get(last_sequence_);
  const auto held_frames = from.take<std::int64_t>();
  from.get(stats_);
  if (!from.ok()) return;
  for (const InsertedPacket& packet : packets) {
    const RtpTime time(timestamps_.unwrap(packet.timestamp));
    const int frames = decoder_.frames(packet.payload);
    if (frames <= 0 || packet.payload.size() > PacketQueue::kPayloadBytesMax) continue;
    if (is_playing_ && time + frames <= position - kWarmUpTicks) continue;
    (void)queue_.insert({.time = time,
                         .sequence = sequences_.unwrap(packet.sequence),
                         .frames = frames,
                         .payload = packet.payload});
  }
  if (is_playing_) decode_up_to(position);
  next_ = std::max(next_, position);
  held_frames_ = held_frames;
}

/// What was played already is decoded once more and thrown away.
void JitterBuffer::decode_up_to(RtpTime position) noexcept {
  budget_frames_ = kWarmUpBudgetFrames;
  next_ = position;
  while (!queue_.empty() && queue_.front().time < position) {
    next_ = queue_.front().time;
    decode_front();
    const auto ahead = static_cast<int>(std::max<std::int64_t>(next_ - position, 0));
    if (pcm_.frames() > ahead) pcm_.drop_front(pcm_.frames() - ahead);
  }
  budget_frames_ = 0;
}

}  // namespace shelcaster::rtc
