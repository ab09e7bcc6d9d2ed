#include "runtime/frame_channel.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>
#include <deque>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "link/frame.hpp"

namespace shelcaster::runtime {

namespace asio = boost::asio;
using Protocol = asio::local::stream_protocol;
using boost::system::error_code;

class FrameChannel::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(asio::io_context& io, base::UniqueFd fd, Handlers handlers, FrameChannelLimits limits)
      : socket_(io), handlers_(std::move(handlers)), limits_(limits) {
    error_code failed;
    socket_.assign(Protocol(), fd.get(), failed);
    if (failed) return;  // start() tells
    (void)fd.release();
    socket_.non_blocking(true, failed);
  }

  void start() {
    if (!is_open()) return close_later("not a Unix stream socket");
    read();
  }

  // From the owner's destructor: no handler may run any more.
  void abandon() {
    handlers_ = {};
    error_code ignored;
    if (socket_.is_open()) socket_.close(ignored);
  }

  void set_handlers(Handlers handlers) { handlers_ = std::move(handlers); }

  bool send(const boost::json::object& message, Delivery delivery) {
    if (!is_open() || is_closing_) return false;
    if (delivery == Delivery::kDroppable && queued_bytes_ > limits_.queued_bytes_max / 4) {
      return false;
    }
    auto frame = link::write_frame(message);
    if (!frame) {
      base::log::error("link", "a message is left out: {}", frame.error().message);
      return false;
    }
    if (delivery == Delivery::kYielding) {
      if (yielding_bytes_ + frame->size() > limits_.yielding_bytes_max) return false;
      yielding_bytes_ += frame->size();
      yielding_.push_back(*std::move(frame));
    } else {
      if (queued_bytes_ + frame->size() > limits_.queued_bytes_max) {
        close_later("the other side reads too slowly");
        return false;
      }
      queued_bytes_ += frame->size();
      queue_.push_back(*std::move(frame));
    }
    if (writing_.empty()) write();
    return true;
  }

  [[nodiscard]] bool is_open() const { return socket_.is_open(); }
  [[nodiscard]] bool is_drained() const { return writing_.empty(); }

 private:
  void read() {
    socket_.async_read_some(asio::buffer(buffer_),
                            [self = shared_from_this()](error_code failed, std::size_t size) {
                              self->handle_read(failed, size);
                            });
  }

  void handle_read(error_code failed, std::size_t size) {
    if (!handlers_.on_frame || is_closing_) return;
    if (failed) return close("closed by the other side");
    reader_.feed(std::as_bytes(std::span(buffer_)).first(size));
    for (;;) {
      auto next = reader_.next();
      if (!next) return close(next.error().message);
      if (!*next) break;
      // A copy, because the handler may destroy the channel and with it handlers_.
      const auto on_frame = handlers_.on_frame;
      on_frame(std::move(**next));
      if (!handlers_.on_frame || is_closing_) return;
    }
    read();
  }

  /// One frame, if any waits; writing_ is empty.
  void write() {
    if (!queue_.empty()) {
      writing_ = std::move(queue_.front());
      queue_.pop_front();
      queued_bytes_ -= writing_.size();
    } else if (!yielding_.empty()) {
      writing_ = std::move(yielding_.front());
      yielding_.pop_front();
      yielding_bytes_ -= writing_.size();
    } else {
      return;
    }
    asio::async_write(socket_, asio::buffer(writing_),
                      [self = shared_from_this()](error_code failed, std::size_t size) {
                        self->handle_written(failed, size);
                      });
  }

  void handle_written(error_code failed, std::size_t) {
    writing_.clear();
    if (failed || !is_open()) return;  // the pending read reports the end
    write();
  }

  void close_later(std::string reason) {
    if (std::exchange(is_closing_, true)) return;
    asio::post(socket_.get_executor(),
               [self = shared_from_this(), why = std::move(reason)] { self->close(why); });
  }

  void close(std::string_view reason) {
    is_closing_ = true;
    error_code ignored;
    if (socket_.is_open()) socket_.close(ignored);
    const Handlers handlers = std::exchange(handlers_, {});
    if (handlers.on_closed) handlers.on_closed(reason);
  }

