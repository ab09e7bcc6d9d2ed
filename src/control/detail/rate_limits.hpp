#pragma once

#include <cstddef>

#include "control/api.hpp"
#include "control/rate_limit.hpp"

namespace shelcaster::control::detail {

/// Of ICE, of one session: several for each way a phone goes between networks.
inline constexpr std::size_t kRestartsPerMinute = 30;

/// What callers may change of themselves: each is written, told and kept.
inline constexpr std::size_t kOwnChangesPerMinute = 30;

/// Offers of one caller: a phone that goes between networks makes several at a time.
inline constexpr std::size_t kOffersPerMinute = 60;

/// What callers at one address may do together, for each join that is allowed there.
inline constexpr std::size_t kOwnOfAddressPerJoin = 4;

/// How often whoever asks may do what costs others something. They are this process's: many of them
/// would each allow as much.
struct RateLimits {
  explicit RateLimits(const ApiConfig& config)
      : joins(config.joins_per_minute_max),
        own_changes_at(kOwnOfAddressPerJoin * config.joins_per_minute_max),
        offers_at(kOwnOfAddressPerJoin * config.joins_per_minute_max),
        listener_offers(config.listener_offers_per_minute_max),
        destinations(config.destination_changes_per_minute_max) {}
  RateLimit joins;
  RateLimit own_changes_at;
  RateLimit offers_at;
  RateLimit listener_offers;                    // all of these by source_of()
  RateLimit destinations;                       // by show
  RateLimit restarts{kRestartsPerMinute};       // by session
  RateLimit own_changes{kOwnChangesPerMinute};  // by participant
  RateLimit offers{kOffersPerMinute};           // the same
};

}  // namespace shelcaster::control::detail
