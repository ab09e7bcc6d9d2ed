#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <list>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "control/ports.hpp"
#include "runtime/http_types.hpp"

namespace shelcaster::app {

/// Requests for the play list of a show that has just been started: most players give up on one
/// that is missing or empty, so the answer waits for the first segment. All on the control thread,
/// but for is_ready().
class HeldLists {
 public:
  using IsExpected = std::function<bool(const std::string& show)>;
  HeldLists(boost::asio::io_context& control, const control::Clock& clock,
            std::filesystem::path hls_dir, IsExpected is_expected);

  /// The show's list has a segment, and it is no finished programme's. Any thread.
  [[nodiscard]] bool is_ready(const std::string& show) const;
  /// Answers with `answer` once the list is ready or nothing is expected of the show any more, and
  /// with a 503 after kHoldMax or when too many wait: in all, of the show, or of the address, which
  /// for IPv6 is its /64.
  void hold(const std::string& show, std::string_view address,
            std::function<runtime::HttpResponse()> answer, runtime::HttpRespond respond);

  static constexpr std::chrono::seconds kHoldMax{8};
  static constexpr std::size_t kWaitersMax = 1'024;
  static constexpr std::size_t kWaitersOfShowMax = 512;
  static constexpr std::size_t kWaitersOfAddressMax = 64;

 private:
  struct Waiter {
    std::string show;
    std::uint64_t network = 0;
    base::Instant until;
    std::function<runtime::HttpResponse()> answer;
    runtime::HttpRespond respond;
  };
  [[nodiscard]] bool has_room(const std::string& show, std::uint64_t network) const;
  void look_later();
  void look();

  boost::asio::steady_timer timer_;
  const control::Clock& clock_;
  const std::filesystem::path hls_dir_;
  const IsExpected is_expected_;
  std::list<Waiter> waiters_;
};

}  // namespace shelcaster::app
