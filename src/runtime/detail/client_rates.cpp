#include "runtime/detail/client_rates.hpp"

#include <algorithm>
#include <functional>
#include <optional>

#include "base/mix_bits.hpp"
#include "net/endpoint.hpp"
#include "net/network.hpp"

namespace shelcaster::runtime::detail {
namespace {

/// Nothing for this machine, and for what is no address.
std::optional<std::uint64_t> network_of(std::string_view address) {
  const auto endpoint = net::Endpoint::parse(address, 0);
  if (!endpoint) return std::nullopt;
  const std::array<std::uint8_t, 16>& bytes = endpoint->address_bytes();
  if (endpoint->is_v4() ? bytes[0] == 127 : address == "::1") return std::nullopt;
  return net::network_of(*endpoint);
}

}  // namespace

std::uint64_t ClientRates::token_key(std::string_view token) const {
  return base::mix_bits(std::hash<std::string_view>{}(token) ^ seed_);
}

ClientRates::Places ClientRates::places(std::uint64_t key) {
  const std::uint64_t hash = base::mix_bits(key ^ seed_);
  return {first_[hash % kPlaces], second_[(hash >> 32U) % kPlaces]};
}

bool ClientRates::take_from(base::Instant now, std::uint64_t key, std::int64_t cost) {
  const Places at = places(key);
  const bool is_first = at.first.take(now, rate_, cost);
  const bool is_second = at.second.take(now, rate_, cost);
  return is_first || is_second;
}

bool ClientRates::take(base::Instant now, std::string_view address, std::string_view token,
                       std::int64_t cost) {
  const auto network = network_of(address);
  if (!network) return true;
  const std::lock_guard lock(mutex_);
  if (!take_from(now, *network, cost)) return false;
  return token.empty() || take_from(now, token_key(token), cost);
}

void ClientRates::fine(base::Instant now, std::string_view address, std::int64_t cost) {
  const auto network = network_of(address);
  if (!network) return;
  const std::lock_guard lock(mutex_);
  const Places at = places(*network);
  at.first.charge(now, rate_, cost);
  at.second.charge(now, rate_, cost);
}

std::int64_t ClientRates::retry_after_s(base::Instant now, std::string_view address,
                                        std::string_view token, std::int64_t cost) {
  const auto network = network_of(address);
  if (!network) return 1;
  const std::lock_guard lock(mutex_);
  const auto wait = [&](std::uint64_t key) {
    const Places at = places(key);
    return std::min(at.first.wait(now, rate_, cost), at.second.wait(now, rate_, cost));
  };
  base::Duration longest = wait(*network);
  if (!token.empty()) longest = std::max(longest, wait(token_key(token)));
  return std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(longest).count());
}

}  // namespace shelcaster::runtime::detail
