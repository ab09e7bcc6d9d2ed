#include "rtc/rtp/reception_statistics.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace shelcaster::rtc {
namespace {

// RFC 3550 appendix A.1, MAX_DROPOUT: a bigger step is a restarted sender, not loss.
constexpr std::int64_t kSequenceJumpMin = 3000;

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

}  // namespace

std::uint64_t to_ntp(base::Instant at) noexcept {
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(at.nanoseconds(), 0));
  const std::uint64_t seconds = ns / kNanosecondsPerSecond;
  const std::uint64_t rest = ns % kNanosecondsPerSecond;
  return seconds << 32U | (rest << 32U) / kNanosecondsPerSecond;
}

std::uint32_t middle_of_ntp(std::uint64_t ntp) noexcept {
  return static_cast<std::uint32_t>(ntp >> 16U);
}

void ReceptionStatistics::note_packet(base::Instant arrival, const RtpHeader& header) noexcept {
  if (received_ == 0) {
    highest_sequence_ = sequences_.unwrap(header.sequence);
    first_sequence_ = highest_sequence_;
  } else {
    const std::int64_t step = sequences_.peek(header.sequence) - highest_sequence_;
    if (step > kSequenceJumpMin || step < -kSequenceJumpMin) {
      lost_before_jump_ = lost();
      received_before_jump_ = received_;
      sequences_ = {};
      highest_sequence_ = sequences_.unwrap(header.sequence);
      first_sequence_ = highest_sequence_;
      expected_at_last_block_ = 0;
      received_at_last_block_ = received_;
      has_transit_ = false;
    } else {
      highest_sequence_ = std::max(highest_sequence_, sequences_.unwrap(header.sequence));
    }
  }
  ++received_;
  note_transit(arrival, header.timestamp);
}

void ReceptionStatistics::note_transit(base::Instant arrival, std::uint32_t timestamp) noexcept {
  const std::int64_t arrival_ticks = base::to_samples(base::Duration(arrival.nanoseconds()));
  const std::uint32_t transit = static_cast<std::uint32_t>(arrival_ticks) - timestamp;
  if (has_transit_) {
    const auto difference = static_cast<std::int32_t>(transit - last_transit_);
    const double step = std::abs(static_cast<double>(difference));
    // A sender that jumps in its timestamps (un-mute, restart) is not a jittery network.
    if (step < static_cast<double>(base::kSampleRate)) jitter_ticks_ += (step - jitter_ticks_) / 16;
  }
  last_transit_ = transit;
  has_transit_ = true;
}

void ReceptionStatistics::note_sender_report(base::Instant arrival,
                                             const SenderInfo& info) noexcept {
  last_sender_report_ = middle_of_ntp(info.ntp);
  last_sender_report_at_ = arrival;
}

std::int64_t ReceptionStatistics::lost() const noexcept {
  if (received_ == 0) return 0;
  const std::int64_t expected = highest_sequence_ - first_sequence_ + 1;
  return lost_before_jump_ + expected -
         static_cast<std::int64_t>(received_ - received_before_jump_);
}

float ReceptionStatistics::jitter_ms() const noexcept {
  return static_cast<float>(jitter_ticks_ * 1000 / static_cast<double>(base::kSampleRate));
}

ReportBlock ReceptionStatistics::make_block(std::uint32_t ssrc, base::Instant now) noexcept {
  const std::int64_t expected = received_ == 0 ? 0 : highest_sequence_ - first_sequence_ + 1;
  const std::int64_t expected_interval = expected - expected_at_last_block_;
  const auto received_interval = static_cast<std::int64_t>(received_ - received_at_last_block_);
  const std::int64_t lost_interval = expected_interval - received_interval;
  expected_at_last_block_ = expected;
  received_at_last_block_ = received_;

  ReportBlock block;
  block.ssrc = ssrc;
  last_loss_percent_ = 0;
  if (expected_interval > 0 && lost_interval > 0) {
    block.fraction_lost = static_cast<std::uint8_t>(
        std::min<std::int64_t>(255, lost_interval * 256 / expected_interval));
    last_loss_percent_ =
        100.0F * static_cast<float>(lost_interval) / static_cast<float>(expected_interval);
  }
  block.cumulative_lost =
      static_cast<std::int32_t>(std::clamp<std::int64_t>(lost(), -0x800000, 0x7fffff));
  block.extended_highest_sequence = static_cast<std::uint32_t>(highest_sequence_);
  block.jitter = static_cast<std::uint32_t>(jitter_ticks_);
  block.last_sender_report = last_sender_report_;
  if (last_sender_report_ != 0) {
    const std::int64_t ns = std::max<std::int64_t>((now - last_sender_report_at_).count(), 0);
    block.delay_since_last_sender_report =
        middle_of_ntp(to_ntp(base::Instant::from_nanoseconds(ns)));
  }
  return block;
}

}  // namespace shelcaster::rtc
