#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "net/network.hpp"
#include "runtime/http_types.hpp"

namespace shelcaster::runtime::detail {

/// The bodies of answers that are held in memory until their clients have read them: so many bytes
/// in all and for each network (IPv4 address, IPv6 /64). The last quarter is for networks that hold
/// nothing yet, so that a few that read nothing don't keep all others from asking. Any thread.
class UnreadAnswers {
 public:
  /// Such a body has room in any case: a head may be as large, and connections have a limit.
  static constexpr std::size_t kSmallBytes = 4 * 1024;

  UnreadAnswers(std::size_t bytes_max, std::size_t bytes_per_address_max)
      : bytes_max_(bytes_max), bytes_per_address_max_(bytes_per_address_max) {}

  bool enter(std::uint64_t network, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = per_network_.find(network);
    const std::size_t held = found != per_network_.end() ? found->second : 0;
    const std::size_t room = held == 0 ? bytes_max_ : bytes_max_ - bytes_max_ / 4;
    if (bytes_ + bytes > room || held + bytes > bytes_per_address_max_) return false;
    bytes_ += bytes;
    per_network_[network] += bytes;
    return true;
  }
  void leave(std::uint64_t network, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    bytes_ -= bytes;
    const auto found = per_network_.find(network);
    if ((found->second -= bytes) == 0) per_network_.erase(found);
  }
  [[nodiscard]] std::size_t bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

 private:
  const std::size_t bytes_max_;
  const std::size_t bytes_per_address_max_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::size_t> per_network_;
  std::size_t bytes_ = 0;
};

/// One body, while it is being written.
class UnreadAnswer {
 public:
  UnreadAnswer(UnreadAnswers& answers, const std::string& address, std::size_t bytes)
      : answers_(answers), network_(net::network_of(address)) {
    if (bytes <= UnreadAnswers::kSmallBytes) return;
    is_in_ = answers_.enter(network_, bytes);
    if (is_in_) bytes_ = bytes;
  }
  UnreadAnswer(const UnreadAnswer&) = delete;
  UnreadAnswer& operator=(const UnreadAnswer&) = delete;
  ~UnreadAnswer() {
    if (bytes_ > 0) answers_.leave(network_, bytes_);
  }
  [[nodiscard]] bool is_in() const { return is_in_; }

 private:
  UnreadAnswers& answers_;
  const std::uint64_t network_;
  std::size_t bytes_ = 0;
  bool is_in_ = true;
};

inline HttpResponse too_much_unread() {
  HttpResponse response =
      problem_response(503, "too much that was asked for from this address is still unread");
  response.headers.emplace_back("Retry-After", "5");
  return response;
}

}  // namespace shelcaster::runtime::detail
