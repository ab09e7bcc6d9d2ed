#pragma once

#include <cstddef>
#include <map>
#include <string>

#include "base/time.hpp"

namespace shelcaster::control {

/// A token bucket per key: `per_minute` at once, then as many a minute.
class RateLimit {
 public:
  explicit RateLimit(std::size_t per_minute) : per_minute_(static_cast<double>(per_minute)) {}

  /// False when the key has used up its share. Keys beyond kKeysMax share one bucket, so that a
  /// flood of addresses costs no memory.
  bool take(const std::string& key, base::Instant now);

  static constexpr std::size_t kKeysMax = 10'000;

 private:
  struct Bucket {
    double tokens = 0;
    base::Instant at;
  };
  void forget_full(base::Instant now);
  [[nodiscard]] double refilled(const Bucket&, base::Instant now) const;

  double per_minute_;
  std::map<std::string, Bucket> buckets_;
};

}  // namespace shelcaster::control
