#include "app/mix/floor/audio_loop.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "audio/flush_denormals.hpp"
#include "runtime/system_clock.hpp"

namespace shelcaster::app {
namespace {

/// More than this between two wakes is a flood: a full house sends half as much in 10 ms.
constexpr std::size_t kFloodDatagrams = 256;
constexpr base::Duration kFloodWait = std::chrono::milliseconds(1);
/// The longest that taking packets may hold up a tick. What is left over stays in the socket.
constexpr base::Duration kReceiveMax = std::chrono::milliseconds(2);
/// Less than half of what the keeper takes for a hang, so that no wake which is a little late is
/// one.
constexpr base::Duration kRestStep = std::chrono::seconds(1);
/// A loop that was held up renders this many blocks at once to catch up; further back is silence.
constexpr std::int64_t kCatchUpBlocksMax = 50;

/// The most that is rendered after a crash of the process before; the tape holds no more.
constexpr std::int64_t kRecoverBlocksMax = 1'000;
/// All that a feeder needs to open a file takes less, unless the disk hangs: then the deck is late.
constexpr base::Duration kAwaitMax = std::chrono::milliseconds(200);
constexpr base::Duration kAwaitStep = std::chrono::microseconds(250);
constexpr base::Duration kWorthSending = std::chrono::milliseconds(60);

timespec to_timespec(base::Duration since_boot) {
  return {.tv_sec = since_boot.count() / 1'000'000'000,
          .tv_nsec = since_boot.count() % 1'000'000'000};
}

base::SampleTime next_block_after(base::SampleTime at) {
  const std::int64_t block = at.samples() / audio::kBlockFrames + 1;
  return base::SampleTime(block * audio::kBlockFrames);
}

}  // namespace

AudioLoop::AudioLoop(Floor& floor, FloorOutbox& outbox, base::SpscQueue<FloorCommand>& commands,
                     runtime::UdpSocket& socket, const tape::Epoch& epoch,
                     const AudioLoopWakes& wakes)
    : floor_(floor),
      outbox_(outbox),
      commands_(commands),
      socket_(socket),
      epoch_(epoch),
      wakes_(wakes),
      poked_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!poked_) std::abort();
}

void AudioLoop::run(const std::atomic<bool>& stop) noexcept {
  // Without it the kernel may end a sleep 50 µs late, to wake several threads at once.
  prctl(PR_SET_TIMERSLACK, 1UL);
  // Opus decodes and encodes what rings out as well as the engine mixes it.
  const audio::FlushDenormals flush_denormals;
  const base::Instant start = runtime::SystemClock::now();
  next_ = next_block_after(base::SampleTime(base::to_samples(start - epoch_.monotonic)));
  if (resume_at_ && *resume_at_ < next_) catch_up();
  while (!stop.load(std::memory_order_relaxed)) {
    if (wait()) receive();
    render_due(runtime::SystemClock::now());
    wake_others();
  }
}

/// What the process before did not come to: with the packets that waited in the socket, and with
/// the deck's samples, for which it waits so that none is missing.
void AudioLoop::catch_up() noexcept {
  const base::Instant start = runtime::SystemClock::now();
  next_ = std::max(*resume_at_, next_ - kRecoverBlocksMax * audio::kBlockFrames);
  if (*resume_at_ < next_) {
    const auto skipped = (next_ - *resume_at_) / audio::kBlockFrames;
    counters_.missed_ticks.fetch_add(static_cast<std::uint64_t>(skipped));
  }
  if (floor_.take_feeder_call()) (void)eventfd_write(wakes_.feeder_fd, 1);
  do receive();
  while (is_flooded_ && runtime::SystemClock::now() - start < kAwaitMax);
  for (base::Instant now = start; time_of(next_) <= now; now = runtime::SystemClock::now()) {
    await_deck(start + kAwaitMax);
    floor_.tick(next_, time_of(next_));
    // Nobody waits for what is older: it would only make their buffers longer.
    if (now - time_of(next_) < kWorthSending) socket_.send(floor_.transmits());
    next_ = next_ + audio::kBlockFrames;
    counters_.ticks.fetch_add(1, std::memory_order_relaxed);
    counters_.recovered_ticks.fetch_add(1, std::memory_order_relaxed);
    wake_others();
  }
}

