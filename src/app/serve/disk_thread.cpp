#include "app/serve/disk_thread.hpp"

#include <boost/asio/post.hpp>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "runtime/thread.hpp"

namespace shelcaster::app {

struct DiskThread::Shared {
  explicit Shared(boost::asio::io_context& io) : control(io) {}

  boost::asio::io_context& control;  // while it isn't over
  std::mutex mutex;                  // never held while the disk is waited for
  std::condition_variable changed;
  std::deque<Work> waiting;
  bool is_over = false;
  bool has_ended = false;
};

DiskThread::DiskThread(boost::asio::io_context& control, std::string name, base::Duration end_max)
    : shared_(std::make_shared<Shared>(control)), end_max_(end_max) {
  std::thread([shared = shared_, name = std::move(name)] { run(*shared, name); }).detach();
}

DiskThread::~DiskThread() {
  std::deque<Work> dropped;  // outside of the lock
  std::unique_lock lock(shared_->mutex);
  shared_->is_over = true;
  dropped.swap(shared_->waiting);
  shared_->changed.notify_all();
  shared_->changed.wait_for(lock, end_max_, [this] { return shared_->has_ended; });
}

bool DiskThread::post(Work work) {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->is_over || shared_->waiting.size() == kWaitingMax) return false;
  shared_->waiting.push_back(std::move(work));
  shared_->changed.notify_all();
  return true;
}

void DiskThread::run(Shared& shared, const std::string& name) {
  runtime::name_thread(name);
  std::unique_lock lock(shared.mutex);
  for (;;) {
    shared.changed.wait(lock, [&shared] { return shared.is_over || !shared.waiting.empty(); });
    if (shared.is_over) break;
    Work work = std::move(shared.waiting.front());
    shared.waiting.pop_front();
    lock.unlock();
    Done done = work();
    work = nullptr;
    lock.lock();
    if (done && !shared.is_over) boost::asio::post(shared.control, std::move(done));
  }
  shared.has_ended = true;
  shared.changed.notify_all();
}

}  // namespace shelcaster::app