  Protocol::socket socket_;
  Handlers handlers_;
  const FrameChannelLimits limits_;
  link::FrameReader reader_;
  std::array<char, 16'384> buffer_{};
  std::string writing_;  // with the socket now
  std::deque<std::string> queue_;
  std::size_t queued_bytes_ = 0;
  std::deque<std::string> yielding_;
  std::size_t yielding_bytes_ = 0;
  bool is_closing_ = false;
};

FrameChannel::FrameChannel(asio::io_context& io, base::UniqueFd fd, Handlers handlers,
                           FrameChannelLimits limits)
    : core_(std::make_shared<Core>(io, std::move(fd), std::move(handlers), limits)) {
  core_->start();
}

FrameChannel::~FrameChannel() { core_->abandon(); }

void FrameChannel::set_handlers(Handlers handlers) { core_->set_handlers(std::move(handlers)); }

bool FrameChannel::send(const boost::json::object& message, Delivery delivery) {
  return core_->send(message, delivery);
}
bool FrameChannel::is_open() const { return core_->is_open(); }
bool FrameChannel::is_drained() const { return core_->is_drained(); }

namespace {

base::Result<sockaddr_un> unix_address(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string text = path.string();
  if (text.size() >= sizeof(address.sun_path)) {
    return base::fail(fmt::format("{}: too long for a Unix socket ({} bytes, at most {})", text,
                                  text.size(), sizeof(address.sun_path) - 1));
  }
  std::memcpy(address.sun_path, text.data(), text.size());
  return address;
}

}  // namespace

base::Result<base::UniqueFd> dial_unix(const std::filesystem::path& path) {
  const auto address = unix_address(path);
  if (!address) return tl::unexpected(address.error());
  base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address))) {
    return base::fail(fmt::format("{}: {}", path.string(), std::strerror(errno)));
  }
  return fd;
}

base::Result<std::pair<base::UniqueFd, base::UniqueFd>> unix_pair() {
  std::array<int, 2> fds{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) != 0) {
    return base::fail(fmt::format("socketpair: {}", std::strerror(errno)));
  }
  return std::pair(base::UniqueFd(fds[0]), base::UniqueFd(fds[1]));
}

class FrameListener::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(asio::io_context& io, base::UniqueFd fd, std::filesystem::path path,
       std::function<void(base::UniqueFd)> on_accepted)
      : acceptor_(io, Protocol(), fd.release()),
        path_(std::move(path)),
        on_accepted_(std::move(on_accepted)) {}

  void accept() {
    acceptor_.async_accept([self = shared_from_this()](error_code failed, Protocol::socket socket) {
      if (failed == asio::error::operation_aborted || !self->on_accepted_) return;
      if (!failed) {
        base::UniqueFd fd(socket.release());
        ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
        self->on_accepted_(std::move(fd));
      }
      self->accept();
    });
  }

  void abandon() {
    on_accepted_ = {};
    error_code ignored;
    acceptor_.close(ignored);
    ::unlink(path_.c_str());
  }

 private:
  Protocol::acceptor acceptor_;
  const std::filesystem::path path_;
  std::function<void(base::UniqueFd)> on_accepted_;
};

base::Result<std::unique_ptr<FrameListener>> FrameListener::listen(
    asio::io_context& io, const std::filesystem::path& path,
    std::function<void(base::UniqueFd)> on_accepted) {
  const auto address = unix_address(path);
  if (!address) return tl::unexpected(address.error());
  ::unlink(path.c_str());
  base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) ||
      ::chmod(path.c_str(), 0600) != 0 || ::listen(fd.get(), 64) != 0) {
    return base::fail(fmt::format("{}: {}", path.string(), std::strerror(errno)));
  }
  auto core = std::make_shared<Core>(io, std::move(fd), path, std::move(on_accepted));
  core->accept();
  return std::unique_ptr<FrameListener>(new FrameListener(std::move(core)));
}

FrameListener::FrameListener(std::shared_ptr<Core> core) : core_(std::move(core)) {}
FrameListener::~FrameListener() { core_->abandon(); }

}  // namespace shelcaster::runtime
