#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace shelcaster::runtime::detail {

/// A value that another thread gives once, awaited on a strand.
template <typename T>
class Answer : public std::enable_shared_from_this<Answer<T>> {
 public:
  explicit Answer(boost::asio::any_io_executor strand) : strand_(strand), given_(strand) {}

  std::function<void(T)> callback() {
    return [self = this->shared_from_this()](T value) {
      boost::asio::post(self->strand_, [self, moved = std::move(value)]() mutable {
        if (self->value_) return;
        self->value_.emplace(std::move(moved));
        self->given_.cancel();
      });
    };
  }

  /// Nothing when the time is over.
  boost::asio::awaitable<std::optional<T>> wait(std::chrono::milliseconds timeout) {
    if (!value_) {
      given_.expires_after(timeout);
      boost::system::error_code woken;
      co_await given_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, woken));
    }
    co_return std::move(value_);
  }

 private:
  boost::asio::any_io_executor strand_;
  boost::asio::steady_timer given_;
  std::optional<T> value_;
};

}  // namespace shelcaster::runtime::detail
