#pragma once

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace shelcaster::runtime {

/// Calls once when a descriptor becomes readable: a pidfd when its process ends, a signalfd, a
/// pipe. The descriptor stays the caller's and must outlive this. Belongs to the thread of `io`;
/// nothing is called after destruction.
class FdWatch {
 public:
  FdWatch(boost::asio::io_context& io, int fd, std::function<void()> on_readable);
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;
  ~FdWatch();

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace shelcaster::runtime
