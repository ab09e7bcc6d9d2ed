#include "app/publish/destination_runner.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "runtime/system_clock.hpp"
#include "runtime/thread.hpp"

namespace shelcaster::app {
namespace {

/// No destination waits for so long by its own rules: connecting is given up after ten seconds.
constexpr base::Duration kHungAfter = std::chrono::seconds(30);

}  // namespace

struct DestinationRunner::Shared {
  Shared(std::string thread_name, std::unique_ptr<Destination> to)
      : thread(std::move(thread_name)), destination(std::move(to)) {}

  const std::string thread;
  const std::unique_ptr<Destination> destination;
  /// When the worker last called the destination; 0: it is back.
  std::atomic<std::int64_t> away_since_ns = 0;
  std::mutex mutex;  // never held while the destination is called
  std::condition_variable changed;
  bool is_finishing = false;
  bool is_cut_loose = false;
  bool is_dismissed = false;
  bool is_done = false;
};

DestinationRunner::DestinationRunner(std::string thread, std::unique_ptr<Destination> destination)
    : shared_(std::make_shared<Shared>(std::move(thread), std::move(destination))) {
  // The thread shares ownership, so that it may outlive this object.
  std::thread([shared = shared_] { run(*shared); }).detach();
}

void DestinationRunner::run(Shared& shared) {
  runtime::name_thread(shared.thread);
  const auto call = [&shared](auto what) {
    shared.away_since_ns = runtime::SystemClock::now().nanoseconds();
    const auto result = what(*shared.destination);
    shared.away_since_ns = 0;
    return result;
  };
  std::unique_lock lock(shared.mutex);
  bool has_ended = false;
  while (!shared.is_cut_loose && !has_ended) {
    const bool is_finishing = shared.is_finishing;
    lock.unlock();
    has_ended = call([is_finishing](Destination& to) {
      if (is_finishing) return to.finish();
      to.work();
      return false;
    });
    const base::Duration period = shared.destination->period();
    lock.lock();
    if (has_ended) break;
    shared.changed.wait_for(
        lock, period, [&] { return shared.is_cut_loose || shared.is_finishing != is_finishing; });
  }
  if (!has_ended && shared.is_dismissed) {
    lock.unlock();
    shared.destination->leave();
    lock.lock();
  }
  shared.is_done = true;
  shared.changed.notify_all();
}

DestinationRunner::~DestinationRunner() {
  shared_->destination->abort();
  const std::lock_guard lock(shared_->mutex);
  shared_->is_cut_loose = true;
  shared_->changed.notify_all();
}

void DestinationRunner::push(const ProgrammeUnit& unit) { shared_->destination->push(unit); }

bool DestinationRunner::wants_pcm() const { return shared_->destination->wants_pcm(); }

DestinationStatus DestinationRunner::status() const {
  DestinationStatus status = shared_->destination->status();
  const std::int64_t since_ns = shared_->away_since_ns;
  if (since_ns == 0) return status;
  const base::Duration away =
      runtime::SystemClock::now() - base::Instant::from_nanoseconds(since_ns);
  if (away < kHungAfter) return status;
  status.state = "retrying";
  status.problem = "hung";
  status.detail = "it takes nothing: what it writes to or asks hangs";
  return status;
}

void DestinationRunner::finish() {
  const std::lock_guard lock(shared_->mutex);
  shared_->is_finishing = true;
  shared_->changed.notify_all();
}

void DestinationRunner::dismiss() {
  const std::lock_guard lock(shared_->mutex);
  shared_->is_dismissed = true;
}

bool DestinationRunner::wait_until_finished(base::Instant deadline) {
  std::unique_lock lock(shared_->mutex);
  const base::Duration wait = deadline - runtime::SystemClock::now();
  return shared_->changed.wait_for(lock, wait, [this] { return shared_->is_done; });
}

}  // namespace shelcaster::app
