#include "app/publish/rtmp_output.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "runtime/system_clock.hpp"
#include "runtime/thread.hpp"

namespace shelcaster::app {
namespace {

constexpr auto kWorkPeriod = std::chrono::milliseconds(20);

}  // namespace

struct RtmpOutput::Shared {
  explicit Shared(output::RtmpPublisherConfig config)
      : publisher(std::move(config), [] { return runtime::SystemClock::now(); }) {}

  output::RtmpPublisher publisher;
  std::mutex mutex;
  std::condition_variable changed;
  bool is_finishing = false;
  bool is_done = false;
};

RtmpOutput::RtmpOutput(std::string id, output::RtmpPublisherConfig config)
    : id_(std::move(id)),
      url_(config.target.url),
      shared_(std::make_shared<Shared>(std::move(config))) {
  // The thread shares ownership, so that it may outlive this object.
  std::thread([shared = shared_] { run(*shared); }).detach();
}

void RtmpOutput::run(Shared& shared) {
  runtime::name_thread("rtmp");
  std::unique_lock lock(shared.mutex);
  while (!shared.is_finishing) {
    lock.unlock();
    shared.publisher.work();
    lock.lock();
    shared.changed.wait_for(lock, kWorkPeriod, [&] { return shared.is_finishing; });
  }
  lock.unlock();
  shared.publisher.finish();
  lock.lock();
  shared.is_done = true;
  shared.changed.notify_all();
}

RtmpOutput::~RtmpOutput() {
  shared_->publisher.abort();
  const std::lock_guard lock(shared_->mutex);
  shared_->is_finishing = true;
  shared_->changed.notify_all();
}

output::RtmpStatus RtmpOutput::status() const { return shared_->publisher.status(); }

void RtmpOutput::push(std::shared_ptr<const media::AacPacket> packet) {
  shared_->publisher.push(std::move(packet));
}

void RtmpOutput::finish(base::Duration wait) {
  std::unique_lock lock(shared_->mutex);
  shared_->is_finishing = true;
  shared_->changed.notify_all();
  (void)shared_->changed.wait_for(lock, wait, [this] { return shared_->is_done; });
}

}  // namespace shelcaster::app
