#pragma once

#include <boost/beast/core/rate_policy.hpp>
#include <cstddef>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

#include "base/rate_limit.hpp"
#include "runtime/system_clock.hpp"

namespace shelcaster::runtime::detail {

/// How many bytes of a connection are read in a time: as many as come, until there is a limit. A
/// client that is beyond it is read on slowly, so that what it costs has a bound whatever its bytes
/// mean. Reads go through it on the connection's strand.
class ReadBudget {
 public:
  /// `on_spent` is called once, when the client first sends more than it may.
  void limit(const base::Rate& bytes, std::function<void()> on_spent) {
    rate_ = bytes;
    on_spent_ = std::move(on_spent);
  }

 private:
  friend class boost::beast::rate_policy_access;
  static constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();

  [[nodiscard]] std::size_t available_read_bytes() {
    if (!rate_) return kAll;
    if (used_.wait(SystemClock::now(), *rate_) == base::Duration::zero()) return kReadBytesMax;
    if (const auto on_spent = std::exchange(on_spent_, nullptr)) on_spent();
    return 0;
  }
  void transfer_read_bytes(std::size_t bytes) {
    if (rate_) used_.charge(SystemClock::now(), *rate_, static_cast<std::int64_t>(bytes));
  }
  [[nodiscard]] static std::size_t available_write_bytes() { return kAll; }
  static void transfer_write_bytes(std::size_t) {}
  static void on_timer() {}

  static constexpr std::size_t kReadBytesMax = 4'096;
  std::optional<base::Rate> rate_;
  base::RateLimit used_;
  std::function<void()> on_spent_;
};

}  // namespace shelcaster::runtime::detail
