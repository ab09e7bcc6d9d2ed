#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace boost::asio {
class io_context;
}

namespace shelcaster::runtime {

/// What becomes of a message when the other side reads too slowly.
enum class Delivery {
  kReliable,   // waits in the queue; a queue past its limit closes the channel
  kDroppable,  // left out while the queue is more than a quarter full (levels)
  /// Waits in a lane of its own behind everything else, and is refused when that is full: what
  /// strangers may send as much of as they like (offers).
  kYielding,
};

struct FrameChannelLimits {
  std::size_t queued_bytes_max = 16U * 1024U * 1024U;
  std::size_t yielding_bytes_max = 2U * 1024U * 1024U;
};

/// A link (see link/frame.hpp for the framing) over a connected Unix stream socket. Belongs to the
/// thread that runs `io`: construct, send and destroy there. Handlers run there too, never inside
/// the constructor or send(). The object may be destroyed inside a handler; afterwards none runs.
class FrameChannel {
 public:
  struct Handlers {
    std::function<void(boost::json::object frame)> on_frame;
    /// Once, when the other side is gone, out of step or too slow. Nothing follows it.
    std::function<void(std::string_view reason)> on_closed;
  };

  FrameChannel(boost::asio::io_context& io, base::UniqueFd fd, Handlers handlers,
               FrameChannelLimits limits = {});
  FrameChannel(const FrameChannel&) = delete;
  FrameChannel& operator=(const FrameChannel&) = delete;
  ~FrameChannel();

  /// From now on these are called instead; may be called inside a handler.
  void set_handlers(Handlers handlers);

  /// False if the message was dropped or refused, is too long for a frame (which the log tells), or
  /// if the channel is closed.
  bool send(const boost::json::object& message, Delivery delivery = Delivery::kReliable);

  [[nodiscard]] bool is_open() const;
  /// Nothing waits to be written: what was sent is with the kernel.
  [[nodiscard]] bool is_drained() const;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

/// Connects to a listening Unix socket, at once or not at all: whoever redials owns the timer.
base::Result<base::UniqueFd> dial_unix(const std::filesystem::path& path);

/// A connected pair for a parent and its child; both CLOEXEC.
base::Result<std::pair<base::UniqueFd, base::UniqueFd>> unix_pair();

/// Accepts links at a path (made with mode 0600, a stale one is replaced). Same thread rules.
class FrameListener {
 public:
  static base::Result<std::unique_ptr<FrameListener>> listen(
      boost::asio::io_context& io, const std::filesystem::path& path,
      std::function<void(base::UniqueFd)> on_accepted);
  ~FrameListener();

 private:
  class Core;
  explicit FrameListener(std::shared_ptr<Core> core);
  std::shared_ptr<Core> core_;
};

}  // namespace shelcaster::runtime
