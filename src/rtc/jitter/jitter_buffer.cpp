#include "rtc/jitter/jitter_buffer.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>

#include "rtc/jitter/time_scale.hpp"

namespace shelcaster::rtc {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kTicksPerMs = base::kSampleRate / 1000;
constexpr int kConcealStepFrames = 120;
constexpr int kPacketFramesMax = 5760;

/// A packet is due when the block with its first frame is pulled, at worst one block early.
constexpr std::int64_t kMarginTicks = 10 * kTicksPerMs;
/// Until there are packets enough to judge by, start with more than the minimum.
constexpr std::int64_t kFirstTargetTicks = 40 * kTicksPerMs;
constexpr std::size_t kPacketsToJudge = 32;
/// Between the two nothing is scaled, or every flutter of the target would be.
constexpr std::int64_t kExcessTicksMin = 10 * kTicksPerMs;
constexpr std::int64_t kDeficitTicksMin = 5 * kTicksPerMs;

/// No network holds a packet longer and still delivers it; a step like that is a sender that
/// paused its clock or started a new one.
constexpr std::int64_t kTransitJumpTicks = 2 * base::kSampleRate;

constexpr std::int64_t kFadeFromFrames = 60 * kTicksPerMs;
constexpr std::int64_t kFadeUntilFrames = 120 * kTicksPerMs;
/// A sender in DTX sends comfort noise every 400 ms (RFC 7587 §3.1.3): the decoder goes on with it.
constexpr std::int64_t kDtxFramesMax = base::kSampleRate;
constexpr std::int64_t kInactiveFrames = 200 * kTicksPerMs;
constexpr std::size_t kDtxPayloadBytesMax = 2;
constexpr int kFadeInFrames = 240;

/// What may stand in pcm_: a longest packet after all that decode_ahead wants, and an insertion.
constexpr int kScaleOverlapFrames = 480;
constexpr int kShortOverlapFrames = 240;
constexpr int kAheadFrames = kLagFramesMax + kScaleOverlapFrames;
constexpr int kPcmFramesMax = kAheadFrames + kPacketFramesMax + kLagFramesMax;

}  // namespace

JitterBuffer::JitterBuffer(const JitterConfig& config, FrameDecoder& decoder)
    : decoder_(decoder),
      delay_ticks_min_(config.delay_ms_min * kTicksPerMs),
      delay_ticks_max_(config.delay_ms_max * kTicksPerMs),
      pcm_(kPcmFramesMax),
      concealed_run_frames_(kInactiveFrames) {
  pcm_.set_channels(decoder_.channels());
}

std::int64_t JitterBuffer::delay_of(RtpTime time) const noexcept {
  return now_ticks_ + pcm_.frames() - time.ticks() - estimator_.reference_ticks();
}

std::int64_t JitterBuffer::target_ticks() const noexcept {
  std::int64_t target = estimator_.spread_ticks() + kMarginTicks;
  if (estimator_.count() < kPacketsToJudge) target = std::max(target, kFirstTargetTicks);
  return std::clamp(target, delay_ticks_min_, delay_ticks_max_ - kExcessTicksMin);
}

void JitterBuffer::restart() noexcept {
  if (is_playing_) ++stats_.restarts;
  queue_.clear();
  estimator_.reset();
  is_playing_ = false;
  late_run_ = 0;
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
  const RtpTime time(timestamps_.unwrap(timestamp));
  const std::int64_t arrival_ticks = base::to_samples(base::Duration(arrival.nanoseconds()));
  const std::int64_t transit = arrival_ticks - time.ticks();
  if (estimator_.has_reference() &&
      std::abs(transit - estimator_.reference_ticks()) > kTransitJumpTicks) {
    restart();
    timestamps_ = {};
    insert(arrival, sequence, timestamp, payload);
    return;
  }
  estimator_.note(arrival_ticks, transit);

  const bool is_late = is_playing_ && time + frames <= next_;
  if (is_late) {
    ++stats_.late_packets;
    if (!is_hopelessly_late(arrival)) return;
    restart();
    estimator_.note(arrival_ticks, transit);
  }
  late_run_ = 0;
  const auto inserted = queue_.insert({.time = time,
                                       .sequence = sequences_.unwrap(sequence),
                                       .frames = frames,
                                       .payload = payload});
  if (inserted == PacketQueue::Inserted::kDuplicate) ++stats_.duplicate_packets;
}

