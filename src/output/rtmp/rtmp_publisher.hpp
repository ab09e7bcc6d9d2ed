#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/spsc_queue.hpp"
#include "base/time.hpp"
#include "media/aac_encoder.hpp"
#include "media/card_encoder.hpp"
#include "media/rtmp_connection.hpp"

namespace shelcaster::output {

/// Scheme rtmp or rtmps, a host, no blanks or control characters, at most 2048 bytes. The message
/// never contains the URL: it has a key in it.
base::Result<void> check_rtmp_url(std::string_view url);

struct RtmpPublisherConfig {
  media::RtmpTarget target;
  base::Bytes aac_config;
  base::Duration backoff_min = std::chrono::seconds(1);
  base::Duration backoff_max = std::chrono::seconds(30);
  /// A connection that takes longer to open, or takes nothing for so long, is given up.
  base::Duration stall_max = std::chrono::seconds(10);
};

enum class RtmpState { kConnecting, kLive, kRetrying };
[[nodiscard]] std::string_view to_string(RtmpState state);

struct RtmpStatus {
  RtmpState state = RtmpState::kConnecting;
  std::string detail;             // for a person; no address, no key
  std::uint64_t connections = 0;  // that went live
  std::uint64_t packets_dropped = 0;
};

/// Keeps one programme on one RTMP server: AAC from the caller, a still card as video. Two threads:
/// the producer calls push(), which never blocks; a worker of the app's calls work() about every
/// 20 ms, which may block for stall_max. status() and abort() are for any thread.
class RtmpPublisher {
 public:
  using Clock = std::function<base::Instant()>;
  RtmpPublisher(RtmpPublisherConfig config, Clock clock);

  /// Five seconds of packets are kept for a server that is slow; then new ones are dropped.
  void push(std::shared_ptr<const media::AacPacket> packet);

  void work();
  /// Worker: sends what is queued and ends the stream politely.
  void finish();
  /// Makes a blocked work() or finish() return soon; the connection is lost.
  void abort() { is_aborted_ = true; }

  [[nodiscard]] RtmpStatus status() const;

 private:
  void connect();
  void send_queued();
  base::Result<void> send(const media::AacPacket& packet);
  void give_up(const std::string& why);
  void set_status(RtmpState state, std::string detail);
  void restart_deadline();

  const RtmpPublisherConfig config_;
  const Clock clock_;
  base::SpscQueue<std::shared_ptr<const media::AacPacket>> queue_;
  std::atomic<bool> is_aborted_ = false;
  std::atomic<std::uint64_t> packets_dropped_ = 0;

  // The worker's own.
  std::optional<media::RtmpConnection> connection_;
  std::optional<media::CardEncoder> card_;
  std::optional<base::SampleTime> first_;  // the connection's time zero
  std::int64_t next_frame_ = 0;
  base::Instant deadline_ = base::Instant::never();
  base::Instant retry_at_;
  base::Instant live_since_;
  base::Duration backoff_;

  mutable std::mutex status_mutex_;
  RtmpStatus status_;
};

}  // namespace shelcaster::output
