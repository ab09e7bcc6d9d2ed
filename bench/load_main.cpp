// The load generator: WebRTC clients of our own on one thread. It knows no signalling: it reads
// commands as JSON lines from standard input and answers on standard output, and whoever runs it
// carries offers and answers to the server (bench/load.py).
//   {"do":"offer","id":7,"pilot":1,"listen":true,"celt":true} → {"offer":7,"sdp":"…"}
//   {"do":"answer","id":7,"sdp":"…"}               → {"answer":7} or {"answer":7,"error":"…"}
//   {"do":"report"}                                → {"report":[…]}, one object a client
//   {"do":"close"} closes all clients; the end of the input ends the process.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>

#include "base/unique_fd.hpp"
#include "load_client.hpp"
#include "runtime/system_clock.hpp"
#include "runtime/system_random.hpp"
#include "voices.hpp"

namespace shelcaster::bench {
namespace {

namespace json = boost::json;
using runtime::SystemClock;

constexpr std::int64_t kSlots = 20;  // a client's packet is due in one of the 20 ms
constexpr std::uint64_t kInputKey = UINT64_MAX;
constexpr std::uint64_t kTimerKey = UINT64_MAX - 1;

void say(const json::object& message) {
  fmt::print("{}\n", json::serialize(message));
  std::fflush(stdout);
}

class LoadHall {
 public:
  LoadHall()
      : epoll_(epoll_create1(EPOLL_CLOEXEC)),
        timer_(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
    auto certificate = rtc::DtlsCertificate::make();
    if (!certificate || !epoll_ || !timer_) std::abort();
    certificate_ = *std::move(certificate);
    itimerspec each_millisecond{};
    each_millisecond.it_value.tv_nsec = each_millisecond.it_interval.tv_nsec = 1'000'000;
    timerfd_settime(timer_.get(), 0, &each_millisecond, nullptr);
    watch(timer_.get(), kTimerKey);
    (void)fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    watch(STDIN_FILENO, kInputKey);
  }

  void run() {
    std::array<epoll_event, 512> events{};
    std::int64_t slot = milliseconds_now();
    while (!is_over_) {
      const int count =
          epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)].data.u64);
      const std::int64_t now = milliseconds_now();
      // After a standstill nobody talks faster than before.
      if (now - slot > 5 * kSlots) slot = now - kSlots;
      while (slot < now) tick(++slot);
    }
    for (auto& [id, client] : clients_) client->close(SystemClock::now());
  }

 private:
  static std::int64_t milliseconds_now() { return SystemClock::now().nanoseconds() / 1'000'000; }

  void watch(int fd, std::uint64_t key) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = key;
    if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) std::abort();
  }

  void handle(std::uint64_t key) {
    if (key == kTimerKey) {
      std::uint64_t expirations = 0;
      (void)!read(timer_.get(), &expirations, sizeof(expirations));
    } else if (key == kInputKey) {
      read_input();
    } else if (const auto found = clients_.find(static_cast<std::int64_t>(key));
               found != clients_.end()) {
      found->second->receive(slots_);
    }
  }

  void tick(std::int64_t millisecond) {
    const base::Instant now = base::Instant::from_nanoseconds(millisecond * 1'000'000);
    for (auto& [id, client] : clients_) {
      const std::int64_t phase = (millisecond + id) % kSlots;
      if (phase == 0) client->speak(now);
      if (phase % 10 == 0) client->listen(now);
    }
  }

  void read_input() {
    std::array<char, 65'536> chunk{};
    const ssize_t size = read(STDIN_FILENO, chunk.data(), chunk.size());
    if (size == 0) is_over_ = true;
    if (size <= 0) return;
    input_.append(chunk.data(), static_cast<std::size_t>(size));
    for (std::size_t end = input_.find('\n'); end != input_.npos; end = input_.find('\n')) {
      obey(json::parse(std::string_view(input_).substr(0, end)).as_object());
      input_.erase(0, end + 1);
    }
  }

  void obey(const json::object& command) {
    const std::string_view what = command.at("do").as_string();
    if (what == "offer") return make_offer(command);
    if (what == "answer") return take_answer(command);
    if (what == "report") return report();
    for (auto& [id, client] : clients_) client->close(SystemClock::now());
    clients_.clear();
    say({{"closed", true}});
  }

  void make_offer(const json::object& command) {
    const std::int64_t id = command.at("id").as_int64();
    const auto pilot = static_cast<int>(command.at("pilot").as_int64());
    const auto microphone = command.contains("celt") ? Microphone::kCelt : Microphone::kHybrid;
    auto& packets = voices_[{pilot, microphone}];
    if (packets.empty()) packets = voice_packets(pilot, microphone);
    auto& levels = levels_[pilot];
    if (levels.empty()) levels = voice_levels(pilot);
    // Different places in the clip, so that not everybody pauses at once.
    const auto first = static_cast<std::size_t>(id) * 37 % kClipPackets;
    auto client = LoadClient::make({.packets = &packets,
                                    .levels = &levels,
                                    .first_packet = first,
                                    .is_listening = command.contains("listen")},
                                   *certificate_, random_);
    if (!client) return say({{"offer", id}, {"error", client.error().message}});
    watch((*client)->fd(), static_cast<std::uint64_t>(id));
    say({{"offer", id}, {"sdp", (*client)->offer()}});
    clients_[id] = *std::move(client);
  }

  void take_answer(const json::object& command) {
    const std::int64_t id = command.at("id").as_int64();
    const auto taken =
        clients_.at(id)->accept_answer(SystemClock::now(), command.at("sdp").as_string());
    json::object reply{{"answer", id}};
    if (!taken) reply["error"] = taken.error().message;
    say(reply);
  }

  void report() {
    json::array reports;
    for (auto& [id, client] : clients_) {
      const LoadClientReport r = client->take_report();
      json::object row{{"id", id},
                       {"connected", r.is_connected},
                       {"sent", r.sent},
                       {"received", r.received},
                       {"refused", r.refused},
                       {"lost", r.lost},
                       {"gaps", r.gaps},
                       {"gapMsMax", r.gap_ms_max}};
      if (!r.closed_because.empty()) row["closed"] = r.closed_because;
      if (!r.pilots_db.empty())
        row["pilotsDb"] = json::array(r.pilots_db.begin(), r.pilots_db.end());
      reports.push_back(std::move(row));
    }
    say({{"report", std::move(reports)}});
  }

  base::UniqueFd epoll_, timer_;
  runtime::SystemRandom random_;
  std::unique_ptr<rtc::DtlsCertificate> certificate_;
  std::map<std::pair<int, Microphone>, std::vector<base::Bytes>> voices_;
  std::map<int, std::vector<rtc::AudioLevel>> levels_;
  std::map<std::int64_t, std::unique_ptr<LoadClient>> clients_;
  std::array<runtime::ReceivedDatagram, 16> slots_{};
  std::string input_;
  bool is_over_ = false;
};

}  // namespace
}  // namespace shelcaster::bench

int main() {
  shelcaster::bench::LoadHall().run();
  return 0;
}
