#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "rtc/rtp/rtcp.hpp"
#include "rtc/rtp/rtp_packet.hpp"
#include "rtc/rtp/rtp_time.hpp"

namespace shelcaster::rtc {

/// A base::Instant as a 32.32 NTP time whose epoch is that clock's origin. RFC 3550 §4 allows it:
/// the peer only sends its middle bits back to us, and rates.
std::uint64_t to_ntp(base::Instant at) noexcept;
/// The middle 32 bits, 16.16 seconds.
std::uint32_t middle_of_ntp(std::uint64_t ntp) noexcept;

/// What RFC 3550 wants counted of one remote SSRC: losses (appendix A.3) and interarrival jitter
/// (appendix A.8).
class ReceptionStatistics {
 public:
  void note_packet(base::Instant arrival, const RtpHeader& header) noexcept;
  void note_sender_report(base::Instant arrival, const SenderInfo& info) noexcept;

  /// The report block for now. Starts the next interval, so make one for each packet that is sent.
  ReportBlock make_block(std::uint32_t ssrc, base::Instant now) noexcept;

  [[nodiscard]] bool has_packets() const noexcept { return received_ > 0; }
  [[nodiscard]] std::uint64_t received() const noexcept { return received_; }
  /// Never heard of; falls below zero when packets are duplicated.
  [[nodiscard]] std::int64_t lost() const noexcept;
  /// In the interval before the last report block.
  [[nodiscard]] float last_loss_percent() const noexcept { return last_loss_percent_; }
  [[nodiscard]] float jitter_ms() const noexcept;

 private:
  void note_transit(base::Instant arrival, std::uint32_t timestamp) noexcept;

  Unwrapper<std::uint16_t> sequences_;
  std::int64_t first_sequence_ = 0;
  std::int64_t highest_sequence_ = 0;
  std::uint64_t received_ = 0;
  /// Packets of the time before the sender's sequence jumped.
  std::uint64_t received_before_jump_ = 0;
  std::int64_t lost_before_jump_ = 0;

  std::int64_t expected_at_last_block_ = 0;
  std::uint64_t received_at_last_block_ = 0;
  float last_loss_percent_ = 0;

  std::uint32_t last_transit_ = 0;
  bool has_transit_ = false;
  double jitter_ticks_ = 0;

  std::uint32_t last_sender_report_ = 0;
  base::Instant last_sender_report_at_;
};

}  // namespace shelcaster::rtc
