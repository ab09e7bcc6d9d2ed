#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "base/spsc_queue.hpp"
#include "base/time.hpp"
#include "media/aac_encoder.hpp"
#include "media/card_encoder.hpp"
#include "output/rtmp/rtmp_line.hpp"
#include "output/rtmp/rtmp_transport.hpp"

namespace shelcaster::output {

struct RtmpPublisherConfig {
  RtmpAddress address;
  base::Bytes aac_config;
  /// Fills video and audio up to the announced rates, for services that want a constant one.
  bool is_constant_rate = false;
  base::Duration backoff_min = std::chrono::seconds(1);
  base::Duration backoff_max = std::chrono::seconds(30);
  /// A connection that takes longer to open, or takes nothing for so long, is given up.
  base::Duration stall_max = std::chrono::seconds(10);
};

enum class RtmpState { kConnecting, kLive, kRetrying };
[[nodiscard]] std::string_view to_string(RtmpState state);

struct RtmpStatus {
  RtmpState state = RtmpState::kConnecting;
  RtmpProblem problem = RtmpProblem::kNone;
  std::string detail;                // for a person; no address, no key
  std::uint64_t connections = 0;     // that went live
  std::uint64_t frames_dropped = 0;  // of audio, each 1024 samples, since the start
  std::int64_t delay_ms = 0;         // from push() to where it has arrived
  std::int64_t bitrate_bps = 0;      // sent, over the last seconds
};

/// Keeps one programme on one RTMP server: AAC from the caller, a still card as video. Two threads:
/// the producer calls push(), which never blocks; a worker of the app's calls work() about every
/// 20 ms, which blocks only to connect. status() and abort() are for any thread.
///
/// What has been handed to a connection and has not arrived is at most two seconds of programme;
/// the rest waits here, and beyond three seconds the stream goes on with the newest half second,
/// at an IDR: a slow path costs parts of the programme, not its presence.
class RtmpPublisher {
 public:
  using Clock = std::function<base::Instant()>;
  RtmpPublisher(RtmpPublisherConfig config, RtmpConnect connect, base::Random& random, Clock clock);

  void push(std::shared_ptr<const media::AacPacket> packet);

  void work();
  /// Worker: sends what is queued and ends the stream politely. Call it until it returns true.
  bool finish();
  /// Makes a blocked work() return soon; the connection is lost.
  void abort() { is_aborted_ = true; }

  [[nodiscard]] RtmpStatus status() const;

 private:
  void take_queued();
  void connect();
  void begin_stream();
  void skip_if_late();
  void send_waiting();
  void send(const media::AacPacket& packet);
  void send_video_until(std::int64_t at);
  void give_up(const RtmpFailure& failure);
  void look_at_health();
  void set_status(RtmpState state, RtmpProblem problem, std::string detail);

  const RtmpPublisherConfig config_;
  const RtmpConnect connect_;
  base::Random& random_;
  const Clock clock_;
  base::SpscQueue<std::shared_ptr<const media::AacPacket>> queue_;
  std::atomic<bool> is_aborted_ = false;
  std::atomic<std::uint64_t> frames_dropped_ = 0;

  // The worker's own.
  std::deque<std::shared_ptr<const media::AacPacket>> waiting_;
  std::optional<RtmpLine> line_;
  std::string next_app_;
  std::optional<media::CardEncoder> card_;
  std::optional<base::SampleTime> first_;  // the connection's time zero
  std::optional<base::SampleTime> handed_until_;
  std::int64_t next_frame_ = 0;
  base::Instant opened_at_;
  base::Instant retry_at_;
  base::Instant live_since_;
  base::Instant skipped_at_;
  bool is_streaming_ = false;  // the server takes media
  bool has_skipped_ = false;
  bool is_finishing_ = false;
  base::Duration backoff_;
  std::uint64_t measured_bytes_ = 0;
  base::Instant measured_at_;

  mutable std::mutex status_mutex_;
  RtmpStatus status_;
};

}  // namespace shelcaster::output
