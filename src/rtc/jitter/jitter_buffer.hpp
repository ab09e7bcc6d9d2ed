#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "rtc/jitter/delay_estimator.hpp"
#include "rtc/jitter/frame_decoder.hpp"
#include "rtc/jitter/packet_queue.hpp"
#include "rtc/jitter/pcm_queue.hpp"
#include "rtc/rtp/rtp_time.hpp"

namespace shelcaster::rtc {

struct JitterConfig {
  int delay_ms_min = 20;
  int delay_ms_max = 500;
};

struct JitterStats {
  std::uint64_t late_packets = 0;
  std::uint64_t duplicate_packets = 0;
  std::uint64_t malformed_packets = 0;
  /// Packets and parts of packets left out because the delay had reached its bound.
  std::uint64_t skipped_frames = 0;
  std::uint64_t concealed_frames = 0;
  std::uint64_t fec_frames = 0;
  std::uint64_t removed_frames = 0;
  std::uint64_t inserted_frames = 0;
  std::uint64_t restarts = 0;
  float delay_ms = 0;
  float target_delay_ms = 0;
};

/// Packets in at any time and in any order, 10 ms blocks of sound out at an even pace.
///
/// The delay of a sample is how long after it the fastest packets of the last seconds would have
/// brought it that it is played: now − timestamp − reference (see DelayEstimator). It is steered to
/// a target that 98 % of the packets make, within the config's bounds: by taking out or repeating
/// one period of the sound at a time (time_scale.hpp), and by nothing else while packets come.
///
/// When a packet isn't there at its time:
/// - the next one is, with FEC: that gives the lost frame back;
/// - the next one is, without: concealment fills the gap, or it is left out as far as the delay is
///   above the target;
/// - none is: concealment holds the place, so that a late packet is still played and the delay
/// grows
///   by its lateness, up to the bound. After 120 ms it has faded to silence.
///
/// One owner, the audio thread. Allocates in the constructor only.
class JitterBuffer {
 public:
  static constexpr int kBlockFrames = 480;

  /// `decoder` must outlive it.
  JitterBuffer(const JitterConfig& config, FrameDecoder& decoder);

  void insert(base::Instant arrival, std::uint16_t sequence, std::uint32_t timestamp,
              base::ByteSpan payload) noexcept;

  /// The next block, stereo. False: nothing was received lately and the block is all zero.
  bool pull(base::Instant now, std::span<float, 2 * kBlockFrames> out) noexcept;

  /// Instead of pull, for a block that nobody will hear: decodes nothing, and keeps no more packets
  /// than would wait for their time. The next pull starts from silence within a packet's length.
  void idle(base::Instant now) noexcept;

  [[nodiscard]] JitterStats stats() const noexcept;

 private:
  [[nodiscard]] std::int64_t delay_of(RtpTime time) const noexcept;
  [[nodiscard]] std::int64_t target_ticks() const noexcept;
  [[nodiscard]] bool is_hopelessly_late(base::Instant arrival) noexcept;

  void restart() noexcept;
  void produce() noexcept;
  void skip_to_bound() noexcept;
  void decode_front() noexcept;
  void bridge_gap(std::int64_t gap) noexcept;
  void hold() noexcept;
  void conceal(int frames, bool is_loss) noexcept;
  void take_tail() noexcept;
  void prepare_decoder(base::ByteSpan payload) noexcept;
  void append(int frames) noexcept;
  void decode_ahead(int frames_wanted) noexcept;
  void steer() noexcept;
  void shorten(std::int64_t excess) noexcept;
  void lengthen(std::int64_t deficit) noexcept;

  FrameDecoder& decoder_;
  const std::int64_t delay_ticks_min_;
  const std::int64_t delay_ticks_max_;

  Unwrapper<std::uint32_t> timestamps_;
  Unwrapper<std::uint16_t> sequences_;
  DelayEstimator estimator_;
  PacketQueue queue_;

  /// Decoded and not yet played.
  PcmQueue pcm_;

  bool is_playing_ = false;
  bool is_idle_ = false;
  std::int64_t now_ticks_ = 0;
  /// Timestamp of the first frame that is not decoded yet.
  RtpTime next_;
  std::int64_t last_sequence_ = 0;
  bool is_sender_silent_ = false;
  /// What comes next doesn't go on from what is at the end of pcm_.
  bool is_spliced_ = false;
  bool has_tail_ = false;
  std::array<float, 480> tail_{};

  /// Made up since the last frame that was received.
  std::int64_t concealed_run_frames_;
  float conceal_gain_ = 0.0F;
  int blocks_since_scaling_ = 0;

  int late_run_ = 0;
  base::Instant late_since_;

  JitterStats stats_;
};

}  // namespace shelcaster::rtc
