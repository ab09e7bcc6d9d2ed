#pragma once

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>
#include <variant>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "net/datagram.hpp"

// A seeded network in memory for two sans-IO objects (Transport, Peer). Tests only.
namespace shelcaster::rtc {

struct WireConditions {
  double loss = 0;
  /// Each datagram takes between these, so it may overtake another.
  base::Duration delay_min = std::chrono::milliseconds(5);
  base::Duration delay_max = std::chrono::milliseconds(5);
};

/// One end: what the wire needs of a Transport or a Peer.
struct WireEnd {
  net::Endpoint address;
  std::function<void(base::Instant, const net::Datagram&)> handle_datagram;
  std::function<void(base::Instant)> handle_timeout;
  /// Drains poll_output(): sends by `send`, keeps events, answers the next timeout.
  std::function<base::Instant(const std::function<void(const net::Transmit&)>& send)> drain;
};

class LossyWire {
 public:
  LossyWire(std::uint64_t seed, WireConditions conditions, base::Instant start)
      : random_(seed), conditions_(conditions), now_(start) {}

  WireConditions& conditions() { return conditions_; }
  [[nodiscard]] base::Instant now() const { return now_; }
  [[nodiscard]] std::size_t delivered() const { return delivered_; }
  void on_clock(std::function<void(base::Instant)> tell) { tell_clock_ = std::move(tell); }
  /// Sees each datagram that is sent; false loses it.
  void on_send(std::function<bool(const WireEnd&, const net::Transmit&)> filter) {
    filter_ = std::move(filter);
  }
  /// Returns the end's index. Drains it for the first time in run().
  std::size_t add(WireEnd end) {
    ends_.push_back({std::move(end), now_});
    return ends_.size() - 1;
  }
  WireEnd& end(std::size_t index) { return ends_[index].end; }

  void run(base::Duration length) {
    const base::Instant stop = now_ + length;
    for (Ended& e : ends_) drain(e);
    for (;;) {
      base::Instant next = in_flight_.empty() ? base::Instant::never() : in_flight_.top().at;
      for (const Ended& e : ends_) next = std::min(next, e.timeout_at);
      if (next > stop) break;
      move_clock(std::max(now_, next));
      deliver();
      for (Ended& e : ends_) {
        if (now_ < e.timeout_at) continue;
        e.end.handle_timeout(now_);
        drain(e);
      }
    }
    move_clock(stop);
  }

 private:
  struct Ended {
    WireEnd end;
    base::Instant timeout_at;
  };
  struct InFlight {
    base::Instant at;
    std::uint64_t order;
    net::Endpoint from, to;
    std::vector<std::byte> bytes;
    bool operator<(const InFlight& other) const {
      return std::pair(at, order) > std::pair(other.at, other.order);
    }
  };

  void move_clock(base::Instant to) {
    now_ = to;
    if (tell_clock_) tell_clock_(now_);
  }
  void drain(Ended& e) {
    e.timeout_at = e.end.drain([&](const net::Transmit& transmit) {
      if (filter_ && !filter_(e.end, transmit)) return;
      if (random_.unit() < conditions_.loss) return;
      const auto spread =
          static_cast<double>((conditions_.delay_max - conditions_.delay_min).count());
      const base::Duration delay =
          conditions_.delay_min +
          base::Duration(static_cast<std::int64_t>(random_.unit() * spread));
      in_flight_.push({now_ + delay,
                       order_++,
                       e.end.address,
                       transmit.remote,
                       {transmit.bytes.begin(), transmit.bytes.end()}});
    });
  }
  void deliver() {
    while (!in_flight_.empty() && in_flight_.top().at <= now_) {
      InFlight datagram = in_flight_.top();
      in_flight_.pop();
      for (Ended& e : ends_) {
        if (e.end.address != datagram.to) continue;
        ++delivered_;
        e.end.handle_datagram(now_, {datagram.from, datagram.bytes});
        drain(e);
      }
    }
  }

  base::SeededRandom random_;
  WireConditions conditions_;
  base::Instant now_;
  std::vector<Ended> ends_;
  std::priority_queue<InFlight> in_flight_;
  std::uint64_t order_ = 0;
  std::size_t delivered_ = 0;
  std::function<void(base::Instant)> tell_clock_;
  std::function<bool(const WireEnd&, const net::Transmit&)> filter_;
};

}  // namespace shelcaster::rtc
