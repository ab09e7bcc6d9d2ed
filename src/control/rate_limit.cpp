#include "control/rate_limit.hpp"

#include <algorithm>

namespace shelcaster::control {

double RateLimit::refilled(const Bucket& bucket, base::Instant now) const {
  const double minutes = static_cast<double>((now - bucket.at).count()) / 60e9;
  return std::min(per_minute_, bucket.tokens + minutes * per_minute_);
}

void RateLimit::forget_full(base::Instant now) {
  std::erase_if(buckets_,
                [&](const auto& entry) { return refilled(entry.second, now) >= per_minute_; });
}

bool RateLimit::take(const std::string& key, base::Instant now) {
  if (buckets_.size() >= kKeysMax && !buckets_.contains(key)) forget_full(now);
  const bool is_own = buckets_.size() < kKeysMax || buckets_.contains(key);
  Bucket& bucket = buckets_.try_emplace(is_own ? key : "", Bucket{per_minute_, now}).first->second;
  bucket.tokens = refilled(bucket, now);
  bucket.at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

}  // namespace shelcaster::control
