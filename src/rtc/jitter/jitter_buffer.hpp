#pragma once

#include <cstdint>
#include <span>

#include "audio/drift_resampler.hpp"
#include "base/bytes.hpp"
#include "base/state_io.hpp"
#include "base/time.hpp"
#include "rtc/jitter/delay_estimator.hpp"
#include "rtc/jitter/drift_estimator.hpp"
#include "rtc/jitter/frame_decoder.hpp"
#include "rtc/jitter/packet_queue.hpp"
#include "rtc/jitter/pcm_queue.hpp"
#include "rtc/jitter/steering.hpp"
#include "rtc/jitter/stitcher.hpp"
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
  /// Frames of packets left out: of a backlog at the start, beyond the bound of the delay or of the
  /// work.
  std::uint64_t skipped_frames = 0;
  std::uint64_t concealed_frames = 0;
  std::uint64_t fec_frames = 0;
  std::uint64_t removed_frames = 0;
  std::uint64_t inserted_frames = 0;
  std::uint64_t restarts = 0;
  float delay_ms = 0;
  float target_delay_ms = 0;
  float concealed_percent = 0;  ///< of the sound of the last seconds
  float drift_ppm = 0;          ///< of the sender's clock against ours; positive: it is fast
};

/// A packet as it was inserted once.
struct InsertedPacket {
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  base::ByteSpan payload;
};

/// Packets in at any time and in any order, 10 ms blocks of sound out at an even pace.
///
/// The delay of a sample is how long after it the fastest packets of the last seconds would have
/// brought it that it is played: now − timestamp − reference (see DelayEstimator). It is steered to
/// what nearly all packets make (see Steering), within the config's bounds. What a sender's clock
/// is off is taken away by resampling all the time (see DriftEstimator).
///
/// When a packet isn't there at its time:
/// - the next one is, with FEC: that gives the lost frame back;
/// - the next one is, without: concealment fills the gap, less what it filled while waiting;
/// - none is: concealment holds the place, so that a late packet is still played and the delay
///   grows by its lateness, up to the bound. After 120 ms it has faded to silence.
///
/// The work is bounded: in the long run at most 40 ms of sound are decoded for 10 ms, and at once
/// at most 240 ms or 32 packets; what is beyond is left out undecoded.
///
/// One owner, the audio thread. Allocates in the constructor only.
class JitterBuffer {
 public:
  static constexpr int kBlockFrames = 480;

  /// `decoder` must outlive it.
  JitterBuffer(const JitterConfig& config, FrameDecoder& decoder);

  void insert(base::Instant arrival, std::uint16_t sequence, std::uint32_t timestamp,
              base::ByteSpan payload) noexcept;

  /// What comes next is another source's: its numbers and times have nothing to do with those
  /// before.
  void begin_source() noexcept;

  /// The next block, stereo. False: nothing was received lately and the block is all zero.
  bool pull(base::Instant now, std::span<float, 2 * kBlockFrames> out) noexcept;

  /// Instead of pull, for a block that nobody will hear: decodes nothing, and keeps no more packets
  /// than would wait for their time. The next pull starts from silence within a packet's length.
  void idle(base::Instant now) noexcept;

  [[nodiscard]] JitterStats stats() const noexcept;

  /// Where it stands, without the packets that wait; at most kStateBytes.
  void save(base::StateWriter& to) const noexcept;
  static constexpr std::size_t kStateBytes = 32'000;
  /// Only in a buffer that has received nothing. `packets`: those that may not have been played
  /// when the state was saved, and those of the 200 ms before, from which the decoder learns how
  /// the sound went until then; in any order. The next pull goes on with the next sample.
  void restore(base::StateReader& from, std::span<const InsertedPacket> packets) noexcept;

 private:
  [[nodiscard]] std::int64_t delay_of(RtpTime time) const noexcept;
  [[nodiscard]] std::int64_t target_ticks() const noexcept;
  [[nodiscard]] std::int64_t excess_ticks() const noexcept {
    return delay_of(next_) - target_ticks();
  }
  [[nodiscard]] bool is_hopelessly_late(base::Instant arrival) noexcept;
  void note_timing(base::Instant arrival, std::int64_t sequence, RtpTime time, int frames,
                   base::ByteSpan payload) noexcept;

  void restart() noexcept;
  void drop_backlog() noexcept;
  void try_to_start() noexcept;
  [[nodiscard]] bool may_spend(int frames) noexcept;

  void produce() noexcept;
  void skip_to_bound() noexcept;
  void decode_front() noexcept;
  void bridge_gap(std::int64_t gap) noexcept;
  [[nodiscard]] std::int64_t may_leave_out(bool is_loss) const noexcept;
  void hold() noexcept;
  void conceal(int frames, bool is_loss) noexcept;
  void decode_ahead(int frames_wanted) noexcept;
  void steer(int frames_needed) noexcept;
  void warm_up() noexcept;

  FrameDecoder& decoder_;
  const std::int64_t delay_ticks_min_;
  const std::int64_t delay_ticks_max_;

  Unwrapper<std::uint32_t> timestamps_;
  Unwrapper<std::uint16_t> sequences_;
  std::int64_t newest_sequence_ = 0;
  DelayEstimator estimator_;
  DriftEstimator drift_;
  PacketQueue queue_;

  /// Decoded and not yet played.
  PcmQueue pcm_;
  Stitcher stitcher_;
  Steering steering_;
  audio::DriftResampler resampler_;

  bool is_playing_ = false;
  bool is_idle_ = false;
  bool is_sender_silent_ = false;
  int blocks_played_ = 0;
  int budget_frames_ = 0;
  std::int64_t now_ticks_ = 0;
  /// Timestamp of the first frame that is not decoded yet.
  RtpTime next_;
  std::int64_t last_sequence_ = 0;
  /// Made up without moving next_ since the last packet.
  std::int64_t held_frames_ = 0;

  int late_run_ = 0;
  base::Instant late_since_;

  JitterStats stats_;
};

}  // namespace shelcaster::rtc
