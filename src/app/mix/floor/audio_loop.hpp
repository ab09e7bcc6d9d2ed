#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "app/mix/floor/floor.hpp"
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
  /// Ticks that a process before had left out and that were rendered after their time.
  std::atomic<std::uint64_t> recovered_ticks{0};
  /// Ticks after which the master showed clipping, which it does for a second.
  std::atomic<std::uint64_t> clip_ticks{0};
};

/// eventfds, written to wake those who wait on them; they outlive the loop.
struct AudioLoopWakes {
  int stage_fd = -1;   // the outbox has something
  int feeder_fd = -1;  // the deck has asked for something
};

/// The audio thread: wakes up each 10 ms, takes what the socket has got meanwhile (the kernel has
/// noted when), and drives the floor. Packets don't wake it, since nothing is done with them before
/// the next block; a flood makes it look each millisecond, so that the socket's buffer holds. While
/// the floor rests it sleeps until a packet or command comes, at most a second.
///
/// In run() nothing allocates or locks, and the system calls are clock_nanosleep, ppoll, recvmmsg,
/// sendmmsg and write to the wakes.
class AudioLoop {
 public:
  /// All references outlive it.
  AudioLoop(Floor& floor, FloorOutbox& outbox, base::SpscQueue<FloorCommand>& commands,
            runtime::UdpSocket& socket, const tape::Epoch& epoch, const AudioLoopWakes& wakes);

  /// Before run(): it begins with the block at `at`, and catches up from there as fast as it can.
  void resume_at(base::SampleTime at) { resume_at_ = at; }

  /// Until `stop` is set, which is looked at each 10 ms, and at rest each second.
  void run(const std::atomic<bool>& stop) noexcept;

  /// Any thread, after it has put something into the commands.
  void poke() noexcept;
  /// Any thread: a loop that rests, now or next, looks at once at what there is; after `stop` was
  /// set.
  void end_rest() noexcept;

  [[nodiscard]] const AudioLoopCounters& counters() const { return counters_; }

 private:
  void catch_up() noexcept;
  void await_deck(base::Instant until) noexcept;
  /// False: no packet has come.
  bool wait() noexcept;
  bool wait_at_rest() noexcept;
  void receive() noexcept;
  void render_due(base::Instant now) noexcept;
  void rest_until(base::Instant now) noexcept;
  void note_lateness(base::Instant now) noexcept;
  void wake_others() noexcept;
  void take_commands() noexcept {
    while (floor_.may_retire()) {
      auto command = commands_.try_pop();
      if (!command) return;
      floor_.apply(std::move(*command));
    }
  }
  [[nodiscard]] base::Instant time_of(base::SampleTime at) const {
    return epoch_.monotonic + base::to_duration(at.samples());
  }
  /// Whole blocks whose time has come.
  [[nodiscard]] std::int64_t due_blocks(base::Instant now) const;

  Floor& floor_;
  FloorOutbox& outbox_;
  base::SpscQueue<FloorCommand>& commands_;
  runtime::UdpSocket& socket_;
  const tape::Epoch epoch_;
  const AudioLoopWakes wakes_;
  const base::UniqueFd poked_;  // eventfd
  std::atomic<bool> is_resting_{false};
  bool is_flooded_ = false;
  std::optional<base::SampleTime> resume_at_;
  base::SampleTime next_;
  std::array<runtime::ReceivedDatagram, runtime::UdpSocket::kBatchMax> slots_{};
  AudioLoopCounters counters_;
};

}  // namespace shelcaster::app
