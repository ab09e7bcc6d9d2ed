#include "app/keeper/serve_link.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <string_view>
#include <utility>

#include "base/log.hpp"

namespace shelcaster::app {
namespace {

constexpr std::chrono::milliseconds kRedialFirst{250};
constexpr std::chrono::milliseconds kRedialMax{500};
// Ends of tracks and acknowledgements: a long night without serve has a few hundred.
constexpr std::size_t kKeptMax = 1'024;

}  // namespace

ServeLink::ServeLink(boost::asio::io_context& io, std::filesystem::path path, Handlers handlers)
    : io_(io), path_(std::move(path)), handlers_(std::move(handlers)), redial_(io) {}

void ServeLink::dial() {
  auto fd = runtime::dial_unix(path_);
  if (!fd) return redial_later();
  delay_ = {};
  channel_ = std::make_unique<runtime::FrameChannel>(
      io_, std::move(*fd),
      runtime::FrameChannel::Handlers{
          .on_frame = [this](const boost::json::object& frame) { handlers_.on_frame(frame); },
          .on_closed =
              [this](std::string_view reason) {
                base::log::warn("link", "serve is away: {}", reason);
                channel_.reset();
                redial_later();
              }});
  channel_->send(link::to_json(handlers_.make_hello()));
  while (!kept_.empty()) {
    channel_->send(kept_.front());
    kept_.pop_front();
  }
  handlers_.on_connected();
}

void ServeLink::redial_later() {
  delay_ = std::clamp(2 * delay_, kRedialFirst, kRedialMax);
  redial_.expires_after(delay_);
  redial_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) dial();
  });
}

void ServeLink::send_frame(const boost::json::object& frame, runtime::Delivery delivery) {
  if (channel_) channel_->send(frame, delivery);
}

void ServeLink::send_or_keep(const link::KeeperToServe& message) {
  boost::json::object frame = link::to_json(message);
  if (channel_ && channel_->send(frame)) return;
  if (kept_.size() == kKeptMax) kept_.pop_front();
  kept_.push_back(std::move(frame));
}

}  // namespace shelcaster::app
