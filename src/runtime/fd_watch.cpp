#include "runtime/fd_watch.hpp"

#include <fcntl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <utility>

namespace shelcaster::runtime {

class FdWatch::Core : public std::enable_shared_from_this<Core> {
 public:
  // A duplicate, so that Asio's reactor and the owner each close one of their own.
  Core(boost::asio::io_context& io, int fd, std::function<void()> on_readable)
      : descriptor_(io, ::fcntl(fd, F_DUPFD_CLOEXEC, 3)), on_readable_(std::move(on_readable)) {}

  void start() {
    descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                           [self = shared_from_this()](boost::system::error_code) {
                             const auto on_readable = std::exchange(self->on_readable_, {});
                             if (on_readable) on_readable();
                           });
  }

  void abandon() {
    on_readable_ = {};
    boost::system::error_code ignored;
    descriptor_.close(ignored);
  }

 private:
  boost::asio::posix::stream_descriptor descriptor_;
  std::function<void()> on_readable_;
};

FdWatch::FdWatch(boost::asio::io_context& io, int fd, std::function<void()> on_readable)
    : core_(std::make_shared<Core>(io, fd, std::move(on_readable))) {
  core_->start();
}

FdWatch::~FdWatch() { core_->abandon(); }

}  // namespace shelcaster::runtime
