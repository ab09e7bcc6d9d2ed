#include "rtc/jitter/jitter_buffer.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace shelcaster::rtc {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kTicksPerMs = base::kSampleRate / 1000;
constexpr int kPacketFramesMax = 5760;

/// A packet is due when the block with its first frame is pulled, at worst one block early.
constexpr std::int64_t kMarginTicks = 10 * kTicksPerMs;
/// Until there are packets enough to judge by, start with more than the minimum.
constexpr std::int64_t kFirstTargetTicks = 30 * kTicksPerMs;
constexpr std::size_t kPacketsToJudge = 32;
/// The target stays that far below the bound, so that it can be reached.
constexpr std::int64_t kBelowBoundTicks = 10 * kTicksPerMs;

/// No network holds a packet longer and still delivers it; a step like that is a sender that
/// paused its clock or started a new one.
constexpr std::int64_t kTransitJumpTicks = 2 * base::kSampleRate;

constexpr std::size_t kPacketsAtRest = 8;
constexpr int kBudgetFramesPerBlock = 1920;
constexpr int kBudgetFramesMax = 2 * kPacketFramesMax;

/// The longest packet after all that steering wants, and what it puts in.
constexpr int kPcmFramesMax = Steering::kAheadFramesMax + kPacketFramesMax + 720;

}  // namespace

JitterBuffer::JitterBuffer(const JitterConfig& config, FrameDecoder& decoder)
    : decoder_(decoder),
      delay_ticks_min_(config.delay_ms_min * kTicksPerMs),
      delay_ticks_max_(config.delay_ms_max * kTicksPerMs),
      pcm_(kPcmFramesMax),
      stitcher_(decoder, pcm_) {}

std::int64_t JitterBuffer::delay_of(RtpTime time) const noexcept {
  return now_ticks_ + pcm_.frames() - time.ticks() - estimator_.reference_ticks();
}

std::int64_t JitterBuffer::target_ticks() const noexcept {
  std::int64_t target = estimator_.lateness_ticks() + kMarginTicks;
  if (estimator_.count() < kPacketsToJudge) target = std::max(target, kFirstTargetTicks);
  return std::clamp(target, delay_ticks_min_, delay_ticks_max_ - kBelowBoundTicks);
}

void JitterBuffer::restart() noexcept {
  if (is_playing_) ++stats_.restarts;
  queue_.clear();
  estimator_.reset();
  drift_.restart();
  is_playing_ = false;
  late_run_ = 0;
}

void JitterBuffer::begin_source() noexcept {
  restart();
  timestamps_ = {};
  sequences_ = {};
}

bool JitterBuffer::is_hopelessly_late(base::Instant arrival) noexcept {
  // Many late packets at once are the end of a stall. Many over a time are a sender that paused
  // without telling in its timestamps: it would be late for good.
  constexpr int kLatePackets = 4;
  constexpr auto kLateFor = 100ms;
  if (late_run_++ == 0) late_since_ = arrival;
  return late_run_ >= kLatePackets && arrival - late_since_ >= kLateFor;
}

void JitterBuffer::insert(base::Instant arrival, std::uint16_t sequence, std::uint32_t timestamp,
                          base::ByteSpan payload) noexcept {
  const int frames = decoder_.frames(payload);
  if (frames <= 0 || frames > kPacketFramesMax || payload.size() > PacketQueue::kPayloadBytesMax) {
    ++stats_.malformed_packets;
    return;
  }
  RtpTime time(timestamps_.unwrap(timestamp));
  const std::int64_t arrival_ticks = base::to_samples(base::Duration(arrival.nanoseconds()));
  const std::int64_t transit = arrival_ticks - time.ticks();
  if (estimator_.has_reference() &&
      std::abs(transit - estimator_.rough_reference_ticks()) > kTransitJumpTicks) {
    restart();
    timestamps_ = {};
    time = RtpTime(timestamps_.unwrap(timestamp));
  }
  const std::int64_t position = sequences_.unwrap(sequence);
  note_timing(arrival, position, time, frames, payload);

  const bool is_late = is_playing_ && time + frames <= next_;
  if (is_late) {
    ++stats_.late_packets;
    if (!is_hopelessly_late(arrival)) return;
    restart();
    note_timing(arrival, position, time, frames, payload);
  }
  late_run_ = 0;
  const auto inserted =
      queue_.insert({.time = time, .sequence = position, .frames = frames, .payload = payload});
  if (inserted == PacketQueue::Inserted::kDuplicate) ++stats_.duplicate_packets;
}