bool JitterBuffer::pull(base::Instant now, std::span<float, 2 * kBlockFrames> out) noexcept {
  is_idle_ = false;
  now_ticks_ = base::to_samples(base::Duration(now.nanoseconds()));
  if (!is_playing_ && !queue_.empty() && delay_of(queue_.front().time) >= target_ticks()) {
    is_playing_ = true;
    is_spliced_ = true;
    next_ = queue_.front().time;
    last_sequence_ = queue_.front().sequence - 1;
  }
  while (pcm_.frames() < kBlockFrames) produce();
  if (is_playing_) steer();

  pcm_.take(kBlockFrames, out);
  ++blocks_since_scaling_;

  return conceal_gain_ > 0.0F || concealed_run_frames_ < kInactiveFrames;
}

void JitterBuffer::idle(base::Instant now) noexcept {
  now_ticks_ = base::to_samples(base::Duration(now.nanoseconds()));
  if (!is_idle_) {
    is_idle_ = true;
    is_playing_ = false;
    late_run_ = 0;
    pcm_.clear();
    conceal_gain_ = 0.0F;
    concealed_run_frames_ = kInactiveFrames;
    decoder_.reset(decoder_.channels());
  }
  while (!queue_.empty() &&
         delay_of(queue_.front().time + queue_.front().frames) >= target_ticks()) {
    queue_.pop();
  }
}

// Adds at least one frame to pcm_ or moves next_ on to a packet that is there.
void JitterBuffer::produce() noexcept {
  if (!is_playing_) {
    conceal(kBlockFrames, false);
    return;
  }
  if (delay_of(next_) > delay_ticks_max_) skip_to_bound();
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
  if (queue_.empty()) {
    next_ = next_ + (delay_of(next_) - delay_ticks_max_);
    return;
  }
  const std::int64_t excess = delay_of(next_) - target_ticks();
  stats_.skipped_frames += static_cast<std::uint64_t>(excess);
  next_ = next_ + excess;
  is_spliced_ = true;
}

void JitterBuffer::decode_front() noexcept {
  const PacketQueue::Packet& packet = queue_.front();
  const int skipped = static_cast<int>(next_ - packet.time);
  const int frames = packet.frames;
  if (skipped > 0) is_spliced_ = true;
  prepare_decoder(packet.payload);
  const std::span<float> at = pcm_.room();
  const int decoded = decoder_.decode(packet.payload, at);
  next_ = packet.time + frames;
  last_sequence_ = packet.sequence;
  is_sender_silent_ = packet.payload.size() <= kDtxPayloadBytesMax;
  queue_.pop();
  if (decoded != frames) {
    ++stats_.malformed_packets;
    conceal(frames - skipped, true);
    return;
  }
  std::ranges::copy(at.subspan(pcm_.samples(skipped), pcm_.samples(decoded - skipped)), at.begin());
  append(decoded - skipped);
}

// Where the sound doesn't go on from what was played last it would click: ask the decoder, before
// it goes on, how the old sound would have continued, to fade it out below the new one.
void JitterBuffer::take_tail() noexcept {
  has_tail_ = is_spliced_ && conceal_gain_ > 0.0F &&
              decoder_.conceal(kFadeInFrames, tail_) == kFadeInFrames;
  is_spliced_ = false;
}

