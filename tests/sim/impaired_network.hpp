#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <vector>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "net/endpoint.hpp"

namespace shelcaster::sim {

/// What one direction of somebody's path does to datagrams. The default is a good line.
struct LinkConditions {
  base::Duration delay = std::chrono::milliseconds(15);
  /// Mean of what is added to the delay, exponentially distributed up to 4 times the mean …
  base::Duration jitter{0};
  /// … and for this share of the datagrams more: a tail that reaches 20 times the mean.
  double tail = 0;
  /// Loss after Gilbert and Elliott: two states, left with these chances at each datagram.
  double loss_in_good = 0;
  double loss_in_bad = 0;
  double to_bad = 0;
  double to_good = 1;
  /// Share of datagrams that may overtake; all others wait for those before them.
  double reorder = 0;
  double duplicate = 0;
  /// A bottleneck and its queue; what would have to wait longer is lost. 0: none.
  int rate_bps = 0;
  base::Duration queue = std::chrono::milliseconds(300);
  /// Nothing comes through.
  bool is_out = false;

  /// Of all datagrams, in the long run.
  [[nodiscard]] double mean_loss() const;
};

/// One direction of one path, drawn from a seed.
class ImpairedLink {
 public:
  explicit ImpairedLink(std::uint64_t seed) : random_(seed) {}

  /// When the copies of a datagram that is sent now arrive: none, one or two.
  struct Copies {
    int count = 0;
    std::array<base::Instant, 2> at{};
  };
  Copies send(base::Instant now, std::size_t bytes);

  LinkConditions conditions;

 private:
  bool is_lost();
  base::Duration draw_jitter();

  base::SeededRandom random_;
  bool is_bad_ = false;
  base::Instant last_arrival_;
  base::Instant bottleneck_free_at_;
};

/// The paths between one server and its clients. Sans-IO: datagrams and the time go in, arrivals
/// come out in order. The same seed and the same calls give the same arrivals.
class ImpairedNetwork {
 public:
  static constexpr std::size_t kDatagramBytesMax = 1500;

  explicit ImpairedNetwork(std::uint64_t seed) : seeds_(seed) {}

  /// A client with this public address. Numbers count from 0.
  int attach(const net::Endpoint& address);
  /// It goes on from another address, as after a handover or when a NAT forgets: what is under way
  /// to the old one is lost.
  void move(int client, const net::Endpoint& address);
  [[nodiscard]] const net::Endpoint& address(int client) const { return of(client).address; }

  LinkConditions& up(int client) { return of(client).up.conditions; }
  LinkConditions& down(int client) { return of(client).down.conditions; }

  void send_up(base::Instant now, int client, base::ByteSpan bytes);
  /// Lost if nobody has that address.
  void send_down(base::Instant now, const net::Endpoint& to, base::ByteSpan bytes);

  struct Arrival {
    base::Instant at;
    base::Instant sent_at;
    int client = 0;
    bool is_up = false;
    /// The client's address when it was sent; for an arrival at the client, where it was sent to.
    net::Endpoint address;
    std::size_t size = 0;
    std::array<std::byte, kDatagramBytesMax> bytes;
  };
  [[nodiscard]] base::Instant next_arrival() const {
    return heap_.empty() ? base::Instant::never() : heap_.top().at;
  }
  /// The next arrival at or before `until`; valid until the next call. nullptr: none.
  Arrival* take(base::Instant until);

  [[nodiscard]] std::size_t in_flight() const { return heap_.size(); }

 private:
  struct Client {
    net::Endpoint address;
    ImpairedLink up;
    ImpairedLink down;
  };
  struct InFlight {
    base::Instant at;
    std::uint64_t order = 0;
    std::size_t slot = 0;
    bool operator<(const InFlight& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  [[nodiscard]] Client& of(int client) { return clients_[static_cast<std::size_t>(client)]; }
  [[nodiscard]] const Client& of(int client) const {
    return clients_[static_cast<std::size_t>(client)];
  }
  void send(base::Instant now, int client, bool is_up, base::ByteSpan bytes);
  std::size_t take_slot();

  base::SeededRandom seeds_;
  std::vector<Client> clients_;
  std::map<net::Endpoint, int> at_;
  std::priority_queue<InFlight> heap_;
  std::vector<std::unique_ptr<Arrival>> slots_;
  std::vector<std::size_t> free_;
  std::optional<std::size_t> given_out_;
  std::uint64_t sent_ = 0;
};

}  // namespace shelcaster::sim