void AudioLoop::await_deck(base::Instant until) noexcept {
  const timespec step = to_timespec(kAwaitStep);
  while (!floor_.is_deck_fed() && runtime::SystemClock::now() < until) {
    clock_nanosleep(CLOCK_MONOTONIC, 0, &step, nullptr);
  }
}

void AudioLoop::poke() noexcept {
  // Pairs with the fence in wait_at_rest(): either we see that it rests, or it sees the command.
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (is_resting_.load(std::memory_order_relaxed)) end_rest();
}

void AudioLoop::end_rest() noexcept { (void)eventfd_write(poked_.get(), 1); }

bool AudioLoop::wait() noexcept {
  if (is_resting_.load(std::memory_order_relaxed)) return wait_at_rest();
  base::Instant until = time_of(next_);
  if (is_flooded_) until = std::min(until, runtime::SystemClock::now() + kFloodWait);
  const timespec at = to_timespec(until - base::Instant());
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
  return true;
}

bool AudioLoop::wait_at_rest() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (commands_.size() > 0) return true;
  std::array<pollfd, 2> fds{{{socket_.fd(), POLLIN, 0}, {poked_.get(), POLLIN, 0}}};
  const timespec step = to_timespec(kRestStep);
  if (ppoll(fds.data(), fds.size(), &step, nullptr) > 0 && fds[1].revents != 0) {
    eventfd_t ignored = 0;
    (void)eventfd_read(poked_.get(), &ignored);
  }
  return fds[0].revents != 0;
}

void AudioLoop::receive() noexcept {
  const base::Instant until = runtime::SystemClock::now() + kReceiveMax;
  std::size_t taken = 0;
  do {
    for (runtime::ReceivedDatagram& datagram : socket_.receive(slots_)) {
      (void)floor_.handle_datagram(datagram.arrival, datagram.datagram());
      ++taken;
    }
  } while (socket_.has_more() && runtime::SystemClock::now() < until);
  is_flooded_ = taken > kFloodDatagrams || socket_.has_more();
}

std::int64_t AudioLoop::due_blocks(base::Instant now) const {
  const std::int64_t elapsed = base::to_samples(now - epoch_.monotonic) - next_.samples();
  return elapsed < 0 ? 0 : elapsed / audio::kBlockFrames + 1;
}

void AudioLoop::render_due(base::Instant now) noexcept {
  if (is_resting_.load(std::memory_order_relaxed)) {
    rest_until(now);
    take_commands();
  } else {
    note_lateness(now);
    while (time_of(next_) <= now) {
      take_commands();
      floor_.tick(next_, time_of(next_));
      socket_.send(floor_.transmits());
      next_ = next_ + audio::kBlockFrames;
      counters_.ticks.fetch_add(1, std::memory_order_relaxed);
      if (floor_.rendered().master.clip) {
        counters_.clip_ticks.fetch_add(1, std::memory_order_relaxed);
      }
    }
  }
  is_resting_.store(floor_.is_resting(), std::memory_order_relaxed);
}

void AudioLoop::rest_until(base::Instant now) noexcept {
  const std::int64_t blocks = due_blocks(now);
  if (blocks == 0) return;
  next_ = next_ + blocks * audio::kBlockFrames;
  floor_.rest(next_);
  counters_.ticks.fetch_add(static_cast<std::uint64_t>(blocks), std::memory_order_relaxed);
}

void AudioLoop::note_lateness(base::Instant now) noexcept {
  const std::int64_t due = due_blocks(now);
  if (due <= 2) return;
  counters_.late_ticks.fetch_add(static_cast<std::uint64_t>(due - 2), std::memory_order_relaxed);
  const std::int64_t skipped = due - 1 - kCatchUpBlocksMax;
  if (skipped <= 0) return;
  next_ = next_ + skipped * audio::kBlockFrames;
  counters_.missed_ticks.fetch_add(static_cast<std::uint64_t>(skipped), std::memory_order_relaxed);
}

void AudioLoop::wake_others() noexcept {
  if (outbox_.datagrams.size() + outbox_.reports.size() + outbox_.levels.size() +
          outbox_.retired.size() >
      0) {
    (void)eventfd_write(wakes_.stage_fd, 1);
  }
  if (floor_.take_feeder_call()) (void)eventfd_write(wakes_.feeder_fd, 1);
}

}  // namespace shelcaster::app