void JitterBuffer::prepare_decoder(base::ByteSpan payload) noexcept {
  const int channels = decoder_.channels_for(payload);
  if (channels == decoder_.channels()) {
    take_tail();
    return;
  }
  is_spliced_ = true;
  take_tail();
  decoder_.reset(channels);
  if (has_tail_ && channels == 2) mono_to_stereo(tail_, kFadeInFrames);
  if (has_tail_ && channels == 1) stereo_to_left(tail_, kFadeInFrames);
  pcm_.set_channels(channels);
}

// `frames` received ones stand at the end of pcm_: fade them in over what went before.
void JitterBuffer::append(int frames) noexcept {
  const bool is_faded = has_tail_ || conceal_gain_ < 1.0F;
  const int overlap = is_faded ? std::min(kFadeInFrames, frames) : 0;
  const std::span<float> at = pcm_.room();
  const std::size_t faded = pcm_.samples(overlap);
  for (std::size_t k = 0; k < faded; ++k) {
    const auto frame = k / pcm_.samples(1);
    const float weight = static_cast<float>(frame) / static_cast<float>(overlap);
    const float old = has_tail_ ? tail_[k] : at[k];
    at[k] = old * conceal_gain_ * (1 - weight) + at[k] * weight;
  }
  has_tail_ = false;
  conceal_gain_ = 1.0F;
  concealed_run_frames_ = 0;
  pcm_.append(frames);
}

void JitterBuffer::bridge_gap(std::int64_t gap) noexcept {
  const PacketQueue::Packet& packet = queue_.front();
  const bool is_loss = packet.sequence != last_sequence_ + 1;
  const bool has_fec = is_loss && decoder_.has_fec(packet.payload);
  if (has_fec && gap <= packet.frames) {
    prepare_decoder(packet.payload);
    const std::span<float> at = pcm_.room();
    const int unwanted = packet.frames - static_cast<int>(gap);
    if (decoder_.decode_fec(packet.payload, packet.frames, at) == packet.frames) {
      const auto wanted = at.subspan(pcm_.samples(unwanted), pcm_.samples(static_cast<int>(gap)));
      std::ranges::copy(wanted, at.begin());
      append(static_cast<int>(gap));
      stats_.fec_frames += static_cast<std::uint64_t>(gap);
      next_ = packet.time;
      return;
    }
  }
  if (delay_of(packet.time) >= target_ticks()) {
    next_ = packet.time;
    is_spliced_ = true;
    return;
  }
  const std::int64_t before_fec = has_fec ? gap - packet.frames : gap;
  const auto frames =
      static_cast<int>(std::min<std::int64_t>(kBlockFrames, before_fec > 0 ? before_fec : gap));
  conceal(frames, is_loss);
  next_ = next_ + frames;
}

void JitterBuffer::hold() noexcept {
  conceal(kBlockFrames, !is_sender_silent_);
  is_spliced_ = true;
}

void JitterBuffer::conceal(int frames, bool is_loss) noexcept {
  const std::int64_t fade_from = is_sender_silent_ ? kDtxFramesMax : kFadeFromFrames;
  const std::int64_t fade_until = fade_from + (kFadeUntilFrames - kFadeFromFrames);
  const std::span<float> at = pcm_.room();
  const int whole = (frames + kConcealStepFrames - 1) / kConcealStepFrames * kConcealStepFrames;
  const bool is_audible = conceal_gain_ > 0.0F && concealed_run_frames_ < fade_until;
  if (!is_audible || decoder_.conceal(whole, at) < frames) {
    std::fill_n(at.begin(), pcm_.samples(frames), 0.0F);
    conceal_gain_ = 0.0F;
  }
  for (int i = 0; i < frames && conceal_gain_ > 0.0F; ++i) {
    const std::int64_t run = concealed_run_frames_ + i;
    if (run >= fade_from) {
      conceal_gain_ = std::clamp(
          static_cast<float>(fade_until - run) / static_cast<float>(fade_until - fade_from), 0.0F,
          conceal_gain_);
    }
    for (float& sample : at.subspan(pcm_.samples(i), pcm_.samples(1))) sample *= conceal_gain_;
    if (conceal_gain_ == 0.0F) {
      std::ranges::fill(at.subspan(pcm_.samples(i), pcm_.samples(frames - i)), 0.0F);
    }
  }
  if (is_loss && is_audible) stats_.concealed_frames += static_cast<std::uint64_t>(frames);
  concealed_run_frames_ += frames;
  pcm_.append(frames);
}

