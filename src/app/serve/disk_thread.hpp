#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/time.hpp"

namespace shelcaster::app {

/// A thread for what waits for a disk, so that nobody else does: what it is given is done in that
/// order, and the rest of it on the control thread. A disk that hangs holds up this thread alone,
/// and not the end of the process: what is under way then is left behind, so work holds what it
/// needs by shared ownership. Control thread only, but for post().
class DiskThread {
 public:
  /// To be done on the control thread when the work is done; may be empty.
  using Done = std::function<void()>;
  using Work = std::function<Done()>;
  /// Of what waits: more than people wait for, so that the disk must be hanging.
  static constexpr std::size_t kWaitingMax = 64;

  /// `end_max`: how long what is under way at the end is waited for.
  DiskThread(boost::asio::io_context& control, std::string name,
             base::Duration end_max = std::chrono::seconds(2));
  /// Drops what waits.
  ~DiskThread();
  DiskThread(const DiskThread&) = delete;
  DiskThread& operator=(const DiskThread&) = delete;

  /// False when too many wait: the work is never done then. Any thread.
  [[nodiscard]] bool post(Work work);

 private:
  struct Shared;
  static void run(Shared& shared, const std::string& name);

  const std::shared_ptr<Shared> shared_;
  const base::Duration end_max_;
};

}  // namespace shelcaster::app
