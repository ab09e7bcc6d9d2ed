#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "net/network.hpp"
#include "runtime/http_types.hpp"

namespace shelcaster::runtime::detail {

/// What each address has open now: connections of its own, and requests that come through a trusted
/// proxy. Of IPv6 the /64 counts, since whoever has an address there has all of them. Any thread.
class ConnectionCounts {
 public:
  ConnectionCounts(std::size_t total_max, std::size_t per_address_max)
      : total_max_(total_max), per_address_max_(per_address_max) {}

  /// A connection. That of a trusted proxy, which carries many people, counts in the total only.
  bool enter(const std::string& address, bool is_proxy) {
    const std::lock_guard lock(mutex_);
    if (total_ >= total_max_) return false;
    if (!is_proxy && !add(address)) return false;
    ++total_;
    return true;
  }
  void leave(const std::string& address, bool is_proxy) {
    const std::lock_guard lock(mutex_);
    --total_;
    if (!is_proxy) drop(address);
  }
  /// A request on a proxy's connection.
  bool enter_client(const std::string& address) {
    const std::lock_guard lock(mutex_);
    return add(address);
  }
  void leave_client(const std::string& address) {
    const std::lock_guard lock(mutex_);
    drop(address);
  }
  [[nodiscard]] std::size_t total() const {
    const std::lock_guard lock(mutex_);
    return total_;
  }

 private:
  bool add(const std::string& address) {
    std::size_t& count = per_network_[net::network_of(address)];
    if (count >= per_address_max_) return false;
    ++count;
    return true;
  }
  void drop(const std::string& address) {
    const auto found = per_network_.find(net::network_of(address));
    if (--found->second == 0) per_network_.erase(found);
  }

  const std::size_t total_max_;
  const std::size_t per_address_max_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::size_t> per_network_;
  std::size_t total_ = 0;
};

/// One request of a client that a trusted proxy names; nothing for a connection of the client's
/// own, which is counted already.
class ClientCount {
 public:
  ClientCount(ConnectionCounts& counts, const std::string& peer, std::string client)
      : counts_(counts), client_(std::move(client)), is_counted_(client_ != peer) {
    is_in_ = !is_counted_ || counts_.enter_client(client_);
  }
  ClientCount(const ClientCount&) = delete;
  ClientCount& operator=(const ClientCount&) = delete;
  ~ClientCount() {
    if (is_counted_ && is_in_) counts_.leave_client(client_);
  }
  [[nodiscard]] bool is_in() const { return is_in_; }

 private:
  ConnectionCounts& counts_;
  const std::string client_;
  const bool is_counted_;
  bool is_in_ = false;
};

inline HttpResponse too_many_from_client() {
  HttpResponse response =
      problem_response(429, "too many requests of this address are open at one time");
  response.headers.emplace_back("Retry-After", "5");
  return response;
}

}  // namespace shelcaster::runtime::detail
