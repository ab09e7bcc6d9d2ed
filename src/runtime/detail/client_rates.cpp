#include "runtime/detail/client_rates.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>

#include "base/mix_bits.hpp"
#include "net/endpoint.hpp"
#include "net/loopback.hpp"
#include "net/network.hpp"

namespace shelcaster::runtime::detail {

std::optional<std::uint64_t> ClientRates::network_of(std::string_view address) const {
  const auto endpoint = net::Endpoint::parse(address, 0);
  if (!endpoint) return std::nullopt;
  if (trusts_loopback_ && net::is_loopback(*endpoint)) return std::nullopt;
  return net::network_of(*endpoint);
}

std::uint64_t ClientRates::key_of(std::uint64_t network, const ClientClaim& claim) const {
  constexpr std::uint64_t kGuesses = 0x9e3779b97f4a7c15U;
  const std::uint64_t token = base::mix_bits(std::hash<std::string_view>{}(claim.token) ^ seed_);
  switch (claim.standing) {
    case Standing::kNobody:
      return network;
    case Standing::kWrong:
      return base::mix_bits(network ^ kGuesses ^ seed_);
    case Standing::kShared:
      return base::mix_bits(network ^ token);
    case Standing::kCaller:
    case Standing::kOwn:
      return token;
  }
  std::abort();
}

std::uint64_t ClientRates::callers_key(std::uint64_t network) const {
  constexpr std::uint64_t kCallers = 0xc2b2ae3d27d4eb4fU;
  return base::mix_bits(network ^ kCallers ^ seed_);
}

ClientRates::Places ClientRates::places(std::uint64_t key) {
  const std::uint64_t hash = base::mix_bits(key ^ seed_);
  return {first_[hash % kPlaces], second_[(hash >> 32U) % kPlaces]};
}

bool ClientRates::take_from(base::Instant now, std::uint64_t key, const base::Rate& rate,
                            std::int64_t cost) {
  const Places at = places(key);
  const bool is_first = at.first.take(now, rate, cost);
  const bool is_second = at.second.take(now, rate, cost);
  return is_first || is_second;
}

base::Duration ClientRates::wait_for(base::Instant now, std::uint64_t key, const base::Rate& rate,
                                     std::int64_t cost) {
  const Places at = places(key);
  return std::min(at.first.wait(now, rate, cost), at.second.wait(now, rate, cost));
}

bool ClientRates::take(base::Instant now, std::string_view address, const ClientClaim& claim,
                       std::int64_t cost) {
  const auto network = network_of(address);
  if (!network) return true;
  const std::lock_guard lock(mutex_);
  // One who overdoes it with one token uses up nothing of the others'.
  if (!take_from(now, key_of(*network, claim), rate_, cost)) return false;
  return claim.standing != Standing::kCaller ||
         take_from(now, callers_key(*network), callers_rate_, cost);
}

std::int64_t ClientRates::retry_after_s(base::Instant now, std::string_view address,
                                        const ClientClaim& claim, std::int64_t cost) {
  const auto network = network_of(address);
  if (!network) return 1;
  const std::lock_guard lock(mutex_);
  base::Duration wait = wait_for(now, key_of(*network, claim), rate_, cost);
  if (claim.standing == Standing::kCaller) {
    wait = std::max(wait, wait_for(now, callers_key(*network), callers_rate_, cost));
  }
  return std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wait).count());
}

}  // namespace shelcaster::runtime::detail