void JitterBuffer::decode_ahead(int frames_wanted) noexcept {
  while (pcm_.frames() < frames_wanted && !queue_.empty() && queue_.front().time == next_) {
    decode_front();
  }
}

void JitterBuffer::steer() noexcept {
  if (concealed_run_frames_ > 0) return;
  const std::int64_t excess = delay_of(next_) - target_ticks();
  if (excess > kExcessTicksMin) shorten(excess);
  if (excess < -kDeficitTicksMin) lengthen(-excess);
}

void JitterBuffer::shorten(std::int64_t excess) noexcept {
  // The further off, the faster and the less choosy: at most a sixth faster near the target, a
  // third when a conversation is being spoilt.
  constexpr std::int64_t kFarTicks = 60 * kTicksPerMs;
  constexpr std::int64_t kVeryFarTicks = 150 * kTicksPerMs;
  const int blocks_between = excess > kFarTicks ? 3 : 6;
  const float correlation_min = excess > kVeryFarTicks ? -1.0F : excess > kFarTicks ? 0.4F : 0.7F;

  decode_ahead(kAheadFrames);
  const int lag_max = static_cast<int>(
      std::min<std::int64_t>({kLagFramesMax, excess, pcm_.frames() - kScaleOverlapFrames}));
  if (lag_max < kLagFramesMin) return;
  const Likeness likeness = find_lag(pcm_.all(), pcm_.channels(), lag_max, kScaleOverlapFrames);
  if (likeness.lag == 0 || likeness.correlation < correlation_min) return;
  if (!likeness.is_silent && blocks_since_scaling_ < blocks_between) return;

  pcm_.set_frames(
      remove_lag(pcm_.all(), pcm_.channels(), pcm_.frames(), likeness.lag, kScaleOverlapFrames));
  stats_.removed_frames += static_cast<std::uint64_t>(likeness.lag);
  blocks_since_scaling_ = 0;
}

void JitterBuffer::lengthen(std::int64_t deficit) noexcept {
  constexpr int kBlocksBetween = 8;
  constexpr float kCorrelationMin = 0.7F;
  if (blocks_since_scaling_ < kBlocksBetween) return;
  const int lag_max = static_cast<int>(
      std::min<std::int64_t>({kLagFramesMax, std::max<std::int64_t>(deficit, 2 * kLagFramesMin),
                              pcm_.frames() - kShortOverlapFrames}));
  if (lag_max < kLagFramesMin) return;
  const Likeness likeness = find_lag(pcm_.all(), pcm_.channels(), lag_max, kShortOverlapFrames);
  if (likeness.lag == 0 || likeness.correlation < kCorrelationMin) return;
  pcm_.set_frames(
      insert_lag(pcm_.all(), pcm_.channels(), pcm_.frames(), likeness.lag, kShortOverlapFrames));
  stats_.inserted_frames += static_cast<std::uint64_t>(likeness.lag);
  blocks_since_scaling_ = 0;
}

JitterStats JitterBuffer::stats() const noexcept {
  JitterStats stats = stats_;
  const auto ms = [](std::int64_t ticks) {
    return static_cast<float>(ticks) / static_cast<float>(kTicksPerMs);
  };
  // The block at now_ticks_ is gone: what comes next is heard one block later.
  if (is_playing_) stats.delay_ms = std::max(0.0F, ms(delay_of(next_) + kBlockFrames));
  stats.target_delay_ms = ms(target_ticks());
  if (is_idle_) stats.delay_ms = stats.target_delay_ms;
  return stats;
}

}  // namespace shelcaster::rtc
