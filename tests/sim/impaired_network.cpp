#include "impaired_network.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "rtc/peer/demux.hpp"

namespace shelcaster::sim {
namespace {

constexpr double kBodyMax = 4.0;
constexpr double kTailMax = 20.0;

/// Media are billed as they are. A handshake's datagrams differ by a few bytes from one run to the
/// next, since OpenSSL draws its keys from the machine: they have one size here, lest a full queue
/// drops another one the second time.
std::size_t billed_bytes(base::ByteSpan bytes) {
  constexpr std::size_t kHandshakeBytes = 600;
  return rtc::is_rtp_or_rtcp(bytes) ? bytes.size() : kHandshakeBytes;
}

base::Duration scaled(base::Duration d, double factor) {
  return base::Duration(static_cast<std::int64_t>(static_cast<double>(d.count()) * factor));
}

}  // namespace

double LinkConditions::mean_loss() const {
  if (is_out) return 1;
  const double in_bad = to_bad > 0 ? to_bad / (to_bad + to_good) : 0;
  return in_bad * loss_in_bad + (1 - in_bad) * loss_in_good;
}

bool ImpairedLink::is_lost() {
  if (conditions.is_out) return true;
  if (conditions.to_bad > 0) {
    const double leaves = is_bad_ ? conditions.to_good : conditions.to_bad;
    if (random_.unit() < leaves) is_bad_ = !is_bad_;
  } else {
    is_bad_ = false;
  }
  const double loss = is_bad_ ? conditions.loss_in_bad : conditions.loss_in_good;
  return loss > 0 && random_.unit() < loss;
}

base::Duration ImpairedLink::draw_jitter() {
  if (conditions.jitter.count() == 0) return base::Duration(0);
  const double u = 1 - random_.unit();
  if (conditions.tail > 0 && random_.unit() < conditions.tail) {
    // Pareto with exponent 1.5 from the end of the body on.
    return scaled(conditions.jitter, std::min(kTailMax, kBodyMax * std::pow(u, -1 / 1.5)));
  }
  return scaled(conditions.jitter, std::min(kBodyMax, -std::log(u)));
}

ImpairedLink::Copies ImpairedLink::send(base::Instant now, std::size_t bytes) {
  if (is_lost()) return {};
  base::Instant leaves = now;
  if (conditions.rate_bps > 0) {
    leaves = std::max(now, bottleneck_free_at_);
    if (leaves - now > conditions.queue) return {};
    leaves = leaves + base::Duration(static_cast<std::int64_t>(bytes) * 8 * 1'000'000'000 /
                                     conditions.rate_bps);
    bottleneck_free_at_ = leaves;
  }
  Copies copies;
  const int count = conditions.duplicate > 0 && random_.unit() < conditions.duplicate ? 2 : 1;
  for (; copies.count < count; ++copies.count) {
    base::Instant at = leaves + conditions.delay + draw_jitter();
    const bool may_overtake = conditions.reorder > 0 && random_.unit() < conditions.reorder;
    if (!may_overtake) at = std::max(at, last_arrival_);
    last_arrival_ = std::max(at, last_arrival_);
    copies.at[static_cast<std::size_t>(copies.count)] = at;
  }
  return copies;
}

int ImpairedNetwork::attach(const net::Endpoint& address) {
  const int client = static_cast<int>(clients_.size());
  clients_.push_back({address, ImpairedLink(seeds_.u64()), ImpairedLink(seeds_.u64())});
  at_[address] = client;
  return client;
}

void ImpairedNetwork::move(int client, const net::Endpoint& address) {
  at_.erase(of(client).address);
  of(client).address = address;
  at_[address] = client;
}

void ImpairedNetwork::send_up(base::Instant now, int client, base::ByteSpan bytes) {
  send(now, client, /*is_up=*/true, bytes);
}

void ImpairedNetwork::send_down(base::Instant now, const net::Endpoint& to, base::ByteSpan bytes) {
  if (const auto found = at_.find(to); found != at_.end()) {
    send(now, found->second, /*is_up=*/false, bytes);
  }
}

void ImpairedNetwork::send(base::Instant now, int client, bool is_up, base::ByteSpan bytes) {
  if (bytes.size() > kDatagramBytesMax) return;
  ImpairedLink& link = is_up ? of(client).up : of(client).down;
  const ImpairedLink::Copies copies = link.send(now, billed_bytes(bytes));
  for (int i = 0; i < copies.count; ++i) {
    const std::size_t slot = take_slot();
    Arrival& arrival = *slots_[slot];
    arrival.at = copies.at[static_cast<std::size_t>(i)];
    arrival.sent_at = now;
    arrival.client = client;
    arrival.is_up = is_up;
    arrival.address = of(client).address;
    arrival.size = bytes.size();
    std::memcpy(arrival.bytes.data(), bytes.data(), bytes.size());
    heap_.push({arrival.at, sent_++, slot});
  }
}

std::size_t ImpairedNetwork::take_slot() {
  if (free_.empty()) {
    slots_.push_back(std::make_unique<Arrival>());
    return slots_.size() - 1;
  }
  const std::size_t slot = free_.back();
  free_.pop_back();
  return slot;
}

ImpairedNetwork::Arrival* ImpairedNetwork::take(base::Instant until) {
  if (given_out_) free_.push_back(*given_out_);
  given_out_.reset();
  while (!heap_.empty() && heap_.top().at <= until) {
    const std::size_t slot = heap_.top().slot;
    heap_.pop();
    Arrival& arrival = *slots_[slot];
    if (!arrival.is_up && arrival.address != of(arrival.client).address) {
      free_.push_back(slot);  // it has moved meanwhile
      continue;
    }
    given_out_ = slot;
    return &arrival;
  }
  return nullptr;
}

}  // namespace shelcaster::sim
