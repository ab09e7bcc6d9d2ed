#pragma once

#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>

#include "link/messages.hpp"
#include "runtime/frame_channel.hpp"

namespace shelcaster::app {

/// The keeper's end of its link to serve: dialled again for ever (after 250 ms, then each 500 ms).
/// What must not be lost while serve is away waits here, the oldest going first when it is too
/// much.
class ServeLink {
 public:
  struct Handlers {
    std::function<link::Hello()> make_hello;
    /// After hello was sent.
    std::function<void()> on_connected;
    std::function<void(const boost::json::object& frame)> on_frame;
  };

  ServeLink(boost::asio::io_context& io, std::filesystem::path path, Handlers handlers);

  void start() { dial(); }
  /// While serve is away the message is left out.
  void send(const link::KeeperToServe& message, runtime::Delivery delivery) {
    send_frame(link::to_json(message), delivery);
  }
  void send_frame(const boost::json::object& frame, runtime::Delivery delivery);
  /// While serve is away the message waits.
  void send_or_keep(const link::KeeperToServe& message);
  [[nodiscard]] bool is_connected() const { return channel_ != nullptr; }
  [[nodiscard]] bool is_drained() const { return !channel_ || channel_->is_drained(); }

 private:
  void dial();
  void redial_later();

  boost::asio::io_context& io_;
  const std::filesystem::path path_;
  const Handlers handlers_;
  boost::asio::steady_timer redial_;
  std::chrono::milliseconds delay_{0};
  std::unique_ptr<runtime::FrameChannel> channel_;
  std::deque<boost::json::object> kept_;
};

}  // namespace shelcaster::app
