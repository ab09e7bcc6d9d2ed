#include "app/serve/held_lists.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "net/network.hpp"
#include "runtime/static_files.hpp"

namespace shelcaster::app {
namespace {

constexpr std::chrono::milliseconds kLookEvery{100};
// A list is 2 KB.
constexpr std::size_t kListBytesMax = 64 * 1024;

runtime::HttpResponse not_yet() {
  runtime::HttpResponse response =
      runtime::problem_response(503, "the show has just begun: there is nothing to hear yet");
  response.headers.emplace_back("Retry-After", "2");
  return response;
}

}  // namespace

HeldLists::HeldLists(boost::asio::io_context& control, const control::Clock& clock,
                     std::filesystem::path hls_dir, IsExpected is_expected)
    : timer_(control),
      clock_(clock),
      hls_dir_(std::move(hls_dir)),
      is_expected_(std::move(is_expected)) {}

bool HeldLists::is_ready(const std::string& show) const {
  const std::string list =
      runtime::read_below(hls_dir_, show + "/index.m3u8", kListBytesMax).value_or("");
  return list.find("#EXTINF") != list.npos && list.find("#EXT-X-ENDLIST") == list.npos;
}

bool HeldLists::has_room(const std::string& show, std::uint64_t network) const {
  const auto of_show = std::ranges::count(waiters_, show, &Waiter::show);
  const auto of_network = std::ranges::count(waiters_, network, &Waiter::network);
  return waiters_.size() < kWaitersMax && static_cast<std::size_t>(of_show) < kWaitersOfShowMax &&
         static_cast<std::size_t>(of_network) < kWaitersOfAddressMax;
}

void HeldLists::hold(const std::string& show, std::string_view address,
                     std::function<runtime::HttpResponse()> answer, runtime::HttpRespond respond) {
  if (!is_expected_(show)) return respond(answer());
  const std::uint64_t network = net::network_of(address);
  if (!has_room(show, network)) return respond(not_yet());
  waiters_.push_back(
      {show, network, clock_.now() + kHoldMax, std::move(answer), std::move(respond)});
  if (waiters_.size() == 1) look_later();
}

void HeldLists::look_later() {
  timer_.expires_after(kLookEvery);
  timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) look();
  });
}

void HeldLists::look() {
  const base::Instant now = clock_.now();
  std::map<std::string, bool> is_answered;
  for (const Waiter& waiter : waiters_) {
    if (is_answered.contains(waiter.show)) continue;
    is_answered[waiter.show] = is_ready(waiter.show) || !is_expected_(waiter.show);
  }
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    const bool is_over = now >= waiter->until;
    if (!is_answered[waiter->show] && !is_over) {
      ++waiter;
      continue;
    }
    waiter->respond(is_answered[waiter->show] ? waiter->answer() : not_yet());
    waiter = waiters_.erase(waiter);
  }
  if (!waiters_.empty()) look_later();
}

}  // namespace shelcaster::app
