#include "app/mix/audio_loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cstdlib>

#include "runtime/system_clock.hpp"

namespace shelcaster::app {
namespace {

/// Batches taken from the socket between two looks at the timer: a flood can't hold up a tick.
constexpr int kBatchesPerWake = 4;
/// A loop that was held up renders this many blocks at once to catch up; further back is silence.
constexpr std::int64_t kCatchUpBlocksMax = 50;

void watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) std::abort();
}

base::SampleTime next_block_after(base::SampleTime at) {
  const std::int64_t block = at.samples() / audio::kBlockFrames + 1;
  return base::SampleTime(block * audio::kBlockFrames);
}

}  // namespace

AudioLoop::AudioLoop(Floor& floor, FloorOutbox& outbox, base::SpscQueue<FloorCommand>& commands,
                     runtime::UdpSocket& socket, const tape::Epoch& epoch, int wake_stage_fd)
    : floor_(floor),
      outbox_(outbox),
      commands_(commands),
      socket_(socket),
      epoch_(epoch),
      wake_stage_fd_(wake_stage_fd),
      timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)),
      epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (!timer_ || !epoll_) std::abort();
  watch(epoll_.get(), socket_.fd());
  watch(epoll_.get(), timer_.get());
}

void AudioLoop::run(const std::atomic<bool>& stop) {
  const base::Instant now = runtime::SystemClock::now();
  next_ = next_block_after(base::SampleTime(base::to_samples(now - epoch_.monotonic)));
  const std::int64_t first_ns = time_of(next_).nanoseconds();
  itimerspec spec{};
  spec.it_value.tv_sec = first_ns / 1'000'000'000;
  spec.it_value.tv_nsec = first_ns % 1'000'000'000;
  spec.it_interval.tv_nsec = 10'000'000;
  if (timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr) != 0) std::abort();

  while (!stop.load(std::memory_order_relaxed)) {
    std::array<epoll_event, 2> events{};
    const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 100);
    for (int i = 0; i < count; ++i) {
      if (events[static_cast<std::size_t>(i)].data.fd == timer_.get()) {
        std::uint64_t expirations = 0;
        (void)!read(timer_.get(), &expirations, sizeof(expirations));
      } else {
        receive();
      }
    }
    render_due(runtime::SystemClock::now());
    wake_stage();
  }
}

void AudioLoop::receive() noexcept {
  for (int batch = 0; batch < kBatchesPerWake; ++batch) {
    const auto received = socket_.receive(slots_);
    for (runtime::ReceivedDatagram& datagram : received) {
      (void)floor_.handle_datagram(datagram.arrival, datagram.datagram());
    }
    if (received.size() < slots_.size()) return;
  }
}

void AudioLoop::render_due(base::Instant now) noexcept {
  const std::int64_t behind =
      (base::to_samples(now - epoch_.monotonic) - next_.samples()) / audio::kBlockFrames;
  if (behind > kCatchUpBlocksMax) {
    const std::int64_t skipped = behind - kCatchUpBlocksMax;
    next_ = next_ + skipped * audio::kBlockFrames;
    counters_.missed_ticks.fetch_add(static_cast<std::uint64_t>(skipped),
                                     std::memory_order_relaxed);
  }
  if (behind > 1) {
    counters_.late_ticks.fetch_add(static_cast<std::uint64_t>(behind - 1),
                                   std::memory_order_relaxed);
  }
  while (time_of(next_) <= now) {
    while (auto command = commands_.try_pop()) floor_.apply(std::move(*command));
    floor_.tick(next_, time_of(next_));
    socket_.send(floor_.transmits());
    next_ = next_ + audio::kBlockFrames;
    counters_.ticks.fetch_add(1, std::memory_order_relaxed);
  }
}

void AudioLoop::wake_stage() noexcept {
  if (outbox_.datagrams.size() + outbox_.reports.size() + outbox_.levels.size() +
          outbox_.retired.size() >
      0) {
    (void)eventfd_write(wake_stage_fd_, 1);
  }
}

}  // namespace shelcaster::app
