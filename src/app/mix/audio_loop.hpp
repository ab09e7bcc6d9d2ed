#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "app/mix/floor.hpp"
#include "base/spsc_queue.hpp"
#include "base/unique_fd.hpp"
#include "runtime/udp_socket.hpp"

namespace shelcaster::app {

/// Counters that other threads may read while the loop runs.
struct AudioLoopCounters {
  std::atomic<std::uint64_t> ticks{0};
  /// Ticks rendered more than one block after their time.
  std::atomic<std::uint64_t> late_ticks{0};
  /// Ticks that were so late that silence took their place.
  std::atomic<std::uint64_t> missed_ticks{0};
};

/// The audio thread: waits on the UDP socket and a 10 ms timer, and drives the floor. Nothing in
/// run() allocates, locks or waits for anything but these two descriptors.
class AudioLoop {
 public:
  /// All references outlive it. `wake_stage_fd` is an eventfd that is written when the outbox has
  /// something.
  AudioLoop(Floor& floor, FloorOutbox& outbox, base::SpscQueue<FloorCommand>& commands,
            runtime::UdpSocket& socket, const tape::Epoch& epoch, int wake_stage_fd);

  /// Until `stop` is set, which is looked at each 10 ms.
  void run(const std::atomic<bool>& stop);

  [[nodiscard]] const AudioLoopCounters& counters() const { return counters_; }

 private:
  void receive() noexcept;
  void render_due(base::Instant now) noexcept;
  void wake_stage() noexcept;
  [[nodiscard]] base::Instant time_of(base::SampleTime at) const {
    return epoch_.monotonic + base::to_duration(at.samples());
  }

  Floor& floor_;
  FloorOutbox& outbox_;
  base::SpscQueue<FloorCommand>& commands_;
  runtime::UdpSocket& socket_;
  tape::Epoch epoch_;
  int wake_stage_fd_;
  base::UniqueFd timer_;
  base::UniqueFd epoll_;
  base::SampleTime next_;
  std::array<runtime::ReceivedDatagram, runtime::UdpSocket::kBatchMax> slots_{};
  AudioLoopCounters counters_;
};

}  // namespace shelcaster::app