void JitterBuffer::note_timing(base::Instant arrival, std::int64_t sequence, RtpTime time,
                               int frames, base::ByteSpan payload) noexcept {
  const std::int64_t arrival_ticks = base::to_samples(base::Duration(arrival.nanoseconds()));
  const std::int64_t transit = arrival_ticks - time.ticks();
  const bool is_after_loss = estimator_.has_reference() && sequence > newest_sequence_ + 1;
  newest_sequence_ = estimator_.has_reference() ? std::max(newest_sequence_, sequence) : sequence;
  estimator_.note(arrival_ticks, transit);
  drift_.note(arrival_ticks, transit);
  // With FEC it pays to wait for the next packet.
  if (is_after_loss && decoder_.has_fec(payload)) {
    estimator_.note_recovered(arrival_ticks, transit + frames);
  }
}

// What has waited longer than it would have to, but for the newest packet.
void JitterBuffer::drop_backlog() noexcept {
  while (queue_.size() > 1) {
    const PacketQueue::Packet& front = queue_.front();
    if (delay_of(front.time + front.frames) < target_ticks()) return;
    stats_.skipped_frames += static_cast<std::uint64_t>(front.frames);
    queue_.pop();
  }
}

void JitterBuffer::try_to_start() noexcept {
  drop_backlog();
  if (queue_.empty() || delay_of(queue_.front().time) < target_ticks()) return;
  is_playing_ = true;
  is_sender_silent_ = false;
  blocks_played_ = 0;
  stitcher_.cut();
  next_ = queue_.front().time;
  last_sequence_ = queue_.front().sequence - 1;
}

bool JitterBuffer::pull(base::Instant now, std::span<float, 2 * kBlockFrames> out) noexcept {
  now_ticks_ = base::to_samples(base::Duration(now.nanoseconds()));
  is_idle_ = false;
  budget_frames_ = std::min(budget_frames_ + kBudgetFramesPerBlock, kBudgetFramesMax);
  const std::uint64_t concealed_before = stats_.concealed_frames;
  if (!is_playing_) try_to_start();

  const int needed = resampler_.frames_needed();
  while (pcm_.frames() < needed) produce();
  if (is_playing_) steer(needed);
  resampler_.set_channels(pcm_.channels());
  resampler_.process(pcm_.all().first(pcm_.samples(needed)),
                     std::span(out).first(pcm_.samples(kBlockFrames)));
  pcm_.drop_front(needed);
  if (pcm_.channels() == 1) mono_to_stereo(out, kBlockFrames);

  constexpr float kBlocksRemembered = 300;
  const auto made_up = static_cast<float>(stats_.concealed_frames - concealed_before);
  stats_.concealed_percent +=
      (100.0F * made_up / kBlockFrames - stats_.concealed_percent) / kBlocksRemembered;
  return stitcher_.is_audible() || resampler_.made_sound() ||
         stitcher_.concealed_run_frames() < Stitcher::kInactiveFrames;
}

void JitterBuffer::idle(base::Instant now) noexcept {
  now_ticks_ = base::to_samples(base::Duration(now.nanoseconds()));
  if (!is_idle_) {
    is_idle_ = true;
    is_playing_ = false;
    late_run_ = 0;
    pcm_.clear();
    resampler_.clear();
    stitcher_.restart();
  }
  // Often enough to be short of memory never, and of little work.
  if (queue_.size() > kPacketsAtRest) drop_backlog();
}

void JitterBuffer::steer(int frames_needed) noexcept {
  ++blocks_played_;
  steering_.note_block(pcm_, std::min(pcm_.frames(), kBlockFrames));
  const bool is_received = stitcher_.concealed_run_frames() == 0;
  if (const int wanted = steering_.frames_to_shorten(excess_ticks()); is_received && wanted > 0) {
    decode_ahead(wanted);
    stats_.removed_frames +=
        static_cast<std::uint64_t>(steering_.shorten(excess_ticks(), frames_needed, pcm_));
  } else if (is_received) {
    stats_.inserted_frames += static_cast<std::uint64_t>(steering_.lengthen(excess_ticks(), pcm_));
  }
  resampler_.set_speed_ppm(drift_.ppm() + steering_.speed_ppm(excess_ticks()));
}

void JitterBuffer::decode_ahead(int frames_wanted) noexcept {
  while (pcm_.frames() < frames_wanted && !queue_.empty() && queue_.front().time == next_ &&
         budget_frames_ > 2 * queue_.front().frames) {
    decode_front();
  }
}

JitterStats JitterBuffer::stats() const noexcept {
  JitterStats stats = stats_;
  const auto ms = [](std::int64_t ticks) {
    return static_cast<float>(ticks) / static_cast<float>(kTicksPerMs);
  };
  stats.target_delay_ms = ms(target_ticks());
  // The block at now_ticks_ is gone: what comes next is heard one block later.
  constexpr int kLater = kBlockFrames + audio::DriftResampler::kDelayFrames;
  if (is_playing_) stats.delay_ms = std::max(0.0F, ms(delay_of(next_) + kLater));
  if (is_idle_) stats.delay_ms = stats.target_delay_ms;
  stats.drift_ppm = static_cast<float>(drift_.ppm());
  return stats;
}

}  // namespace shelcaster::rtc
